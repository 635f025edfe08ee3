"""Prefixed ULIDs for machines, short numbers with a check digit for people."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from string import ascii_uppercase, digits

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, no 1/I: these are read out over the phone

randomness: Callable[[int], bytes] = os.urandom  # a simulator puts its own seeded source here


def new(prefix: str, at: datetime) -> str:
    """`ord_01KB…`: sorts by the instant it was made at, to the millisecond."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{_crockford(milliseconds.to_bytes(6, 'big') + randomness(10))}"


def derive(prefix: str, *parts: str) -> str:
    """The same parts always make the same id, so a consumer that runs twice makes one thing."""
    return f"{prefix}_{_crockford(_digest(*parts)[:16])}"


_CROCKFORD = [sign for sign in digits + ascii_uppercase if sign not in "ILOU"]
_PAIRS = [one + other for one in _CROCKFORD for other in _CROCKFORD]


def _crockford(sixteen: bytes) -> str:
    """A ULID's 26 characters, two for each ten bits; the first two bits of all are padding."""
    number = int.from_bytes(sixteen)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def short_number(identifier: str) -> str:
    """`SK-7H2K9M-4`: for people; a wrong or swapped character is caught, and nothing is ever looked up by it."""
    letters = "".join(ALPHABET[byte % 32] for byte in _digest(identifier)[:6])
    return f"SK-{letters}-{check_character(letters)}"


def check_character(letters: str) -> str:
    # Odd weights are coprime to 32, so any single wrong character changes the sum.
    weighted = sum((2 * place + 1) * ALPHABET.index(letter) for place, letter in enumerate(letters))
    return ALPHABET[weighted % 32]


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
