"""Money in whole minor units. No floats; every division names its rounding; shares sum to the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

# ISO 4217's table, except that the rupiah's sen are gone from daily life: we count whole rupiah.
EXPONENTS = {"IDR": 0, "JPY": 0, "USD": 2, "EUR": 2, "SGD": 2, "MYR": 2, "GBP": 2, "KWD": 3}


@dataclass(frozen=True, order=False)
class Money:
    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:  # True would be one unit
            raise TypeError(f"minor units are whole: {self.minor!r}")
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.minor * quantity, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.minor

    def portion(self, rate: Decimal) -> Money:
        """`rate` of this amount, rounded half up (away from zero) to a whole minor unit."""
        return Money(half_up(Decimal(self.minor) * rate), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Shares by weight that sum to the whole: largest remainder, earlier shares first among equals."""
        return [Money(share, self.currency) for share in largest_remainder(self.minor, weights)]

    def as_json(self) -> dict[str, Any]:
        return {"amount": self.minor, "currency": self.currency}


def zero(currency: str) -> Money:
    return Money(0, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    nothing = zero(currency)
    return Money(sum(map(nothing._same, amounts)), currency)


def from_json(value: dict[str, Any]) -> Money:
    return Money(value["amount"], value["currency"])


def from_decimal(value: Decimal, currency: str) -> Money:
    """Major units as written by people ("12.50"), rounded half up to the currency's minor unit."""
    return Money(half_up(value.scaleb(EXPONENTS[currency])), currency)


def half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def largest_remainder(whole: int, weights: Sequence[int]) -> list[int]:
    if not weights:
        raise ValueError("nobody to share with")
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
