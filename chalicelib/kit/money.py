"""Amounts of money in whole minor units: arithmetic, rounding, splitting and formatting. No floats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Currency:
    exponent: int  # decimal places of the minor unit
    symbol: str
    thousands_mark: str = ","
    decimal_mark: str = "."


# Exponents are those of ISO 4217, except for the rupiah: sen are no longer used, so amounts are whole rupiah. Symbols
# and marks are listed here because Babel and browsers disagree (`Rp1.250.000,00`, `Rp 1.250.000`). The browser reads
# the same table: after a change run `python -m storefront.generate_currencies`.
CURRENCIES = {
    "IDR": Currency(0, "Rp", ".", ","),
    "JPY": Currency(0, "¥"),
    "USD": Currency(2, "US$"),
    "EUR": Currency(2, "€", ".", ","),
    "SGD": Currency(2, "S$"),
    "MYR": Currency(2, "RM"),
    "GBP": Currency(2, "£"),
    "KWD": Currency(3, "KWD "),
}


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units of a currency. Arithmetic with another currency raises ValueError."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:  # bool is an int, and True would be one unit
            raise TypeError(f"minor must be an int, not {self.minor!r}")
        if self.currency not in CURRENCIES:
            raise ValueError(f"unknown currency {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._minor_of(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.minor * quantity, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._minor_of(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _minor_of(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")
        return other.minor

    def portion(self, rate: Decimal) -> Money:
        """Return `rate` times this amount, rounded half up (away from zero) to a whole minor unit."""
        return Money(round_half_up(Decimal(self.minor) * rate), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Return shares by weight that sum to this amount: largest remainder, earlier shares first among equals."""
        return [Money(share, self.currency) for share in largest_remainder(self.minor, weights)]

    def to_json(self) -> dict[str, Any]:
        return {"amount": self.minor, "currency": self.currency}


def zero(currency: str) -> Money:
    return Money(0, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    start = zero(currency)
    return Money(sum(map(start._minor_of, amounts)), currency)


def from_json(value: dict[str, Any]) -> Money:
    return Money(value["amount"], value["currency"])


def from_decimal(value: Decimal, currency: str) -> Money:
    """Return an amount given in major units ("12.50"), rounded half up to the currency's minor unit."""
    return Money(round_half_up(value.scaleb(CURRENCIES[currency].exponent)), currency)


def to_decimal(money: Money) -> Decimal:
    """Return the amount in major units, with all places of its currency: `1250`, `12.50`."""
    return Decimal(money.minor).scaleb(-CURRENCIES[money.currency].exponent)


def format_money(money: Money) -> str:
    """Return the amount as people write it: `Rp1.250`, `US$1,250.00`, `-US$0.05`."""
    currency = CURRENCIES[money.currency]
    whole, part = divmod(abs(money.minor), 10**currency.exponent)
    text = currency.symbol + f"{whole:,}".replace(",", currency.thousands_mark)
    if currency.exponent:
        text += f"{currency.decimal_mark}{part:0{currency.exponent}d}"
    return f"-{text}" if money.minor < 0 else text


def round_half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def largest_remainder(whole: int, weights: Sequence[int]) -> list[int]:
    """Return integer shares by weight that sum to `whole`; equal shares if all weights are zero."""
    if not weights:
        raise ValueError("weights must not be empty")
    if whole < 0:
        return [-share for share in largest_remainder(-whole, weights)]
    if not any(weights):
        weights = [1] * len(weights)
    exact = [Fraction(whole * weight, sum(weights)) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_remainder[: whole - sum(shares)]:
        shares[i] += 1
    return shares
