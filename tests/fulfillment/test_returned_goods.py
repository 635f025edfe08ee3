"""Goods that came back: they are sent again, or the order is cancelled, and nothing stays open."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.customers import find as customers
from chalicelib.fulfillment.events import handle_message
from chalicelib.fulfillment.model import Fulfillment
from chalicelib.kit import journal
from chalicelib.payments.store import load_payments
from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    JOKO,
    RATNA,
    SINTA,
    claim_as,
    deliver_events,
    event_kinds,
    freeze_at_noon,
    list_statuses,
    load_entry,
    load_fulfillment,
    park_vans,
    place_order,
    post_step,
)
from tests.shop import CUP, TEAPOT, a_credit_customer, add_stock, advance_clock, level, open_shop, token

LIA, MAYA = "agent-lia", "finance-maya"


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    freeze_at_noon()
    open_shop(TEAPOT=5, CUP=20)


def test_goods_that_came_back_are_on_the_board_with_both_actions() -> None:
    order = place_order((TEAPOT, 2))
    come_back(order)

    [item] = list_board()

    assert (item["kind"], item["order"], item["location"]) == ("returned_goods", order, "wh-surabaya")
    assert item["reason"] == "refused at the door"
    work = load_fulfillment(order).fulfillments[0].id
    assert item["action"] == {"method": "POST", "path": f"/fulfillments/{work}/send-again"}
    assert item["alternative"] == {"method": "POST", "path": f"/orders/{order}/cancel"}


def test_goods_that_came_back_are_sent_again_and_paid_at_the_door() -> None:
    order = place_order((TEAPOT, 2))
    come_back(order)

    sent, again = send_again(order), send_again(order)
    deliver_events(order)

    assert (sent.status, sent.json["status"], again.json["status"]) == (200, "returned", "returned")
    assert list_statuses(order) == [("wh-surabaya", "returned"), ("wh-surabaya", "assigned")]
    assert event_kinds(order).count("WorkReturned") == 1
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 2, "available": 3}
    assert list_board() == []
    bring(order, last_work(order))
    done = load_fulfillment(order).order
    assert (done.status, done.payment_status, done.fulfillment_status) == ("completed", "paid", "delivered")
    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}


def test_goods_sold_meanwhile_are_sent_from_another_location() -> None:
    order = place_order((TEAPOT, 4))
    come_back(order)
    place_order((TEAPOT, 4))
    add_stock(TEAPOT, "wh-sidoarjo", 4)

    send_again(order)
    deliver_events(order)

    assert list_statuses(order) == [("wh-surabaya", "returned"), ("wh-sidoarjo", "assigned")]
    assert level(TEAPOT, "wh-sidoarjo")["allocated"] == 4


def test_goods_sold_meanwhile_strand_the_order_which_can_still_be_cancelled() -> None:
    order = place_order((TEAPOT, 4))
    come_back(order)
    place_order((TEAPOT, 4))

    send_again(order)
    deliver_events(order)

    assert [item["kind"] for item in list_board()] == ["stranded"]
    assert cancel(order).json["status"] == "cancelled"
    deliver_events(order)
    assert list_board() == []
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 4, "available": 1}


def test_an_order_whose_goods_came_back_can_be_cancelled() -> None:
    order = place_order((TEAPOT, 2))
    come_back(order)
    before = level(TEAPOT)

    cancelled = cancel(order)
    deliver_events(order)

    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled"), cancelled.text
    assert level(TEAPOT) == before == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert list_statuses(order) == [("wh-surabaya", "returned")]
    assert [payment.status for payment in load_payments(load_fulfillment(order).order.payment_ids)] == ["cancelled"]
    assert list_board() == []
    assert (send_again(order).status, send_again(order).json["code"]) == (409, "order_cancelled")


def test_cancelling_after_the_return_releases_the_credit() -> None:
    customer = a_credit_customer(1_000_000)
    order = place_order(
        (TEAPOT, 2), by=LIA, channel="phone", customer={"id": customer}, payments=[{"method": "credit"}]
    )
    assert left_of(customer) == 750_000
    come_back(order)

    assert cancel(order).status == 200

    assert left_of(customer) == 1_000_000


def test_cancelling_after_the_return_owes_transferred_money_back() -> None:
    order = place_order((TEAPOT, 2), payments=[{"method": "transfer"}])
    payment = load_fulfillment(order).order.payment_ids[0]
    confirmed = call("POST", f"/api/payments/{payment}/confirm", {}, token=token(MAYA), key="k" * 20)
    assert confirmed.status == 200, confirmed.text
    come_back(order)

    assert cancel(order).status == 200

    assert journal.row_to_entry(load_entry(order, "OrderCancelled")).event.owed_minor == 250_000


def test_goods_that_came_back_to_a_van_are_offered_again() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    claim_as(order, BUDI)
    post_step(order, "dispatch", BUDI)
    for back in (False, True):
        post_step(order, "fail", BUDI, {"reason": "customer not at home", "back": back})
    assert level(TEAPOT, "van-budi")["available"] == 3

    assert send_again(order, BUDI).status == 200
    deliver_events(order)

    assert claim_as(order, BUDI).status == 200
    assert list_statuses(order)[-1] == ("van-budi", "accepted")
    assert level(TEAPOT, "van-budi") == {"on_hand": 3, "reserved": 0, "allocated": 2, "available": 1}


def test_one_part_came_back_and_is_sent_again_and_the_cash_is_paid_with_it() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))
    first, second = load_fulfillment(order).fulfillments
    bring(order, first)
    come_back(order, second)
    [item] = list_board()
    lines = [{"sku": TEAPOT, "quantity": unit_count(second)}]
    assert item["alternative"] == {"method": "POST", "path": f"/orders/{order}/cancel", "body": {"lines": lines}}
    assert (cancel(order).status, cancel(order).json["code"]) == (409, "cannot_cancel")

    send_again(order)
    deliver_events(order)
    bring(order, last_work(order))

    done = load_fulfillment(order).order
    assert (done.status, done.payment_status, done.fulfillment_status) == ("completed", "paid", "delivered")


def test_one_part_came_back_while_another_is_packed_and_the_order_can_be_cancelled_once_it_is_sent_again() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8), (CUP, 1))
    come_back(order)

    send_again(order)
    deliver_events(order)

    assert cancel(order).json["status"] == "cancelled"
    deliver_events(order)
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert level(TEAPOT, "wh-sidoarjo") == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert {status for _, status in list_statuses(order)} == {"returned", "cancelled"}


def test_units_sent_again_during_an_offer_for_others_are_assigned_after_its_claim() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))
    first, second = load_fulfillment(order).fulfillments
    come_back(order, first)
    add_stock(TEAPOT, "van-budi", 8 - unit_count(first))
    park_vans(BUDI)
    post_step(order, "reject", RATNA, {"reason": "not_found"}, fulfillment=second)
    deliver_events(order)

    advance_clock(1)
    send_again(order)
    deliver_events(order)
    advance_clock(1)
    claimed = claim_as(order, BUDI)
    handle_message(journal.row_to_message(load_entry(order, "OfferClaimed")))

    assert claimed.status == 200
    active = [work for work in load_fulfillment(order).fulfillments if work.status in ("accepted", "assigned")]
    assert sorted((work.location, unit_count(work)) for work in active) == [
        ("van-budi", 8 - unit_count(first)),
        (first.location, unit_count(first)),
    ]


def test_goods_that_did_not_come_back_are_not_sent_again() -> None:
    order = place_order((TEAPOT, 2))

    refused, foreign = send_again(order), send_again(order, SINTA)

    assert (refused.status, refused.json["code"], foreign.status) == (409, "cannot_move", 404)
    assert list_statuses(order) == [("wh-surabaya", "assigned")]


def bring(order: str, work: Fulfillment) -> None:
    for verb in ("accept", "pick", "ready", "dispatch", "deliver"):
        response = post_step(order, verb, RATNA, fulfillment=work)
        assert response.status == 200, response.text


def come_back(order: str, work: Fulfillment | None = None) -> None:
    work = work or load_fulfillment(order).fulfillments[0]
    for verb in ("accept", "pick", "ready", "dispatch"):
        post_step(order, verb, RATNA, fulfillment=work)
    for back in (False, True):
        body = {"reason": "refused at the door", "back": back}
        response = post_step(order, "fail", RATNA, body, fulfillment=work)
        assert response.status == 200, response.text


def unit_count(work: Fulfillment) -> int:
    return sum(allocation.quantity for allocation in work.allocations)


def last_work(order: str) -> Fulfillment:
    return load_fulfillment(order).fulfillments[-1]


def send_again(order: str, by: str = JOKO) -> Any:
    """Send the first work that came back; later the same one again."""
    works = load_fulfillment(order).fulfillments
    work = next((work for work in works if work.status in ("back_at_location", "returned")), works[0])
    return post_step(order, "send-again", RATNA if work.location == "wh-sidoarjo" else by, fulfillment=work)


def cancel(order: str) -> Any:
    return call("POST", f"/api/orders/{order}/cancel", {"reason": "came back"}, token=token(RATNA))


def list_board() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call("GET", "/api/exceptions", token=token(RATNA)).json["items"]
    return items


def left_of(customer: str) -> int:
    credit = customers.find_credit(customer)
    assert credit is not None
    return credit.left.minor
