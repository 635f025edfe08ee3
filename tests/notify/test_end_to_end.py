"""Messages to customers and staff over the life of an order."""

from __future__ import annotations

from typing import Any

import boto3

from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.escalate import escalate
from chalicelib.orders.events import expire_unpaid
from infra.invariants.orders import o1_every_transition_is_allowed
from infra.invariants.snapshot import load_snapshot
from tests.client import call
from tests.notify.build import (
    TEAM,
    a_shop_with_vans,
    deliver_all_events,
    inbox_kinds,
    load_last_entry,
    place_and_offer_order,
    place_order,
    sms_sent,
)
from tests.shop import TEAPOT, add_stock, advance_clock, an_order, token

FINANCE = "role#finance"


def test_a_proof_of_transfer_reaches_finance_and_its_confirmation_the_customer(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id, payment = a_transfer_with_proof()

    deliver_all_events(order_id)
    assert inbox_kinds(FINANCE) == ["proof"]
    call("POST", f"/api/payments/{payment}/confirm", {}, token=token("finance-maya"), key="c" * 16)
    deliver_all_events(order_id)

    texts = [text for _, text in sms_sent()]
    assert len(texts) == 2
    assert "Mohon transfer sebelum" in texts[0]
    assert "Pembayaran Rp125.000" in texts[1]


def test_a_proof_that_was_checked_is_not_escalated(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id, payment = a_transfer_with_proof()
    deliver_messages(load_last_entry(order_id, "ProofSubmitted"))

    call("POST", f"/api/payments/{payment}/confirm", {}, token=token("finance-maya"), key="c" * 16)
    advance_clock(minutes=6)
    escalate()

    assert inbox_kinds("role#owner") == []


def test_the_customer_is_notified_of_a_cancelled_order_once(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order()

    answer = call("POST", f"/api/orders/{order_id}/cancel", {"reason": "changed_mind"}, token=token("owner-ratna"))
    assert answer.status == 200, answer.body
    deliver_all_events(order_id)
    deliver_all_events(order_id)

    assert [text.split(".")[0].split()[-1] for _, text in sms_sent() if "dibatalkan" in text] == ["dibatalkan"]


def test_an_order_whose_payment_did_not_arrive_in_time_is_reported_as_lapsed(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order(payments=[{"method": "transfer"}])
    advance_clock(minutes=24 * 60 + 1)
    expire_unpaid()

    deliver_all_events(order_id)

    assert "berakhir karena pembayaran belum kami terima" in sms_sent()[-1][1]


def test_the_reason_of_a_cancellation_is_text_and_not_its_cause(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order(payments=[{"method": "transfer"}])

    path = f"/api/orders/{order_id}/cancel"
    answer = call("POST", path, {"reason": "payment_expired"}, token=token("owner-ratna")).json
    deliver_all_events(order_id)

    assert (answer["reason"], load_last_entry(order_id, "OrderCancelled").event.cause) == (
        "payment_expired",
        "requested",
    )
    assert [payment["status"] for payment in answer["payments"]] == ["cancelled"]
    assert "dibatalkan" in sms_sent()[-1][1]
    assert o1_every_transition_is_allowed(load_snapshot(boto3.client("dynamodb"), "test")) == []


def test_the_customer_is_notified_of_dispatch_and_delivery(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_and_offer_order()
    work = load_last_entry(order_id, "OfferOpened").event.assigned[0].fulfillment_id
    for step in ("accept", "pick", "ready", "dispatch", "deliver"):
        answer = call("POST", f"/api/fulfillments/{work}/{step}", {}, token=token("warehouse-joko"), key=step * 16)
        assert answer.status == 200, answer.body

    deliver_all_events(order_id)

    texts = " ".join(text for _, text in sms_sent())
    assert len(sms_sent()) == 3
    assert "kami terima" in texts and "dalam perjalanan" in texts and "sudah sampai" in texts
    assert inbox_kinds(TEAM) == []  # the work had begun before the event arrived


def test_goods_handed_over_at_the_counter_cause_no_message(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    counter = {"delivery": {"method": "handover", "location": "store-tunjungan"}, "channel": "pos"}
    add_stock(TEAPOT, "store-tunjungan", 1)
    cashier = token("cashier-sinta")
    shift = {"till": "till-1", "opening": {"amount": 0, "currency": "IDR"}}
    call("POST", "/api/shifts", shift, token=cashier, key="s" * 16)
    body = an_order((TEAPOT, 1), payments=[{"method": "cash"}], **counter)
    answer = call("POST", "/api/orders", body, token=cashier, key="o" * 16)
    assert answer.status == 201, answer.body

    deliver_all_events(answer.json["id"])

    assert sms_sent() == []


def test_staff_see_the_recipients_and_the_outcomes_of_an_orders_notices(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    order_id = place_and_offer_order()
    deliver_all_events(order_id)

    answer = call("GET", f"/api/orders/{order_id}/notices", token=token("agent-lia"))

    channels = {(notice["kind"], notice["to"]): notice["channels"] for notice in answer.json["items"]}
    assert channels == {
        ("OrderPlaced", f"customer#{order_id}"): {"sms": "sent"},
        ("OfferOpened", "staff#salesman-budi"): {"sms": "sent"},
        ("OfferOpened", TEAM): {},
    }
    assert call("GET", f"/api/orders/{order_id}/notices").status == 401


def a_transfer_with_proof() -> tuple[str, str]:
    order_id = place_order(payments=[{"method": "transfer"}])
    order = call("GET", f"/api/orders/{order_id}", token=token("owner-ratna")).json
    payment = order["payments"][0]["id"]
    body = {"reference": "TRX-1"}
    answer = call("POST", f"/api/payments/{payment}/proof", body, token=token("owner-ratna"), key="p" * 16)
    assert answer.status == 200, answer.body
    return order_id, payment
