"""Impossible orders: each is refused with its problem code and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.places.model import Postcode
from chalicelib.places.save import save_postcodes
from tests.client import call
from tests.shop import HERE, RARE, add_stock, an_order, token
from tests.verification.endpoints import memory_tables
from tests.verification.endpoints.sample_shop import LIA, POS_ONLY, TEA, SampleShop

PRICE = {"unit_price": {"amount": 1, "currency": "IDR"}}
INVALID_QUANTITIES = [
    "0",
    "-1",
    "1.5",
    "1e400",
    "NaN",
    "true",
    '"2"',
    '"\u0662"',
    "1" + "0" * 30,
    "100001",
    "null",
    "[1]",
    "{}",
]
FOREIGN_AMOUNT = {"amount": 25_000, "currency": "USD"}


def assert_refused(body: Any, by: str = "", path: str = "/api/orders") -> Any:
    before = memory_tables.take_snapshot()

    answer = call("POST", path, body, token=token(by) if by else "", key="a-key-for-a-bad-order")

    assert 400 <= answer.status < 500, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert memory_tables.list_changes(before) == []
    return answer


@pytest.mark.parametrize("quantity", INVALID_QUANTITIES)
def test_a_quantity_is_a_whole_number_from_one_to_a_hundred_thousand(sample: SampleShop, quantity: str) -> None:
    body = f'{{"channel": "web", "lines": [{{"sku": "{TEA}", "quantity": {quantity}}}]}}'

    for path in ("/api/orders", "/api/quotes", "/api/carts"):
        answer = assert_refused(body, path=path)

        assert answer.json["code"] == "unreadable" or "lines.0.quantity" in answer.text


def test_an_unknown_sku_is_named(sample: SampleShop) -> None:
    answer = assert_refused(an_order((TEA, 1), ("NO-SUCH-THING", 1)))

    assert (answer.status, answer.json["code"], answer.json["skus"]) == (422, "unknown_sku", ["NO-SUCH-THING"])


def test_a_product_sold_only_at_the_counter_is_not_sold_on_the_web(sample: SampleShop) -> None:
    answer = assert_refused(an_order((POS_ONLY, 1)))

    assert (answer.status, answer.json["code"], answer.json["skus"]) == (409, "not_published", [POS_ONLY])


def test_two_lines_of_one_sku_are_merged(sample: SampleShop) -> None:
    add_stock(RARE, "wh-surabaya", 3)

    short = assert_refused(an_order((RARE, 2), (RARE, 2)))
    fits = call("POST", "/api/orders", an_order((RARE, 2), (RARE, 1)), key="a-key-for-three-of-them")

    assert short.json["short"] == [{"sku": RARE, "wanted": 4, "available": 3}]
    assert [(line["sku"], line["quantity"]) for line in fits.json["lines"]] == [(RARE, 3)]


def test_more_than_forty_products_or_two_hundred_lines_are_refused(sample: SampleShop) -> None:
    unknown = [(f"NO-SUCH-{number}", 1) for number in range(41)]

    assert assert_refused(an_order(*unknown)).json["code"] == "too_many_lines"
    assert assert_refused(an_order(*[(TEA, 1)] * 201)).json["errors"][0]["field"] == "lines"


@pytest.mark.parametrize(
    "fields",
    [
        {"lines": [{"sku": TEA, "quantity": 1, "agreed": PRICE}]},
        {"lines": [{"sku": TEA, "quantity": 1, "override": PRICE | {"reason": "because"}}]},
        {"freight": {"amount": 0, "currency": "IDR"}},
        {"placed_at": "2020-01-01T00:00:00Z"},
        {"ref": "A-1"},
        {"actor": "owner-ratna"},
        {"customer": {"id": "cus_01KB"}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_shopper_cannot_set_price_date_or_another_customer(sample: SampleShop, fields: Any) -> None:
    assert_refused(an_order((TEA, 1)) | fields)


def test_an_agent_cannot_set_a_price(sample: SampleShop) -> None:
    line = {"sku": TEA, "quantity": 1, "override": PRICE | {"reason": "because"}}

    assert assert_refused(an_order(channel="phone", lines=[line]), by=LIA).json["code"] == "may_not_override_prices"


@pytest.mark.parametrize("amount", [1, 24_999, 25_001, 10**12])
def test_tenders_must_add_up_to_the_total(sample: SampleShop, amount: int) -> None:
    paid = [{"method": "cod", "amount": {"amount": amount, "currency": "IDR"}}]

    assert assert_refused(an_order((TEA, 1), payments=paid)).status == 422


def test_a_foreign_currency_is_refused_and_the_message_names_ours(sample: SampleShop) -> None:
    answer = assert_refused(an_order((TEA, 1), payments=[{"method": "cod", "amount": FOREIGN_AMOUNT}]))

    assert (answer.status, answer.json["code"]) == (422, "wrong_currency")
    assert "IDR" in answer.json["detail"]


@pytest.mark.parametrize("method", ["card", "qris", "virtual_account", "gold"])
def test_an_unavailable_payment_method_is_refused(sample: SampleShop, method: str) -> None:
    answer = assert_refused(an_order((TEA, 1), payments=[{"method": method}]))

    assert answer.json["code"] == "method_unavailable"


def test_an_unknown_postcode_is_refused_if_the_postcodes_of_the_country_are_loaded(sample: SampleShop) -> None:
    save_postcodes("ID", [Postcode("60241", "Wonokromo", -7.3, 112.74)])

    def to(postcode: str) -> Any:
        address = {"street": "Jl. Kenanga 5", "postcode": postcode, "position": HERE.to_json()}
        return an_order((TEA, 1), delivery={"method": "ship", "address": address})

    assert assert_refused(to("99999")).json["code"] == "unknown_postcode"
    assert call("POST", "/api/orders", to("60241"), key="a-key-for-a-good-one").status == 201


def test_an_order_needs_an_idempotency_key_that_is_valid_for_one_body(sample: SampleShop) -> None:
    first = call("POST", "/api/orders", an_order((TEA, 1)), key="a-key-for-a-bad-order")

    other = assert_refused(an_order((TEA, 2)))
    keyless = call("POST", "/api/orders", an_order((TEA, 1)))

    assert first.status == 201
    assert (other.status, other.json["code"]) == (422, "key_reused")
    assert (keyless.status, keyless.json["errors"][0]["field"]) == (400, "Idempotency-Key")
