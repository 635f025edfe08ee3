"""An order from each of the seven channels: whoever has to know is told once, and the goods go where it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.fulfillment.events import end_offers
from chalicelib.notify.events import escalate_unanswered
from infra.local.schedule import event
from tests.client import call
from tests.shop import CUP, HERE, TEAPOT, a_creditor, later, level, put
from tests.walks.street import (
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
    a_shop_with_vans,
    all_is_well,
    ask,
    claim_links,
    done,
    inbox,
    kinds,
    ordered,
    rang,
    seen,
    steps,
    told,
    work,
)

pytestmark = pytest.mark.ministack
OFFERED = {"staff#salesman-budi": ["offer"], "location#wh-surabaya": ["assigned"]}
HANDOVER = {"method": "handover"}


@pytest.fixture
def shop(ministack: Any, drain: Callable[[], int]) -> Callable[[], int]:
    a_shop_with_vans()
    drain()
    return drain


def test_a_web_order_is_offered_to_the_salesman_nearby_and_to_the_warehouse(shop: Callable[[], int]) -> None:
    order = ordered((TEAPOT, 2))
    shop()

    assert told(order) == OFFERED | {f"customer#{order['id']}": ["placed"]}
    assert inbox(DEWI, order) == []
    assert len(claim_links(BUDI)) == 1
    assert len(rang("+6281252981234")) == 1
    assert seen(order)["fulfillment_status"] == "offered"
    assert all_is_well()


def test_a_claim_by_sms_moves_the_goods_to_the_van_stands_the_warehouse_down_and_is_delivered(
    shop: Callable[[], int],
) -> None:
    order = ordered((TEAPOT, 2))
    shop()
    (link,) = claim_links(BUDI)

    page = ask("GET", link)
    before = seen(order)["allocations"]
    claimed = _form(f"{link}/claim")
    shop()
    late = ask("POST", f"/fulfillments/{_first_work(order)}/accept", by=JOKO)
    steps(order, "pick", "ready", "dispatch", "deliver", by=BUDI)
    shop()

    assert (page.status, claimed.status) == (200, 303)
    assert before == [{"sku": TEAPOT, "location": "wh-surabaya", "quantity": 2}]
    assert (late.status, late.json["code"]) == (409, "already_claimed")
    assert told(order)["location#wh-surabaya"] == ["assigned", "stand_down"]
    assert (seen(order)["status"], seen(order)["payment_status"]) == ("completed", "paid")
    assert level(TEAPOT, "van-budi")["on_hand"] == 8
    assert level(TEAPOT) == {"on_hand": 50, "reserved": 0, "allocated": 0, "available": 50}
    assert all_is_well()


def test_an_order_nobody_claims_falls_back_to_the_warehouse_which_ships_it(shop: Callable[[], int]) -> None:
    order = ordered((TEAPOT, 2))
    shop()

    later(11)
    end_offers(event("end_offers"), None)
    escalate_unanswered(event("escalate_unanswered"), None)
    shop()
    late = _form(f"{claim_links(BUDI)[0]}/claim")
    steps(order, "accept", "pick", "ready", "dispatch", by=JOKO)
    steps(order, "deliver", by=AGUS)
    shop()

    assert late.status == 409
    assert told(order)["location#wh-surabaya"] == ["assigned", "yours_now"]
    assert seen(order)["fulfillment_status"] == "delivered"
    assert level(TEAPOT)["on_hand"] == 48
    assert all_is_well()


def test_a_counter_sale_is_handed_over_and_bothers_nobody(shop: Callable[[], int]) -> None:
    done("POST", "/shifts", {"opening": {"amount": 100_000, "currency": "IDR"}}, by=SINTA)

    order = done("POST", "/orders", {"channel": "pos", "lines": _lines((CUP, 3)), "payments": CASH}, by=SINTA)
    shop()

    assert told(order) == {}
    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == ("completed", "paid", "delivered")
    assert level(CUP, "store-tunjungan")["on_hand"] == 27
    assert all_is_well()


def test_a_salesman_sells_from_his_van_and_orders_what_he_lacks_from_the_warehouse(shop: Callable[[], int]) -> None:
    customer = a_creditor(limit=5_000_000)

    sold = ordered((TEAPOT, 1), by=BUDI, channel="sfa", customer={"id": customer}, delivery=HANDOVER, payments=CREDIT)
    sent = ordered((CUP, 6), by=BUDI, channel="sfa", customer={"id": customer}, payments=CREDIT)
    shop()

    assert told(sold) == {}
    assert level(TEAPOT, "van-budi")["on_hand"] == 9
    assert told(sent) == {"location#wh-surabaya": ["yours_now"], f"customer#{sent['id']}": ["placed"]}
    assert seen(sent)["payment_status"] == "on_credit"
    card = done("GET", f"/customers/{customer}", by=BUDI)
    assert card["credit_left"]["amount"] == 5_000_000 - 125_000 - 75_000
    assert all_is_well()


def test_a_customer_with_an_e_mail_hears_by_it_and_his_phone_stays_silent(shop: Callable[[], int]) -> None:
    order = ordered((CUP, 1), customer={"name": "Sari", "phone": "081252981234", "email": "sari@example.com"})
    shop()

    listed = done("GET", f"/orders/{order['id']}/notices", by=RATNA)["items"]
    assert [each["channels"] for each in listed if each["to"].startswith("customer#")] == [{"email": "sent"}]
    assert rang("+6281252981234") == []


def test_a_telephone_order_is_offered_like_any_other(shop: Callable[[], int]) -> None:
    order = ordered((TEAPOT, 1), by=LIA, channel="phone")
    shop()

    assert told(order) == OFFERED | {f"customer#{order['id']}": ["placed"]}
    assert seen(order)["created_by"] == LIA
    assert all_is_well()


def test_a_draft_made_in_a_chat_is_paid_by_its_link_with_proof_and_then_shipped(shop: Callable[[], int]) -> None:
    draft = done("POST", "/drafts", _draft("social"), by=LIA)
    done("POST", f"/drafts/{draft['id']}/pay-link", by=LIA)
    shop()
    (sms,) = rang("+6281252981234")
    order_token = sms.partition("token=")[2].split()[0]
    chosen = ask("POST", f"/orders/{draft['id']}/payments?token={order_token}", {"method": "transfer"})
    shop()
    payment = seen(draft)["payments"][0]["id"]
    proof = ask("POST", f"/payments/{payment}/proof?token={order_token}", {"reference": "BCA 0915"})
    shop()
    early = ask("POST", f"/fulfillments/{work(draft)}/dispatch", by=JOKO)
    confirmed = done("POST", f"/payments/{payment}/confirm", by=MAYA)
    shop()

    assert (chosen.status, proof.status) == (200, 200), chosen.text + proof.text
    assert early.status == 409
    assert confirmed["payment_status"] == "paid"
    assert told(draft)["role#finance"] == ["proof"]
    assert told(draft)["location#wh-surabaya"] == ["assigned"]
    assert told(draft)["staff#salesman-budi"] == ["offer"]
    assert told(draft)[f"customer#{draft['id']}"] == ["paid", "placed"]
    assert level(TEAPOT) == {"on_hand": 50, "reserved": 0, "allocated": 2, "available": 48}
    assert all_is_well()


def test_a_whatsapp_cart_that_we_signed_is_ordered_by_the_customer_himself(shop: Callable[[], int]) -> None:
    cart = done("POST", "/carts", {"lines": _lines((TEAPOT, 1), (TEAPOT, 1))})["cart"]

    order = ordered((TEAPOT, 2), channel="whatsapp", cart=cart)
    more = ask("POST", "/orders", {**_draft("whatsapp"), "payments": COD, "lines": _lines((TEAPOT, 9)), "cart": cart})
    shop()

    assert told(order) == OFFERED | {f"customer#{order['id']}": ["placed"]}
    assert more.status == 422
    assert level(TEAPOT)["allocated"] == 2
    assert all_is_well()


def test_a_marketplace_order_comes_once_with_its_own_prices_and_waits_for_its_money(shop: Callable[[], int]) -> None:
    said = {
        "channel": "marketplace",
        "ref": "TOKOKU-1",
        "customer": {"name": "Sari", "phone": "081252981234"},
        "lines": [{"sku": TEAPOT, "quantity": 1, "agreed": {"unit_price": {"amount": 119_000, "currency": "IDR"}}}],
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5", "position": HERE.as_json()}},
        "payments": TRANSFER,
    }

    first, again = done("POST", "/orders", said, by=TOKOKU), done("POST", "/orders", said, by=TOKOKU)
    shop()
    done("POST", f"/payments/{first['payments'][0]['id']}/confirm", by=MAYA)
    shop()

    assert again == first
    assert first["total"]["amount"] == 119_000
    assert told(first)["staff#salesman-budi"] == ["offer"]
    assert told(first)["location#wh-surabaya"] == ["assigned"]
    assert level(TEAPOT)["allocated"] == 1
    assert all_is_well()


def test_what_one_warehouse_does_not_find_the_next_one_brings(shop: Callable[[], int]) -> None:
    put(CUP, "wh-sidoarjo", 20)
    order = ordered((CUP, 4))
    shop()

    done("POST", f"/fulfillments/{work(order)}/reject", {"reason": "not_found"}, by=JOKO)
    shop()

    assert seen(order)["allocations"] == [{"sku": CUP, "location": "wh-sidoarjo", "quantity": 4}]
    assert level(CUP) == {"on_hand": 0, "reserved": 0, "allocated": 0, "available": 0}
    assert level(CUP, "wh-sidoarjo")["allocated"] == 4
    assert told(order)["location#wh-sidoarjo"] == ["yours_now"]
    assert all_is_well()


def test_an_order_that_nobody_can_bring_is_laid_before_the_owner(shop: Callable[[], int]) -> None:
    order = ordered((TEAPOT, 11))
    shop()

    done("POST", f"/fulfillments/{work(order)}/reject", {"reason": "not_found"}, by=JOKO)
    shop()

    assert told(order)["role#owner"] == ["stranded"]
    assert kinds(RATNA, order) == ["stranded"]
    listed = done("GET", "/exceptions", by=RATNA)["items"]
    assert order["id"] in str(listed)
    assert all_is_well()


def _form(path: str) -> Any:
    return call("POST", path, headers={"content-type": "application/x-www-form-urlencoded"})


def _first_work(order: Any) -> str:
    return str(done("GET", f"/orders/{order['id']}/routing", by=RATNA)["fulfillments"][0]["id"])


def _lines(*lines: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in lines]


def _draft(channel: str) -> dict[str, Any]:
    return {
        "channel": channel,
        "customer": {"name": "Sari", "phone": "081252981234"},
        "lines": _lines((TEAPOT, 2)),
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5", "position": HERE.as_json()}},
    }
