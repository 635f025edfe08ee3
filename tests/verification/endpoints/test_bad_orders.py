"""Orders that cannot be, told one by one: each is refused by name, with what to mend, and nothing moves."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.places.keep import keep_postcodes
from chalicelib.places.model import Postcode
from tests.client import call
from tests.shop import HERE, RARE, an_order, put, token
from tests.verification.endpoints import tables
from tests.verification.endpoints.world import LIA, SECRET, TEA, World

PRICE = {"unit_price": {"amount": 1, "currency": "IDR"}}
NO_QUANTITIES = [
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
THEIRS = {"amount": 25_000, "currency": "USD"}


def refused(body: Any, by: str = "", path: str = "/api/orders") -> Any:
    before = tables.saved()

    answer = call("POST", path, body, token=token(by) if by else "", key="a-key-for-a-bad-order")

    assert 400 <= answer.status < 500, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert tables.moved(before) == {}
    return answer


@pytest.mark.parametrize("quantity", NO_QUANTITIES)
def test_a_quantity_is_a_whole_number_from_one_to_a_hundred_thousand(world: World, quantity: str) -> None:
    body = f'{{"channel": "web", "lines": [{{"sku": "{TEA}", "quantity": {quantity}}}]}}'

    for path in ("/api/orders", "/api/quotes", "/api/carts"):
        answer = refused(body, path=path)

        assert answer.json["code"] == "unreadable" or "lines.0.quantity" in answer.text


def test_an_unknown_sku_is_named(world: World) -> None:
    answer = refused(an_order((TEA, 1), ("NO-SUCH-THING", 1)))

    assert (answer.status, answer.json["code"], answer.json["skus"]) == (422, "unknown_sku", ["NO-SUCH-THING"])


def test_what_only_the_counter_sells_is_not_sold_on_the_web(world: World) -> None:
    answer = refused(an_order((SECRET, 1)))

    assert (answer.status, answer.json["code"], answer.json["skus"]) == (409, "not_published", [SECRET])


def test_two_lines_of_one_sku_are_one_wish(world: World) -> None:
    put(RARE, "wh-surabaya", 3)

    short = refused(an_order((RARE, 2), (RARE, 2)))
    fits = call("POST", "/api/orders", an_order((RARE, 2), (RARE, 1)), key="a-key-for-three-of-them")

    assert short.json["short"] == [{"sku": RARE, "wanted": 4, "available": 3}]
    assert [(line["sku"], line["quantity"]) for line in fits.json["lines"]] == [(RARE, 3)]


def test_more_than_forty_goods_or_two_hundred_lines_are_refused(world: World) -> None:
    unknown = [(f"NO-SUCH-{number}", 1) for number in range(41)]

    assert refused(an_order(*unknown)).json["code"] == "too_many_lines"
    assert refused(an_order(*[(TEA, 1)] * 201)).json["errors"][0]["field"] == "lines"


@pytest.mark.parametrize(
    "said",
    [
        {"lines": [{"sku": TEA, "quantity": 1, "agreed": PRICE}]},
        {"lines": [{"sku": TEA, "quantity": 1, "override": PRICE | {"reason": "because"}}]},
        {"freight": {"amount": 0, "currency": "IDR"}},
        {"placed_at": "2020-01-01T00:00:00Z"},
        {"ref": "A-1"},
        {"actor": "owner-ratna"},
        {"customer": {"id": "cus_01KB"}},
    ],
    ids=lambda said: next(iter(said)),
)
def test_a_shopper_sets_no_price_no_date_and_no_name_but_his_own(world: World, said: Any) -> None:
    refused(an_order((TEA, 1)) | said)


def test_an_agent_sets_no_price_either(world: World) -> None:
    line = {"sku": TEA, "quantity": 1, "override": PRICE | {"reason": "because"}}

    assert refused(an_order(channel="phone", lines=[line]), by=LIA).json["code"] == "may_not_override_prices"


@pytest.mark.parametrize("amount", [1, 24_999, 25_001, 10**12])
def test_tenders_pay_the_total_and_nothing_else(world: World, amount: int) -> None:
    paid = [{"method": "cod", "amount": {"amount": amount, "currency": "IDR"}}]

    assert refused(an_order((TEA, 1), payments=paid)).status == 422


def test_a_wrong_currency_is_refused_by_the_one_we_count_in(world: World) -> None:
    answer = refused(an_order((TEA, 1), payments=[{"method": "cod", "amount": THEIRS}]))

    assert (answer.status, answer.json["code"]) == (422, "wrong_currency")
    assert "IDR" in answer.json["detail"]


@pytest.mark.parametrize("method", ["card", "qris", "virtual_account", "gold"])
def test_a_method_we_do_not_have_is_refused_with_those_we_have(world: World, method: str) -> None:
    answer = refused(an_order((TEA, 1), payments=[{"method": method}]))

    assert answer.json["code"] == "method_unavailable"


def test_a_postcode_that_does_not_exist_is_refused_where_all_are_known(world: World) -> None:
    keep_postcodes("ID", [Postcode("60241", "Wonokromo", -7.3, 112.74)])

    def to(postcode: str) -> Any:
        address = {"street": "Jl. Kenanga 5", "postcode": postcode, "position": HERE.as_json()}
        return an_order((TEA, 1), delivery={"method": "ship", "address": address})

    assert refused(to("99999")).json["code"] == "unknown_postcode"
    assert call("POST", "/api/orders", to("60241"), key="a-key-for-a-good-one").status == 201


def test_a_key_is_needed_and_is_good_for_one_body(world: World) -> None:
    first = call("POST", "/api/orders", an_order((TEA, 1)), key="a-key-for-a-bad-order")

    other = refused(an_order((TEA, 2)))
    keyless = call("POST", "/api/orders", an_order((TEA, 1)))

    assert first.status == 201
    assert (other.status, other.json["code"]) == (422, "key_reused")
    assert (keyless.status, keyless.json["errors"][0]["field"]) == (400, "Idempotency-Key")
