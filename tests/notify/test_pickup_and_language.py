"""A pickup order from the quote to the message that it is ready, and the language of messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.kit import journal
from chalicelib.notify.deliver import deliver_messages
from chalicelib.places.save import save_location, save_staff
from tests.client import call
from tests.notify.build import a_shop_with_vans, deliver_all_events, place_and_offer_order, sms_sent
from tests.shop import CUP, HERE, LOCATIONS, STAFF, TEAPOT, add_stock, an_order, token

STORE = replace(LOCATIONS[2], address="Jl. Tunjungan 41, Surabaya", hours="09.00-21.00")
PICKUP = {"method": "pickup", "location": "store-tunjungan"}
READY_ID = "siap diambil di Toko Tunjungan, Jl. Tunjungan 41, Surabaya (09.00-21.00)."
READY_EN = "is ready for pickup at Toko Tunjungan, Jl. Tunjungan 41, Surabaya (09.00-21.00)."


def open_second_store() -> None:
    """Both stores have teapots; only the first has cups."""
    a_shop_with_vans()
    save_location(STORE, "test")
    save_location(replace(STORE, id="store-darmo", name="Toko Darmo"), "test")
    add_stock(TEAPOT, "store-tunjungan", 2)
    add_stock(CUP, "store-tunjungan", 2)
    add_stock(TEAPOT, "store-darmo", 2)


def pickups_of(*lines: tuple[str, int], **fields: Any) -> list[str]:
    cart = {name: value for name, value in an_order(*lines, **fields).items() if name != "payments"}
    answer = call("POST", "/api/quotes", cart)
    assert answer.status == 200, answer.text
    return [way["location"] for way in answer.json["delivery"] if way["method"] == "pickup"]


def test_a_quote_for_one_store_offers_every_store_that_has_the_goods(aws: Any) -> None:
    open_second_store()

    assert pickups_of((TEAPOT, 2)) == ["store-darmo", "store-tunjungan"]
    assert pickups_of((TEAPOT, 2), delivery=PICKUP) == ["store-darmo", "store-tunjungan"]
    assert pickups_of((TEAPOT, 1), (CUP, 1), delivery=PICKUP | {"location": "store-darmo"}) == ["store-tunjungan"]


def place_for_pickup(**fields: Any) -> dict[str, Any]:
    order_id = place_and_offer_order(delivery=PICKUP, **fields)
    routing = call("GET", f"/api/orders/{order_id}/routing", token=token("owner-ratna")).json
    return {"id": order_id, "work": routing["fulfillments"][0]["id"]}


def advance(order: dict[str, Any], *steps: str) -> None:
    for step in steps:
        answer = call("POST", f"/api/fulfillments/{order['work']}/{step}", token=token("cashier-sinta"))
        assert answer.status == 200, answer.text


def load_pickup(order: dict[str, Any]) -> dict[str, Any]:
    pickup: dict[str, Any] = call("GET", f"/api/orders/{order['id']}/delivery", token=token("agent-lia")).json["pickup"]
    return pickup


def test_a_pickup_order_becomes_ready_on_its_page_and_by_message(sns_and_ses: Any) -> None:
    open_second_store()
    order = place_for_pickup()
    advance(order, "accept", "pick")
    before = load_pickup(order)

    advance(order, "ready")
    deliver_all_events(order["id"])
    deliver_all_events(order["id"])

    place = {"location": "store-tunjungan", "name": STORE.name, "address": STORE.address, "hours": STORE.hours}
    assert before == place | {"ready": False, "phone": ""}
    assert load_pickup(order) == before | {"ready": True}
    assert [READY_ID in text for _, text in sms_sent()] == [False, True]


def test_collected_goods_are_no_longer_announced_as_ready(sns_and_ses: Any) -> None:
    open_second_store()
    order = place_for_pickup()
    advance(order, "accept", "pick", "ready")
    shift = {"till": "till-1", "opening": {"amount": 0, "currency": "IDR"}}
    call("POST", "/api/shifts", shift, token=token("cashier-sinta"), key="s" * 16)
    advance(order, "handover")

    deliver_all_events(order["id"])

    assert [text for _, text in sms_sent() if "siap diambil" in text] == []


def test_an_order_that_is_delivered_is_not_announced_as_ready(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_and_offer_order()
    routing = call("GET", f"/api/orders/{order_id}/routing", token=token("owner-ratna")).json
    for step in ("accept", "pick", "ready"):
        call("POST", f"/api/fulfillments/{routing['fulfillments'][0]['id']}/{step}", token=token("warehouse-joko"))

    deliver_all_events(order_id)

    delivery = call("GET", f"/api/orders/{order_id}/delivery", token=token("agent-lia")).json
    assert delivery["pickup"] is None
    assert [text for _, text in sms_sent() if "siap diambil" in text] == []


@pytest.mark.parametrize(
    ("language", "text", "page"), [("en", READY_EN, "/en/pesanan/"), ("id", READY_ID, "/pesanan/")]
)
def test_messages_to_the_customer_are_in_the_orders_language(
    sns_and_ses: Any, language: str, text: str, page: str
) -> None:
    open_second_store()
    order = place_for_pickup(language=language)
    advance(order, "accept", "pick", "ready")

    deliver_all_events(order["id"])

    placed, ready = (message for _, message in sms_sent())
    assert ("We have your order" in placed) == (language == "en")
    assert text in ready
    assert f"shop.test{page}?id=" in placed and f"shop.test{page}?id=" in ready


def test_a_verification_code_is_in_the_orders_language(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    body = an_order((TEAPOT, 1), language="en")
    order = call("POST", "/api/orders", body, key="a-key-of-sixteen-letters").json
    asked = call(
        "POST", "/api/identities/verify", {"order": order["id"], "identity": "phone"}, query={"token": order["token"]}
    )
    assert asked.status == 202, asked.text
    customer = call("GET", f"/api/orders/{order['id']}", token=token("owner-ratna")).json["customer_id"]
    for entry in journal.history(f"customer#{customer}"):
        deliver_messages(journal.row_to_entry(entry))

    assert [text for _, text in sms_sent() if text.startswith("Your code is ")] != []


def test_the_pay_link_of_a_draft_is_in_the_drafts_language(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    body = an_order((TEAPOT, 1), channel="phone", language="en")
    draft = call("POST", "/api/drafts", body, token=token("agent-lia"), key="d" * 16)
    assert draft.status == 201, draft.text
    path = f"/api/drafts/{draft.json['id']}/pay-link"
    link = call("POST", path, {}, token=token("agent-lia"), key="l" * 16).json["url"]

    for entry in journal.history(f"draft#{draft.json['id']}"):
        deliver_messages(journal.row_to_entry(entry))

    assert "/en/pesanan/?id=" in link
    assert [text.endswith(f"Pay here: {link}") for _, text in sms_sent()] == [True]


def test_an_offer_is_in_the_language_of_each_salesman(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    save_staff(replace(STAFF[2], language="en"), "test")
    order_id = place_and_offer_order(delivery={"method": "ship", "address": {"position": HERE.to_json()}})

    deliver_all_events(order_id)

    texts = dict(sms_sent())
    assert "Claim before" in texts["+6281100000003"] and texts["+6281100000003"].endswith("?lang=en")
    assert "Claim before" not in texts["+6281100000004"]
