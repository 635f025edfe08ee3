"""Status changes of a fulfillment: picking, dispatch, delivery, cash and failures, and their effect on stock."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.fulfillment import find
from chalicelib.fulfillment.model import Fulfillment
from chalicelib.kit import auth, journal
from chalicelib.payments.model import PaymentRecord, Posting
from chalicelib.payments.store import load_payments
from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    DEWI,
    JOKO,
    RATNA,
    SINTA,
    claim_as,
    event_kinds,
    freeze_at_noon,
    latest_fulfillment,
    load_entry,
    load_fulfillment,
    park_vans,
    place_order,
    post_step,
)
from tests.shop import CUP, TEAPOT, add_stock, level, open_shop, token

AGUS, MAYA = "courier-agus", "finance-maya"


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    freeze_at_noon()
    open_shop(TEAPOT=5, CUP=20)


def advance_to(state: str, order: str) -> None:
    for verb, status in (("accept", "accepted"), ("pick", "picking"), ("ready", "ready"), ("dispatch", "in_transit")):
        response = post_step(order, verb, JOKO)
        assert (response.status, response.json["status"]) == (200, status), response.text
        if status == state:
            return


def test_a_warehouse_order_is_delivered_and_its_cash_goes_into_the_couriers_bag() -> None:
    order = place_order((TEAPOT, 2))
    advance_to("ready", order)
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 2, "available": 3}

    post_step(order, "dispatch", AGUS)
    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}
    assert (load_fulfillment(order).order.fulfillment_status, load_fulfillment(order).order.carrier_name) == (
        "shipped",
        "Agus",
    )
    post_step(order, "deliver", AGUS)

    done = load_fulfillment(order).order
    assert (done.status, done.payment_status, done.fulfillment_status) == ("completed", "paid", "delivered")
    (payment,) = load_payments(done.payment_ids)
    assert (payment.status, payment.till, payment.captured.minor) == ("captured", "cod:courier-agus", 250_000)
    event = journal.row_to_entry(load_entry(order, "WorkDelivered")).event
    assert event.payments == (PaymentRecord(payment.id, "cod", 250_000, "captured"),)
    assert set(event.postings) == {Posting(f"order:{order}", -250_000), Posting("till:cod:courier-agus", 250_000)}
    assert event_kinds(order)[-4:] == ["WorkPicked", "WorkReady", "WorkDispatched", "WorkDelivered"]


def test_a_salesman_delivers_from_a_van_and_the_cash_goes_into_the_open_shift() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    claim_as(order, BUDI)
    body = {"till": "van-budi", "opening": {"amount": 0, "currency": "IDR"}}
    shift = call("POST", "/api/shifts", body, token=token(BUDI), key="k" * 20)

    post_step(order, "dispatch", BUDI)
    delivered = post_step(order, "deliver", BUDI)

    assert delivered.json["status"] == "delivered"
    assert level(TEAPOT, "van-budi") == {"on_hand": 1, "reserved": 0, "allocated": 0, "available": 1}
    assert level(TEAPOT)["on_hand"] == 5
    (payment,) = load_payments(load_fulfillment(order).order.payment_ids)
    in_shift = shift.status == 201
    assert payment.till == ("van-budi" if in_shift else "cod:salesman-budi")


def test_delivering_twice_is_a_no_op() -> None:
    order = place_order((TEAPOT, 2))
    advance_to("in_transit", order)

    first, again = post_step(order, "deliver", JOKO), post_step(order, "deliver", JOKO)

    assert (first.status, again.status, again.json["status"]) == (200, 200, "delivered")
    assert event_kinds(order).count("WorkDelivered") == 1
    assert level(TEAPOT)["on_hand"] == 3


def test_a_transfer_order_is_not_dispatched_before_payment() -> None:
    order = place_order((TEAPOT, 2), payments=[{"method": "transfer"}])
    advance_to("ready", order)

    refused = post_step(order, "dispatch", JOKO)

    assert (refused.status, refused.json["code"]) == (409, "not_paid")
    assert latest_fulfillment(order).status == "ready"
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 2, "allocated": 0, "available": 3}

    payment = load_fulfillment(order).order.payment_ids[0]
    confirmed = call("POST", f"/api/payments/{payment}/confirm", {}, token=token(MAYA), key="k" * 20)
    assert confirmed.status == 200, confirmed.text
    assert post_step(order, "dispatch", JOKO).json["status"] == "in_transit"
    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}


def test_an_invalid_transition_is_refused_and_nothing_changes() -> None:
    order = place_order((TEAPOT, 2))

    refused = post_step(order, "dispatch", JOKO)

    assert (refused.status, refused.json["code"]) == (409, "cannot_move")
    assert (refused.json["from"], refused.json["to"]) == ("assigned", "in_transit")
    assert level(TEAPOT)["on_hand"] == 5


def test_a_fulfillment_is_visible_only_to_staff_of_its_location() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    warehouse = latest_fulfillment(order)

    assert post_step(order, "accept", SINTA).status == 404
    assert post_step(order, "accept", DEWI).status == 404
    claim_as(order, BUDI)
    assert post_step(order, "dispatch", DEWI).status == 404
    assert post_step(order, "dispatch", AGUS).status == 404
    assert post_step(order, "dispatch", JOKO, fulfillment=warehouse).status == 409
    assert post_step(order, "dispatch", RATNA).status == 200


def test_a_failed_attempt_keeps_the_goods_in_transit() -> None:
    order = place_order((TEAPOT, 2))
    advance_to("in_transit", order)

    failed = post_step(order, "fail", JOKO, {"reason": "customer not at home"})
    again = post_step(order, "dispatch", JOKO)

    assert (failed.json["status"], again.json["status"]) == ("failed_attempt", "in_transit")
    assert level(TEAPOT)["on_hand"] == 3  # issued once, not twice
    post_step(order, "deliver", JOKO)
    assert load_fulfillment(order).order.status == "completed"


def test_goods_back_at_the_location_are_on_hand_again() -> None:
    order = place_order((TEAPOT, 2))
    advance_to("in_transit", order)
    post_step(order, "fail", JOKO, {"reason": "refused at the door"})

    back = post_step(order, "fail", JOKO, {"reason": "refused at the door", "back": True})

    assert back.json["status"] == "back_at_location"
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert load_fulfillment(order).order.fulfillment_status == "returned"


def test_a_pickup_is_paid_and_handed_over_at_the_counter() -> None:
    add_stock(CUP, "store-tunjungan", 4)
    order = place_order((CUP, 2), delivery={"method": "pickup", "location": "store-tunjungan"})
    assert load_fulfillment(order).offers == ()
    for verb in ("accept", "pick", "ready"):
        post_step(order, verb, SINTA)

    taken = post_step(order, "handover", SINTA)

    done = load_fulfillment(order).order
    assert taken.json["status"] == "handed_over"
    assert (done.status, done.payment_status, done.fulfillment_status) == ("completed", "paid", "delivered")
    assert level(CUP, "store-tunjungan") == {"on_hand": 2, "reserved": 0, "allocated": 0, "available": 2}


def test_an_order_from_two_locations_is_completed_and_paid_with_the_last_delivery() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))
    parts = load_fulfillment(order).fulfillments
    assert len(parts) == 2
    for verb in ("accept", "pick", "ready", "dispatch", "deliver"):
        post_step(order, verb, RATNA, fulfillment=parts[0])
    after_first = load_fulfillment(order).order
    assert (after_first.status, after_first.fulfillment_status, after_first.payment_status) == (
        "placed",
        "partly_shipped",
        "unpaid",
    )

    for verb in ("accept", "pick", "ready", "dispatch", "deliver"):
        post_step(order, verb, RATNA, fulfillment=parts[1])

    done = load_fulfillment(order).order
    assert (done.status, done.fulfillment_status, done.payment_status) == ("completed", "delivered", "paid")
    assert level(TEAPOT)["on_hand"] + level(TEAPOT, "wh-sidoarjo")["on_hand"] == 2


def test_a_part_of_an_order_is_marked_cash_with_last() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))

    for place in ("wh-surabaya", "wh-sidoarjo"):
        (part,) = call("GET", f"/api/fulfillments?location={place}", token=token(RATNA)).json["items"]
        assert (part["order_id"], part["cash_to_collect"]["amount"]) == (order, 1_000_000)
        assert part["cash_with_last"] is True


def test_a_whole_order_is_not_marked_cash_with_last() -> None:
    place_order((TEAPOT, 2), (CUP, 1))

    (whole,) = call("GET", "/api/fulfillments", token=token(JOKO)).json["items"]

    assert whole["cash_to_collect"]["amount"] == 262_500
    assert "cash_with_last" not in whole


def test_the_list_of_a_location_holds_its_open_fulfillments() -> None:
    order = place_order((TEAPOT, 2))

    listed = call("GET", "/api/fulfillments", token=token(JOKO)).json
    assert [item["order_id"] for item in listed["items"]] == [order]
    assert listed["items"][0]["lines"] == [{"sku": TEAPOT, "name": "Teapot", "quantity": 2}]
    assert listed["items"][0]["cash_to_collect"] == {"amount": 250_000, "currency": "IDR"}
    assert call("GET", "/api/fulfillments?location=wh-surabaya", token=token(SINTA)).status == 404
    advance_to("in_transit", order)
    post_step(order, "deliver", JOKO)

    assert call("GET", "/api/fulfillments", token=token(JOKO)).json["items"] == []


def test_no_page_of_work_is_empty_and_has_a_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "WORK_PAGE_SIZE", 1)
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    orders = [place_order((TEAPOT, 1)) for _ in range(2)]
    assert [claim_as(order, BUDI).status for order in orders] == [200, 200]

    page = call("GET", "/api/fulfillments?location=van-budi", token=token(AGUS)).json

    assert page == {"items": [], "next": None}


def test_the_customer_sees_a_first_name_and_an_arrival_time_but_no_phone() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    path = f"/api/orders/{order}/delivery"
    assert call("GET", path, token=token(RATNA)).json["brought_by"] is None

    claim_as(order, BUDI)

    assert call("GET", path, token=token(RATNA)).json["brought_by"] == {
        "first_name": "Budi",
        "when": "2026-11-22T08:00:00.000Z",
        "status": "accepted",
    }
    assert call("GET", path).status == 401


def test_a_customer_can_request_a_call() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    query = {"token": auth.order_token(order)}

    def request_call(path: str = f"/api/orders/{order}/call-me") -> Any:
        return call("POST", path, query=query)

    too_early = request_call()
    claim_as(order, BUDI)
    once, again = request_call(), request_call()
    requested = [entry.body for entry in journal.history(f"order#{order}") if entry.kind == "CallRequested"]

    assert (too_early.status, too_early.json["code"]) == (409, "nobody_to_call")
    assert once.status == 200 and once.body == again.body
    assert len(requested) == 1 and BUDI in requested[0]
    assert "+62" not in once.text + requested[0]
    assert request_call("/api/orders/ord_01KBNOSUCHORDERATALL00000/call-me").status == 404


def test_a_call_goes_to_the_courier_who_brings_the_goods_and_not_to_who_packed_them() -> None:
    order = place_order((TEAPOT, 2))
    advance_to("ready", order)
    post_step(order, "dispatch", AGUS)

    requested = call("POST", f"/api/orders/{order}/call-me", query={"token": auth.order_token(order)})

    assert requested.status == 200, requested.text
    assert journal.row_to_entry(load_entry(order, "CallRequested")).event.fulfiller == AGUS


def test_a_call_goes_to_the_part_on_its_way_and_not_to_the_part_being_packed() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))
    first, second = load_fulfillment(order).fulfillments
    for verb in ("accept", "pick", "ready", "dispatch"):
        post_step(order, verb, RATNA, fulfillment=first)
    post_step(order, "accept", RATNA, fulfillment=second)

    call("POST", f"/api/orders/{order}/call-me", query={"token": auth.order_token(order)})

    assert journal.row_to_entry(load_entry(order, "CallRequested")).event.fulfillment_id == first.id


def test_a_failed_attempt_of_one_part_leaves_the_name_of_who_brings_the_other() -> None:
    order, first, second = an_order_in_two_parts()
    dispatch_part(order, first, AGUS)
    dispatch_part(order, second, RATNA)

    post_step(order, "fail", RATNA, {"reason": "customer not at home"}, fulfillment=second)

    assert read_order(order)["brought_by"] == "Agus"
    assert request_call(order).fulfiller == AGUS


def test_no_one_brings_an_order_whose_only_part_on_its_way_failed() -> None:
    order, first, _ = an_order_in_two_parts()
    dispatch_part(order, first, AGUS)

    post_step(order, "fail", AGUS, {"reason": "customer not at home"}, fulfillment=first)

    assert read_order(order)["brought_by"] is None
    assert request_call(order).fulfiller == AGUS  # who still has the goods


def test_a_call_about_a_parcel_goes_to_the_team_of_the_location_and_not_to_who_packed_it() -> None:
    order = place_order((TEAPOT, 2))
    advance_to("ready", order)
    post_step(order, "dispatch", JOKO)

    event = request_call(order)

    assert (event.fulfiller, event.location) == ("", "wh-surabaya")


def test_a_second_attempt_sent_by_the_owner_stays_with_the_courier_who_has_the_goods() -> None:
    order = place_order((TEAPOT, 2))
    advance_to("ready", order)
    post_step(order, "dispatch", AGUS)
    post_step(order, "fail", AGUS, {"reason": "customer not at home"})

    post_step(order, "dispatch", RATNA)

    assert read_order(order)["brought_by"] == "Agus"
    assert request_call(order).fulfiller == AGUS


def test_each_person_or_team_who_brings_the_goods_gets_a_request_of_their_own() -> None:
    order, first, second = an_order_in_two_parts()
    dispatch_part(order, first, AGUS)
    assert request_call(order).fulfiller == AGUS
    post_step(order, "deliver", AGUS, fulfillment=first)

    dispatch_part(order, second, RATNA)
    request_call(order)
    request_call(order)

    assert recipients_of_calls(order) == [AGUS, ""]  # the team of the location that sent the parcel


def test_after_delivery_the_refusal_of_a_call_says_that_no_one_delivers_now() -> None:
    order = place_order((TEAPOT, 2))
    advance_to("ready", order)
    post_step(order, "dispatch", AGUS)
    post_step(order, "deliver", AGUS)

    refused = call("POST", f"/api/orders/{order}/call-me", query={"token": auth.order_token(order)})

    assert (refused.status, refused.json["code"]) == (409, "nobody_to_call")
    assert "now" in refused.json["detail"]
    assert recipients_of_calls(order) == []


def recipients_of_calls(order: str) -> list[str]:
    rows = [row for row in journal.history(f"order#{order}") if row.kind == "CallRequested"]
    return [journal.row_to_entry(row).event.fulfiller for row in rows]


def an_order_in_two_parts() -> tuple[str, Fulfillment, Fulfillment]:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))
    first, second = load_fulfillment(order).fulfillments
    return order, first, second


def dispatch_part(order: str, part: Fulfillment, by: str) -> None:
    for verb in ("accept", "pick", "ready"):
        post_step(order, verb, RATNA, fulfillment=part)
    post_step(order, "dispatch", by, fulfillment=part)


def read_order(order: str) -> Any:
    return call("GET", f"/api/orders/{order}", token=token(RATNA)).json


def request_call(order: str) -> Any:
    """Request a call as the customer and return the event that was recorded."""
    answer = call("POST", f"/api/orders/{order}/call-me", query={"token": auth.order_token(order)})
    assert answer.status == 200, answer.text
    return journal.row_to_entry(load_entry(order, "CallRequested")).event
