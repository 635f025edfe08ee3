"""From the shelf to the door: picking, dispatch, delivery, cash, failures, and what each does to stock."""

from __future__ import annotations

from typing import Any

import pytest

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
    claims,
    entry_of,
    it_is_noon,
    parked,
    placed,
    step,
    the_case,
    the_work,
    told,
)
from tests.shop import CUP, TEAPOT, level, open_shop, put, token

AGUS, MAYA = "courier-agus", "finance-maya"


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    it_is_noon()
    open_shop(TEAPOT=5, CUP=20)


def brought_to(state: str, order: str) -> None:
    for verb, status in (("accept", "accepted"), ("pick", "picking"), ("ready", "ready"), ("dispatch", "in_transit")):
        answer = step(order, verb, JOKO)
        assert (answer.status, answer.json["status"]) == (200, status), answer.text
        if status == state:
            return


def test_a_warehouse_order_goes_all_the_way_and_its_cash_into_the_couriers_bag() -> None:
    order = placed((TEAPOT, 2))
    brought_to("ready", order)
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 2, "available": 3}

    step(order, "dispatch", AGUS)
    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}
    assert (the_case(order).order.fulfillment_status, the_case(order).order.bringer) == ("shipped", "Agus")
    step(order, "deliver", AGUS)

    done = the_case(order).order
    assert (done.status, done.payment_status, done.fulfillment_status) == ("completed", "paid", "delivered")
    (payment,) = load_payments(done.payment_ids)
    assert (payment.status, payment.till, payment.captured.minor) == ("captured", "cod:courier-agus", 250_000)
    said = journal.to_journal_entry(entry_of(order, "WorkDelivered")).event
    assert said.payments == (PaymentRecord(payment.id, "cod", 250_000, "captured"),)
    assert set(said.postings) == {Posting(f"order:{order}", -250_000), Posting("till:cod:courier-agus", 250_000)}
    assert told(order)[-4:] == ["WorkPicked", "WorkReady", "WorkDispatched", "WorkDelivered"]


def test_a_salesman_delivers_from_his_van_and_keeps_the_cash_in_his_shift() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    claims(order, BUDI)
    body = {"till": "van-budi", "opening": {"amount": 0, "currency": "IDR"}}
    shift = call("POST", "/api/shifts", body, token=token(BUDI), key="k" * 20)

    step(order, "dispatch", BUDI)
    delivered = step(order, "deliver", BUDI)

    assert delivered.json["status"] == "delivered"
    assert level(TEAPOT, "van-budi") == {"on_hand": 1, "reserved": 0, "allocated": 0, "available": 1}
    assert level(TEAPOT)["on_hand"] == 5
    (payment,) = load_payments(the_case(order).order.payment_ids)
    in_shift = shift.status == 201
    assert payment.till == ("van-budi" if in_shift else "cod:salesman-budi")


def test_delivering_twice_is_delivering_once() -> None:
    order = placed((TEAPOT, 2))
    brought_to("in_transit", order)

    first, again = step(order, "deliver", JOKO), step(order, "deliver", JOKO)

    assert (first.status, again.status, again.json["status"]) == (200, 200, "delivered")
    assert told(order).count("WorkDelivered") == 1
    assert level(TEAPOT)["on_hand"] == 3


def test_goods_on_transfer_do_not_leave_before_the_money_came() -> None:
    order = placed((TEAPOT, 2), payments=[{"method": "transfer"}])
    brought_to("ready", order)

    refused = step(order, "dispatch", JOKO)

    assert (refused.status, refused.json["code"]) == (409, "not_paid")
    assert the_work(order).status == "ready"
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 2, "allocated": 0, "available": 3}

    payment = the_case(order).order.payment_ids[0]
    confirmed = call("POST", f"/api/payments/{payment}/confirm", {}, token=token(MAYA), key="k" * 20)
    assert confirmed.status == 200, confirmed.text
    assert step(order, "dispatch", JOKO).json["status"] == "in_transit"
    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}


def test_a_step_out_of_turn_is_refused_and_nothing_moves() -> None:
    order = placed((TEAPOT, 2))

    refused = step(order, "dispatch", JOKO)

    assert (refused.status, refused.json["code"]) == (409, "cannot_move")
    assert (refused.json["from"], refused.json["to"]) == ("assigned", "in_transit")
    assert level(TEAPOT)["on_hand"] == 5


def test_only_the_people_of_its_place_know_of_it() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    warehouse = the_work(order)

    assert step(order, "accept", SINTA).status == 404
    assert step(order, "accept", DEWI).status == 404
    claims(order, BUDI)
    assert step(order, "dispatch", DEWI).status == 404
    assert step(order, "dispatch", AGUS).status == 404
    assert step(order, "dispatch", JOKO, work=warehouse).status == 409
    assert step(order, "dispatch", RATNA).status == 200


def test_nobody_at_home_keeps_the_goods_on_the_road_for_another_try() -> None:
    order = placed((TEAPOT, 2))
    brought_to("in_transit", order)

    failed = step(order, "fail", JOKO, {"reason": "nobody at home"})
    again = step(order, "dispatch", JOKO)

    assert (failed.json["status"], again.json["status"]) == ("failed_attempt", "in_transit")
    assert level(TEAPOT)["on_hand"] == 3  # out once, not twice
    step(order, "deliver", JOKO)
    assert the_case(order).order.status == "completed"


