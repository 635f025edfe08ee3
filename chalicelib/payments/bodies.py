"""Amounts of money in request bodies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.kit.currency import check_currency
from chalicelib.kit.money import CURRENCIES, Money
from chalicelib.kit.web import Body


class AmountBody(Body):
    amount: Annotated[int, Field(ge=0, le=10**12)]
    currency: Annotated[str, Field(pattern=f"^({'|'.join(CURRENCIES)})$")]

    def to_money(self) -> Money:
        check_currency(self.currency)
        return Money(self.amount, self.currency)


class PositiveAmountBody(AmountBody):
    amount: Annotated[int, Field(ge=1, le=10**12)]
