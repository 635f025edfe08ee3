import json
from pathlib import Path

import pytest

from chalicelib.kit.money import EXPONENTS
from storefront.money import WRITTEN, formatted, plain

TABLE = json.loads((Path(__file__).parent / "money.json").read_text())


@pytest.mark.parametrize("amount, currency, written", TABLE)
def test_an_amount_is_written_as_people_write_it(amount, currency, written):
    assert formatted({"amount": amount, "currency": currency}) == written


def test_every_currency_we_count_in_can_be_written_with_its_own_decimals():
    assert {code: decimals for code, (_, decimals, _, _) in WRITTEN.items()} == EXPONENTS
    assert {currency for _, currency, _ in TABLE} == set(EXPONENTS)


def test_machines_read_a_plain_number():
    assert plain({"amount": 275_000, "currency": "IDR"}) == "275000"
    assert plain({"amount": 1_905, "currency": "USD"}) == "19.05"
