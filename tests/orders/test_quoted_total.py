"""What a quote offers is what an order accepts: its total, and the places where goods can be picked up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.kit.money import Money
from chalicelib.places.find import load_location, swap_cache
from chalicelib.places.save import save_location
from chalicelib.pricing.save import save_price
from tests.client import call
from tests.conditional_writes import memory  # noqa: F401
from tests.shop import LOCATIONS, TEAPOT, add_stock, an_order, level, open_shop, token

STORE = "store-tunjungan"


@pytest.fixture(autouse=True)
def shop(memory: Any) -> None:  # noqa: F811
    open_shop(TEAPOT=5)
    for place in ("store-tunjungan", "van-budi"):
        add_stock(TEAPOT, place, 5)


def place(body: dict[str, Any], by: str = "", key: str = "a-key-of-16-characters") -> Any:
    return call("POST", "/api/orders", body, key=key, token=token(by) if by else "")


def rupiah(amount: int) -> dict[str, Any]:
    return Money(amount, "IDR").to_json()


def test_an_order_at_another_total_than_quoted_is_refused_with_the_new_quote() -> None:
    body = an_order((TEAPOT, 2), expected_total=rupiah(250_000))
    save_price(TEAPOT, Money(130_000, "IDR"), (), "test")

    refused = place(body)
    placed = place(body | {"expected_total": refused.json["quote"]["total"]})

    assert (refused.status, refused.json["code"]) == (409, "price_changed")
    assert (refused.json["expected"], refused.json["total"]) == (rupiah(250_000), rupiah(260_000))
    assert refused.json["quote"]["lines"][0]["unit_price"] == rupiah(130_000)
    assert refused.json["quote"]["payments"] == ["cod", "transfer"]
    assert (placed.status, placed.json["total"]) == (201, rupiah(260_000))
    assert level(TEAPOT)["allocated"] == 2


@pytest.mark.parametrize(("channel", "by"), [("web", ""), ("pos", "cashier-sinta"), ("phone", "agent-lia")])
@pytest.mark.parametrize("place_id", ["wh-surabaya", "van-budi", "closed store"])
def test_goods_are_picked_up_only_where_a_quote_offers_it(channel: str, by: str, place_id: str) -> None:
    offered = [STORE]
    if place_id == "closed store":
        place_id, offered = STORE, []
        save_location(replace(LOCATIONS[2], active=False), "test")
        assert not load_location(STORE).active
    delivery = {"method": "pickup", "location": place_id}
    body = an_order((TEAPOT, 1), channel=channel, delivery=delivery)
    cart = {"channel": channel, "lines": body["lines"]}
    staff = {"token": token(by)} if by else {}

    refused = place(body, by)
    quoted = call("POST", "/api/quotes", cart | {"delivery": delivery}, **staff)
    choices = call("POST", "/api/quotes", cart, **staff).json["delivery"]

    assert (refused.status, refused.json["code"], refused.json["locations"]) == (409, "no_pickup_here", offered)
    assert (quoted.status, quoted.json["code"]) == (409, "no_pickup_here")
    assert [choice["location"] for choice in choices if choice["method"] == "pickup"] == offered
    assert level(TEAPOT, place_id)["allocated"] == 0


@pytest.mark.parametrize(("method", "code"), [("pickup", "no_pickup_here"), ("handover", "no_such_location")])
def test_a_store_that_just_closed_is_refused_by_a_process_that_has_it_cached(method: str, code: str) -> None:
    load_location(STORE)
    cached = swap_cache({})
    save_location(replace(LOCATIONS[2], active=False), "test")
    swap_cache(cached)
    channel, by = ("web", "") if method == "pickup" else ("pos", "cashier-sinta")

    refused = place(an_order((TEAPOT, 1), channel=channel, delivery={"method": method, "location": STORE}), by)

    assert load_location(STORE).active  # the cached one
    assert refused.json["code"] == code
    assert level(TEAPOT, STORE)["allocated"] == 0


def test_a_closed_store_hands_nothing_over() -> None:
    save_location(replace(LOCATIONS[2], active=False), "test")
    sale = {"channel": "pos", "lines": [{"sku": TEAPOT, "quantity": 1}], "payments": [{"method": "cash"}]}

    refused = place(sale, "cashier-sinta")

    assert (refused.status, refused.json["code"]) == (422, "no_such_location")
    assert level(TEAPOT, STORE)["on_hand"] == 5
