"""Identifiers: prefixed ULIDs, and short order numbers with a check character for people."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from string import ascii_uppercase, digits

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, O, 1 and I, because numbers are read out over the phone

NUMBER_LENGTH = 7  # characters of an order number after `SK`: six and the check character

randomness: Callable[[int], bytes] = os.urandom  # replaced by simulators with a seeded source


def new(prefix: str, at: datetime) -> str:
    """Return a new id, `ord_01KB…`, that sorts by its instant to the millisecond."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{_crockford(milliseconds.to_bytes(6, 'big') + randomness(10))}"


def first_at(prefix: str, at: datetime) -> str:
    """Return the lowest id of an instant: ids of earlier instants sort before it."""
    return f"{prefix}_{_crockford(int(at.timestamp() * 1000).to_bytes(6, 'big') + bytes(10))}"


def derive(prefix: str, *parts: str) -> str:
    """Return an id determined by its parts, so that a consumer that runs twice creates one thing."""
    return f"{prefix}_{_crockford(_digest(*parts)[:16])}"


_CROCKFORD = [character for character in digits + ascii_uppercase if character not in "ILOU"]
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]


def _crockford(sixteen_bytes: bytes) -> str:
    """Return the 26 characters of a ULID, two for every ten bits after two bits of padding."""
    number = int.from_bytes(sixteen_bytes)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def short_number(identifier: str) -> str:
    """Return a number for people, `SK-7H2K9M-4`. A wrong or swapped character is detected. It is not a key."""
    letters = "".join(ALPHABET[byte % 32] for byte in _digest(identifier)[:6])
    return f"SK-{letters}-{check_character(letters)}"


def check_character(letters: str) -> str:
    # Odd weights are coprime to 32, so any single wrong character changes the sum.
    weighted_sum = sum((2 * position + 1) * ALPHABET.index(letter) for position, letter in enumerate(letters))
    return ALPHABET[weighted_sum % 32]


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