def test_goods_that_come_back_are_in_stock_again() -> None:
    order = placed((TEAPOT, 2))
    brought_to("in_transit", order)
    step(order, "fail", JOKO, {"reason": "refused at the door"})

    back = step(order, "fail", JOKO, {"reason": "refused at the door", "back": True})

    assert back.json["status"] == "back_at_location"
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert the_case(order).order.fulfillment_status == "returned"


def test_who_comes_to_collect_pays_and_takes_it_at_the_counter() -> None:
    put(CUP, "store-tunjungan", 4)
    order = placed((CUP, 2), delivery={"method": "pickup", "location": "store-tunjungan"})
    assert the_case(order).offers == ()
    for verb in ("accept", "pick", "ready"):
        step(order, verb, SINTA)

    taken = step(order, "handover", SINTA)

    done = the_case(order).order
    assert taken.json["status"] == "handed_over"
    assert (done.status, done.payment_status, done.fulfillment_status) == ("completed", "paid", "delivered")
    assert level(CUP, "store-tunjungan") == {"on_hand": 2, "reserved": 0, "allocated": 0, "available": 2}


def test_an_order_from_two_places_is_complete_with_the_last_of_them_and_pays_once() -> None:
    put(TEAPOT, "wh-sidoarjo", 5)
    order = placed((TEAPOT, 8))
    parts = the_case(order).works
    assert len(parts) == 2
    for verb in ("accept", "pick", "ready", "dispatch", "deliver"):
        step(order, verb, RATNA, work=parts[0])
    halfway = the_case(order).order
    assert (halfway.status, halfway.fulfillment_status, halfway.payment_status) == (
        "placed",
        "partly_shipped",
        "unpaid",
    )

    for verb in ("accept", "pick", "ready", "dispatch", "deliver"):
        step(order, verb, RATNA, work=parts[1])

    done = the_case(order).order
    assert (done.status, done.fulfillment_status, done.payment_status) == ("completed", "delivered", "paid")
    assert level(TEAPOT)["on_hand"] + level(TEAPOT, "wh-sidoarjo")["on_hand"] == 2


def test_who_brings_a_part_is_told_that_the_cash_comes_with_the_last() -> None:
    put(TEAPOT, "wh-sidoarjo", 5)
    order = placed((TEAPOT, 8))

    for place in ("wh-surabaya", "wh-sidoarjo"):
        (part,) = call("GET", f"/api/fulfillments?location={place}", token=token(RATNA)).json["items"]
        assert (part["order_id"], part["cash_to_collect"]["amount"]) == (order, 1_000_000)
        assert part["cash_with_last"] is True


def test_who_brings_all_of_it_is_told_of_no_other_part() -> None:
    placed((TEAPOT, 2), (CUP, 1))

    (whole,) = call("GET", "/api/fulfillments", token=token(JOKO)).json["items"]

    assert whole["cash_to_collect"]["amount"] == 262_500
    assert "cash_with_last" not in whole


def test_the_list_of_a_place_is_its_open_work_and_ends_with_it() -> None:
    order = placed((TEAPOT, 2))

    listed = call("GET", "/api/fulfillments", token=token(JOKO)).json
    assert [each["order_id"] for each in listed["items"]] == [order]
    assert listed["items"][0]["lines"] == [{"sku": TEAPOT, "name": "Teapot", "quantity": 2}]
    assert listed["items"][0]["cash_to_collect"] == {"amount": 250_000, "currency": "IDR"}
    assert call("GET", "/api/fulfillments?location=wh-surabaya", token=token(SINTA)).status == 404
    brought_to("in_transit", order)
    step(order, "deliver", JOKO)

    assert call("GET", "/api/fulfillments", token=token(JOKO)).json["items"] == []


def test_the_customer_sees_a_first_name_and_a_time_but_no_number() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    door = f"/api/orders/{order}/delivery"
    assert call("GET", door, token=token(RATNA)).json["brought_by"] is None

    claims(order, BUDI)

    assert call("GET", door, token=token(RATNA)).json["brought_by"] == {
        "first_name": "Budi",
        "when": "2026-11-22T08:00:00.000Z",
        "status": "accepted",
    }
    assert call("GET", door).status == 401


def test_the_customer_has_himself_called_and_neither_needs_the_others_number() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    asked = {"token": auth.order_token(order)}

    def ask(path: str = f"/api/orders/{order}/call-me") -> Any:
        return call("POST", path, query=asked)

    too_early = ask()
    claims(order, BUDI)
    once, again = ask(), ask()
    heard = [entry.body for entry in journal.history(f"order#{order}") if entry.kind == "CallAsked"]

    assert (too_early.status, too_early.json["code"]) == (409, "nobody_to_call")
    assert once.status == 200 and once.body == again.body
    assert len(heard) == 1 and BUDI in heard[0]
    assert "+62" not in once.text + heard[0]
    assert ask("/api/orders/ord_01KBNOSUCHORDERATALL00000/call-me").status == 404
