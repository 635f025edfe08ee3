from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.kit.errors import Refused
from chalicelib.kit.money import CURRENCIES, Money, format_money, to_decimal

EXAMPLES = json.loads((Path(__file__).parent / "money.json").read_text())


@pytest.mark.parametrize("amount, currency, text, decimal", EXAMPLES)
def test_an_amount_is_formatted_for_people_and_as_a_decimal(
    amount: int, currency: str, text: str, decimal: str
) -> None:
    money = Money(amount, currency)

    assert (format_money(money), str(to_decimal(money))) == (text, decimal)


def test_every_currency_has_an_example() -> None:
    assert {currency for _, currency, _, _ in EXAMPLES} == CURRENCIES.keys()


def test_a_refusal_formats_its_amounts() -> None:
    class TooLittle(Refused):
        message = "{left} is left, {parts} are wanted."

    refusal = TooLittle(left=Money(1250, "IDR"), parts=[Money(500, "USD"), Money(5, "USD")])

    assert refusal.detail == "Rp1.250 is left, US$5.00, US$0.05 are wanted."
