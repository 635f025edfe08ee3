"""An order from each of the seven channels: the right people are notified once, and stock moves as promised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.invoke import invoke
from infra.local.schedule import build_event
from tests.client import call
from tests.shop import CUP, HERE, TEAPOT, a_credit_customer, add_stock, advance_clock, level
from tests.walks.actions import (
    AGUS,
    BUDI,
    CASH,
    COD,
    CREDIT,
    DEWI,
    JOKO,
    LIA,
    MAYA,
    RATNA,
    SINTA,
    TOKOKU,
    TRANSFER,
    active_fulfillment_id,
    advance_fulfillment,
    claim_links,
    inbox,
    invariants_hold,
    load_order,
    notice_kinds,
    notices_by_party,
    open_shop_with_vans,
    place_order,
    request,
    request_ok,
    sms_to,
)

pytestmark = pytest.mark.ministack
OFFERED = {"staff#salesman-budi": ["offer"], "location#wh-surabaya": ["assigned"]}
HANDOVER = {"method": "handover"}


@pytest.fixture
def shop(ministack: Any, drain: Callable[[], int]) -> Callable[[], int]:
    open_shop_with_vans()
    drain()
    return drain


def test_a_web_order_is_offered_to_the_nearby_salesman_and_to_the_warehouse(shop: Callable[[], int]) -> None:
    order = place_order((TEAPOT, 2))
    shop()

    assert notices_by_party(order) == OFFERED | {f"customer#{order['id']}": ["placed"]}
    assert inbox(DEWI, order) == []
    assert len(claim_links(BUDI)) == 1
    assert len(sms_to("+6281252981234")) == 1
    assert load_order(order)["fulfillment_status"] == "offered"
    assert invariants_hold()


def test_an_order_claimed_by_sms_link_is_released_by_the_warehouse_and_delivered_from_the_van(
    shop: Callable[[], int],
) -> None:
    order = place_order((TEAPOT, 2))
    shop()
    (link,) = claim_links(BUDI)

    page = request("GET", link)
    before = load_order(order)["allocations"]
    claimed = post_form(f"{link}/claim")
    shop()
    late = request("POST", f"/fulfillments/{first_fulfillment_id(order)}/accept", by=JOKO)
    advance_fulfillment(order, "pick", "ready", "dispatch", "deliver", by=BUDI)
    shop()

    assert (page.status, claimed.status) == (200, 303)
    assert before == [{"sku": TEAPOT, "location": "wh-surabaya", "quantity": 2}]
    assert (late.status, late.json["code"]) == (409, "already_claimed")
    assert notices_by_party(order)["location#wh-surabaya"] == ["assigned", "stand_down"]
    assert (load_order(order)["status"], load_order(order)["payment_status"]) == ("completed", "paid")
    assert level(TEAPOT, "van-budi")["on_hand"] == 8
    assert level(TEAPOT) == {"on_hand": 50, "reserved": 0, "allocated": 0, "available": 50}
    assert invariants_hold()


def test_an_unclaimed_order_is_assigned_to_the_warehouse_which_ships_it(shop: Callable[[], int]) -> None:
    order = place_order((TEAPOT, 2))
    shop()

    advance_clock(11)
    run_scheduled("chalicelib.fulfillment.events.end_offers", "chalicelib.notify.events.escalate_unanswered")
    shop()
    late = post_form(f"{claim_links(BUDI)[0]}/claim")
    advance_fulfillment(order, "accept", "pick", "ready", "dispatch", by=JOKO)
    advance_fulfillment(order, "deliver", by=AGUS)
    shop()

    assert late.status == 409
    assert notices_by_party(order)["location#wh-surabaya"] == ["assigned", "yours_now"]
    assert load_order(order)["fulfillment_status"] == "delivered"
    assert level(TEAPOT)["on_hand"] == 48
    assert invariants_hold()


def test_a_counter_sale_is_handed_over_and_causes_no_notice(shop: Callable[[], int]) -> None:
    request_ok("POST", "/shifts", {"opening": {"amount": 100_000, "currency": "IDR"}}, by=SINTA)

    order = request_ok(
        "POST", "/orders", {"channel": "pos", "lines": build_lines((CUP, 3)), "payments": CASH}, by=SINTA
    )
    shop()

    assert notices_by_party(order) == {}
    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == ("completed", "paid", "delivered")
    assert level(CUP, "store-tunjungan")["on_hand"] == 27
    assert invariants_hold()


def test_a_salesman_sells_from_their_van_and_orders_other_goods_from_the_warehouse(shop: Callable[[], int]) -> None:
    customer = a_credit_customer(limit=5_000_000)
    request_ok("PUT", f"/customers/{customer}/salesmen/{BUDI}", by=RATNA)

    sold = place_order(
        (TEAPOT, 1), by=BUDI, channel="sfa", customer={"id": customer}, delivery=HANDOVER, payments=CREDIT
    )
    sent = place_order((CUP, 6), by=BUDI, channel="sfa", customer={"id": customer}, payments=CREDIT)
    shop()

    assert notices_by_party(sold) == {}
    assert level(TEAPOT, "van-budi")["on_hand"] == 9
    assert notices_by_party(sent) == {"location#wh-surabaya": ["yours_now"], f"customer#{sent['id']}": ["placed"]}
    assert load_order(sent)["payment_status"] == "on_credit"
    card = request_ok("GET", f"/customers/{customer}", by=BUDI)
    assert card["credit_left"]["amount"] == 5_000_000 - 125_000 - 75_000
    assert invariants_hold()


def test_a_customer_with_an_email_address_gets_an_email_and_no_sms(shop: Callable[[], int]) -> None:
    order = place_order((CUP, 1), customer={"name": "Sari", "phone": "081252981234", "email": "sari@example.com"})
    shop()

    notices = request_ok("GET", f"/orders/{order['id']}/notices", by=RATNA)["items"]
    assert [notice["channels"] for notice in notices if notice["to"].startswith("customer#")] == [{"email": "sent"}]
    assert sms_to("+6281252981234") == []


def test_a_telephone_order_is_offered_like_any_other(shop: Callable[[], int]) -> None:
    order = place_order((TEAPOT, 1), by=LIA, channel="phone")
    shop()

    assert notices_by_party(order) == OFFERED | {f"customer#{order['id']}": ["placed"]}
    assert load_order(order)["created_by"] == LIA
    assert invariants_hold()


def test_a_draft_from_social_media_is_paid_by_its_link_with_proof_and_then_assigned(shop: Callable[[], int]) -> None:
    draft = request_ok("POST", "/drafts", build_draft("social"), by=LIA)
    request_ok("POST", f"/drafts/{draft['id']}/pay-link", by=LIA)
    shop()
    (sms,) = sms_to("+6281252981234")
    order_token = sms.partition("token=")[2].split()[0]
    chosen = request("POST", f"/orders/{draft['id']}/payments?token={order_token}", {"method": "transfer"})
    shop()
    payment = load_order(draft)["payments"][0]["id"]
    proof = request("POST", f"/payments/{payment}/proof?token={order_token}", {"reference": "BCA 0915"})
    shop()
    early = request("POST", f"/fulfillments/{active_fulfillment_id(draft)}/dispatch", by=JOKO)
    confirmed = request_ok("POST", f"/payments/{payment}/confirm", by=MAYA)
    shop()

    assert (chosen.status, proof.status) == (200, 200), chosen.text + proof.text
    assert early.status == 409
    assert confirmed["payment_status"] == "paid"
    assert notices_by_party(draft)["role#finance"] == ["proof"]
    assert notices_by_party(draft)["location#wh-surabaya"] == ["assigned"]
    assert notices_by_party(draft)["staff#salesman-budi"] == ["offer"]
    assert notices_by_party(draft)[f"customer#{draft['id']}"] == ["paid", "placed"]
    assert level(TEAPOT) == {"on_hand": 50, "reserved": 0, "allocated": 2, "available": 48}
    assert invariants_hold()


def test_a_signed_whatsapp_cart_is_ordered_by_the_customer_and_cannot_be_changed(shop: Callable[[], int]) -> None:
    cart = request_ok("POST", "/carts", {"lines": build_lines((TEAPOT, 1), (TEAPOT, 1))})["cart"]

    order = place_order((TEAPOT, 2), channel="whatsapp", cart=cart)
    more = request(
        "POST", "/orders", {**build_draft("whatsapp"), "payments": COD, "lines": build_lines((TEAPOT, 9)), "cart": cart}
    )
    shop()

    assert notices_by_party(order) == OFFERED | {f"customer#{order['id']}": ["placed"]}
    assert more.status == 422
    assert level(TEAPOT)["allocated"] == 2
    assert invariants_hold()


def test_a_marketplace_order_is_placed_once_at_its_agreed_prices_and_awaits_payment(shop: Callable[[], int]) -> None:
    body = {
        "channel": "marketplace",
        "ref": "TOKOKU-1",
        "customer": {"name": "Sari", "phone": "081252981234"},
        "lines": [{"sku": TEAPOT, "quantity": 1, "agreed": {"unit_price": {"amount": 119_000, "currency": "IDR"}}}],
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5", "position": HERE.to_json()}},
        "payments": TRANSFER,
    }

    first, again = (request_ok("POST", "/orders", body, by=TOKOKU) for _ in range(2))
    shop()
    request_ok("POST", f"/payments/{first['payments'][0]['id']}/confirm", by=MAYA)
    shop()

    assert again == first
    assert first["total"]["amount"] == 119_000
    assert notices_by_party(first)["staff#salesman-budi"] == ["offer"]
    assert notices_by_party(first)["location#wh-surabaya"] == ["assigned"]
    assert level(TEAPOT)["allocated"] == 1
    assert invariants_hold()


def test_an_order_rejected_by_one_warehouse_is_rerouted_to_the_next(shop: Callable[[], int]) -> None:
    add_stock(CUP, "wh-sidoarjo", 20)
    order = place_order((CUP, 4))
    shop()

    request_ok("POST", f"/fulfillments/{active_fulfillment_id(order)}/reject", {"reason": "not_found"}, by=JOKO)
    shop()

    assert load_order(order)["allocations"] == [{"sku": CUP, "location": "wh-sidoarjo", "quantity": 4}]
    assert level(CUP) == {"on_hand": 0, "reserved": 0, "allocated": 0, "available": 0}
    assert level(CUP, "wh-sidoarjo")["allocated"] == 4
    assert notices_by_party(order)["location#wh-sidoarjo"] == ["yours_now"]
    assert invariants_hold()


def test_an_order_that_no_location_can_fulfil_is_on_the_owners_board(shop: Callable[[], int]) -> None:
    order = place_order((TEAPOT, 11))
    shop()

    request_ok("POST", f"/fulfillments/{active_fulfillment_id(order)}/reject", {"reason": "not_found"}, by=JOKO)
    shop()

    assert notices_by_party(order)["role#owner"] == ["stranded"]
    assert notice_kinds(RATNA, order) == ["stranded"]
    exceptions = request_ok("GET", "/exceptions", by=RATNA)["items"]
    assert order["id"] in str(exceptions)
    assert invariants_hold()


def run_scheduled(*handlers: str) -> None:
    for handler in handlers:
        invoke(handler, build_event(handler.rpartition(".")[2]))


def post_form(path: str) -> Any:
    return call("POST", path, headers={"content-type": "application/x-www-form-urlencoded"})


def first_fulfillment_id(order: Any) -> str:
    return str(request_ok("GET", f"/orders/{order['id']}/routing", by=RATNA)["fulfillments"][0]["id"])


def build_lines(*lines: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in lines]


def build_draft(channel: str) -> dict[str, Any]:
    return {
        "channel": channel,
        "customer": {"name": "Sari", "phone": "081252981234"},
        "lines": build_lines((TEAPOT, 2)),
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5", "position": HERE.to_json()}},
    }
