"""Cancelling some units of an order: what they cost and hold is given back, and the rest stays as it was ordered."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.customers import find as customers
from chalicelib.fulfillment.model import Fulfillment, ReducedWork, UnitsOfSku
from chalicelib.kit import auth, journal
from chalicelib.payments.model import Posting
from chalicelib.pricing.save import save_promotion
from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    JOKO,
    RATNA,
    claim_as,
    deliver_events,
    event_kinds,
    freeze_at_noon,
    latest_offer,
    list_statuses,
    load_entry,
    load_fulfillment,
    park_vans,
    place_order,
    place_order_without_events,
    post_step,
)
from tests.pricing.build import a_coupon, a_promotion
from tests.shop import CUP, TEAPOT, a_credit_customer, add_stock, level, open_shop, token

LIA, MAYA, SINTA = "agent-lia", "finance-maya", "cashier-sinta"
_keys = iter(range(5 * 10**15, 6 * 10**15))


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    freeze_at_noon()
    open_shop(TEAPOT=5, CUP=20)


@pytest.mark.parametrize("lines", [[], None])
def test_an_empty_list_of_lines_is_refused_and_cancels_nothing(lines: Any) -> None:
    order = place_order((TEAPOT, 2))

    sent = body() | {"lines": lines}
    refused = call("POST", f"/api/orders/{order}/cancel", sent, token=token(RATNA), key=str(next(_keys)))

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "lines")
    assert read_order(order)["status"] == "placed"
    assert level(TEAPOT)["allocated"] == 2


def test_an_empty_list_of_skus_is_refused_and_rejects_nothing() -> None:
    order = place_order((TEAPOT, 2))
    before = load_fulfillment(order)

    refused = post_step(order, "reject", RATNA, {"reason": "damaged", "skus": []})

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "skus")
    assert load_fulfillment(order) == before


def test_cancelled_units_are_available_again_and_the_rest_is_paid_at_the_door() -> None:
    order = place_order((TEAPOT, 2), (CUP, 4))
    before = read_order(order)

    reduced = cancel(order, (TEAPOT, 1))
    deliver_events(order)

    assert reduced.status == 200, reduced.text
    assert units_of(reduced.json) == {TEAPOT: 1, CUP: 4}
    assert minor(reduced.json["total"]) == minor(before["total"]) - 125_000
    assert [minor(payment["amount"]) for payment in reduced.json["payments"]] == [minor(reduced.json["total"])]
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 1, "available": 4}
    assert level(CUP)["allocated"] == 4
    event = load_event(order)
    assert (event.reduced_minor, event.total_minor) == (125_000, minor(reduced.json["total"]))
    assert set(event.postings) == {Posting("sales", 125_000), Posting(f"order:{order}", -125_000)}
    [work] = load_fulfillment(order).fulfillments
    assert event.reduced_work == (ReducedWork(work.id, "wh-surabaya", (UnitsOfSku(TEAPOT, 1),)),)
    assert (event.owed_minor, event.credit_minor, event.completed) == (0, 0, False)


def test_units_are_cancelled_once_when_the_request_is_repeated() -> None:
    order = place_order((TEAPOT, 3))

    first = cancel(order, (TEAPOT, 1), key="k" * 20)
    again = cancel(order, (TEAPOT, 1), key="k" * 20)

    assert (first.status, again.status) == (200, 200)
    assert first.json == again.json
    assert units_of(read_order(order)) == {TEAPOT: 2}
    without_key = call("POST", f"/api/orders/{order}/cancel", body((TEAPOT, 1)), token=token(RATNA))
    assert (without_key.status, units_of(read_order(order))) == (400, {TEAPOT: 2})


def test_a_discount_on_the_order_gives_back_the_share_of_the_cancelled_units() -> None:
    save_promotion(a_promotion("fifty", kind="amount", amount_minor=50_000, rate=""), "test")
    order = place_order((TEAPOT, 3))
    [line] = read_order(order)["lines"]
    assert minor(line["total"]) == 325_000

    reduced = cancel(order, (TEAPOT, 1)).json

    [rest] = reduced["lines"]
    assert minor(rest["total"]) == 2 * 125_000 - 33_333
    assert minor(rest["adjustments"][0]["amount"]) == -33_333
    assert minor(rest["unit_price"]) == 125_000
    [cancelled] = load_event(order).lines
    assert (cancelled.total_minor, cancelled.discounts[0].minor) == (125_000 - 16_667, -16_667)


def test_a_coupon_is_given_back_with_the_last_units_that_it_lowered() -> None:
    coupon = a_coupon("DUA", "teapots", per_customer=1)
    save_promotion(a_promotion("teapots", skus=(TEAPOT,), coupon_only=True), "test", coupon)
    customer = a_credit_customer(1_000_000)
    order = place_order((TEAPOT, 2), (CUP, 4), by=LIA, channel="phone", customer={"id": customer}, coupons=["DUA"])
    again = {"lines": [{"sku": TEAPOT, "quantity": 1}], "customer": {"id": customer}, "coupons": ["DUA"]}

    cancel(order, (TEAPOT, 1))
    spent = quote(again)
    rest = cancel(order, (TEAPOT, 1)).json
    free = quote(again)

    assert (spent.status, spent.json["code"]) == (409, "coupon_spent")
    assert free.status == 200, free.text
    assert [line["adjustments"] for line in rest["lines"]] == [[]]
    assert cancel(order, (CUP, 4)).json["status"] == "cancelled"
    assert quote(again).status == 200


def test_goods_made_free_by_several_discounts_stay_free_when_some_of_them_are_cancelled() -> None:
    for name, minor_off in (("one", 1), ("rest", 249_999)):
        save_promotion(a_promotion(name, kind="amount", amount_minor=minor_off, rate="", skus=(TEAPOT,)), "test")
    order = place_order((TEAPOT, 2), (CUP, 1))
    before = read_order(order)
    assert minor(before["lines"][0]["total"]) == 0

    reduced = cancel(order, (TEAPOT, 1)).json

    assert minor(reduced["lines"][0]["total"]) == 0
    assert reduced["total"] == before["total"]
    assert (load_event(order).reduced_minor, load_event(order).postings) == (0, ())


def test_units_cancelled_one_by_one_give_back_exactly_what_the_order_cost() -> None:
    save_promotion(a_promotion("fifty", kind="amount", amount_minor=50_000, rate=""), "test")
    order = place_order((TEAPOT, 3), payments=[{"method": "transfer"}])
    total = minor(read_order(order)["total"])
    confirm(order)

    for _ in range(3):
        assert cancel(order, (TEAPOT, 1)).status == 200

    assert read_order(order)["status"] == "cancelled"
    events = [journal.row_to_entry(entry).event for entry in journal.history(f"order#{order}")]
    owed = [event.owed_minor for event in events if type(event).__name__ in ("OrderReduced", "OrderCancelled")]
    assert owed == [108_333, 108_333, total - 216_666]


def test_credit_of_the_cancelled_units_is_released() -> None:
    customer = a_credit_customer(1_000_000)
    order = place_order(
        (TEAPOT, 3), by=LIA, channel="phone", customer={"id": customer}, payments=[{"method": "credit"}]
    )
    assert left_of(customer) == 625_000

    cancel(order, (TEAPOT, 2))

    assert left_of(customer) == 875_000
    assert load_event(order).credit_minor == 250_000
    owed = call("GET", "/api/receivables", token=token(MAYA), query={"customer": customer}).json
    assert [minor(item["amount"]) for item in owed["items"]] == [125_000]


def test_a_transfer_that_was_not_made_becomes_smaller() -> None:
    order = place_order((TEAPOT, 3), payments=[{"method": "transfer"}])
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 3, "allocated": 0, "available": 2}

    cancelled = cancel(order, (TEAPOT, 1), by="")
    confirm(order)

    assert cancelled.status == 200, cancelled.text
    assert minor(cancelled.json["payments"][0]["amount"]) == 250_000
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 2, "available": 3}
    assert read_order(order)["payment_status"] == "paid"


def test_money_paid_for_cancelled_units_is_owed_back_until_its_return_is_recorded() -> None:
    order = place_order((TEAPOT, 3), payments=[{"method": "transfer"}])
    confirm(order)

    cancel(order, (TEAPOT, 1))

    assert load_event(order).owed_minor == 125_000
    assert Posting(f"refund_owed:{order}", -125_000) in load_event(order).postings
    [item] = list_board()
    assert (item["kind"], minor(item["owed"])) == ("refund_owed", 125_000)
    returned = act(item, by=MAYA)
    assert (returned.status, returned.json["payment_status"]) == (200, "partly_refunded"), returned.text
    assert list_board() == []
    event = journal.row_to_entry(load_entry(order, "RefundRecorded")).event
    assert set(event.postings) == {Posting(f"refund_owed:{order}", 125_000), Posting("bank", -125_000)}


def test_cash_is_returned_from_a_shift_that_took_cash() -> None:
    order = place_order((TEAPOT, 2), payments=[{"method": "transfer"}])
    confirm(order)
    cancel(order, (TEAPOT, 1))
    open_shift(RATNA)
    place_order((CUP, 10), by=RATNA, channel="phone", payments=[{"method": "cash"}])
    path, cash = f"/api/orders/{order}/refunds", {"method": "cash"}

    by_finance = call("POST", path, cash, token=token(MAYA), key="f" * 20)
    by_owner = call("POST", path, cash, token=token(RATNA), key="r" * 20)

    assert (by_finance.status, by_finance.json["code"]) == (409, "may_not_take_cash")
    assert by_owner.status == 200, by_owner.text
    assert event_kinds(order)[-1] == "RefundRecorded"


def test_units_are_not_cancelled_while_a_proof_of_the_whole_amount_awaits_its_check() -> None:
    order = place_order((TEAPOT, 3), payments=[{"method": "transfer"}])
    payment = load_fulfillment(order).order.payment_ids[0]
    proof = call(
        "POST", f"/api/payments/{payment}/proof", {"reference": "TRF 1"}, query={"token": auth.order_token(order)}
    )
    assert proof.status == 200, proof.text

    refused = cancel(order, (TEAPOT, 1))

    assert (refused.status, refused.json["code"]) == (409, "proof_awaits_check")
    assert units_of(read_order(order)) == {TEAPOT: 3}


def test_cancelling_all_units_cancels_the_order() -> None:
    order = place_order((TEAPOT, 2), (CUP, 1))

    cancelled = cancel(order, (TEAPOT, 2), (CUP, 1))

    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert "OrderReduced" not in event_kinds(order)


def test_units_on_their_way_are_not_cancelled() -> None:
    order = place_order((TEAPOT, 2), (CUP, 1))
    send(order, load_fulfillment(order).fulfillments[0])
    stock, before = level(TEAPOT), read_order(order)

    refused, unknown = cancel(order, (TEAPOT, 1)), cancel(order, ("BOWL", 1))

    assert (refused.status, refused.json["code"]) == (409, "units_have_left")
    assert (unknown.status, unknown.json["code"]) == (422, "not_on_order")
    assert (level(TEAPOT), read_order(order)) == (stock, before)


def test_a_stranger_and_a_role_without_orders_cancel_no_units() -> None:
    order, other = place_order((TEAPOT, 1)), place_order((TEAPOT, 2))
    path = f"/api/orders/{other}/cancel"

    stranger = call("POST", path, body((TEAPOT, 1)), key="k" * 20, query={"token": auth.order_token(order)})
    joko = call("POST", path, body((TEAPOT, 1)), key="k" * 20, token=token(JOKO))

    assert (stranger.status, joko.status) == (404, 403)
    assert units_of(read_order(other)) == {TEAPOT: 2}


def test_a_returned_part_is_ended_and_the_cash_of_the_delivered_part_is_booked() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))
    first, second = load_fulfillment(order).fulfillments
    bring(order, first)
    come_back(order, second)
    [item] = list_board()
    assert item["alternative"]["body"] == {"lines": [{"sku": TEAPOT, "quantity": unit_count(second)}]}

    ended = act({"action": item["alternative"]}, reason="refused at the door")
    deliver_events(order)

    assert ended.status == 200, ended.text
    assert (ended.json["status"], ended.json["fulfillment_status"]) == ("completed", "delivered")
    assert minor(ended.json["total"]) == unit_count(first) * 125_000
    assert sorted(status for _, status in list_statuses(order)) == ["delivered", "returned"]
    [due] = list_board()
    assert (due["kind"], minor(due["owed"])) == ("cash_due", unit_count(first) * 125_000)
    open_shift(SINTA)
    paid = act(due, by=SINTA)
    assert (paid.status, paid.json["payment_status"]) == (200, "paid"), paid.text
    assert list_board() == []


def test_goods_that_came_back_and_are_not_cancelled_are_sent_again() -> None:
    order = place_order((TEAPOT, 3))
    come_back(order, load_fulfillment(order).fulfillments[0])

    cancel(order, (TEAPOT, 1))
    deliver_events(order)

    assert list_statuses(order) == [("wh-surabaya", "returned"), ("wh-surabaya", "assigned")]
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 2, "available": 3}
    bring(order, load_fulfillment(order).fulfillments[-1])
    assert (read_order(order)["status"], read_order(order)["payment_status"]) == ("completed", "paid")


def test_a_stranded_part_is_ended_from_the_board_while_another_is_delivered() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))
    first, second = load_fulfillment(order).fulfillments
    bring(order, first)
    post_step(order, "reject", RATNA, {"reason": "not_found"}, fulfillment=second)
    deliver_events(order)
    [item] = list_board()
    assert item["kind"] == "stranded"

    ended = act(item, reason="sold out")

    assert (ended.status, ended.json["status"]) == (200, "completed"), ended.text
    assert [item["kind"] for item in list_board()] == ["cash_due"]


def test_an_order_whose_parts_came_back_or_are_packed_is_cancelled_as_a_whole() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 8))
    come_back(order, load_fulfillment(order).fulfillments[0])

    cancelled = call("POST", f"/api/orders/{order}/cancel", {"reason": "too late"}, token=token(RATNA))
    deliver_events(order)

    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled"), cancelled.text
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert {status for _, status in list_statuses(order)} == {"returned", "cancelled"}


def test_an_offer_asks_for_the_rest_and_its_claim_brings_no_cancelled_unit() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 3))

    cancel(order, (TEAPOT, 1))

    assert latest_offer(order).demand == {TEAPOT: 2}
    assert claim_as(order, BUDI).status == 200
    assert level(TEAPOT, "van-budi") == {"on_hand": 3, "reserved": 0, "allocated": 2, "available": 1}
    assert level(TEAPOT)["allocated"] == 0


def test_units_are_cancelled_before_the_order_is_routed() -> None:
    order = place_order_without_events((TEAPOT, 3))

    cancel(order, (TEAPOT, 2))
    deliver_events(order)

    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 1, "available": 4}
    [work] = load_fulfillment(order).fulfillments
    assert unit_count(work) == 1


def test_an_order_that_owes_no_transfer_after_the_cancellation_is_packed() -> None:
    open_shift(SINTA)
    payments = [{"method": "cash", "amount": {"amount": 125_000, "currency": "IDR"}}, {"method": "transfer"}]
    order = place_order((TEAPOT, 2), by=SINTA, channel="pos", payments=payments)
    assert level(TEAPOT)["reserved"] == 2

    reduced = cancel(order, (TEAPOT, 1))

    assert (reduced.status, reduced.json["payment_status"], reduced.json["reserved_until"]) == (200, "paid", None)
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 1, "available": 4}


def body(*lines: tuple[str, int], reason: str = "too many") -> dict[str, Any]:
    return {"reason": reason, "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines]}


def cancel(order: str, *lines: tuple[str, int], by: str = RATNA, key: str = "") -> Any:
    """Cancel units as a member of staff, or as the customer if `by` is empty."""
    query = {} if by else {"token": auth.order_token(order)}
    path = f"/api/orders/{order}/cancel"
    return call("POST", path, body(*lines), token=token(by) if by else "", key=key or str(next(_keys)), query=query)


def quote(body: dict[str, Any]) -> Any:
    return call("POST", "/api/quotes", body | {"channel": "phone"}, token=token(LIA))


def act(item: dict[str, Any], by: str = RATNA, **fields: Any) -> Any:
    """Send the request that a board item names."""
    action = item["action"]
    return call(
        action["method"],
        "/api" + action["path"],
        fields | action.get("body", {}),
        token=token(by),
        key=str(next(_keys)),
    )


def bring(order: str, work: Fulfillment) -> None:
    send(order, work)
    post_step(order, "deliver", RATNA, fulfillment=work)


def send(order: str, work: Fulfillment) -> None:
    for verb in ("accept", "pick", "ready", "dispatch"):
        response = post_step(order, verb, RATNA, fulfillment=work)
        assert response.status == 200, response.text


def come_back(order: str, work: Fulfillment) -> None:
    send(order, work)
    for back in (False, True):
        post_step(order, "fail", RATNA, {"reason": "refused at the door", "back": back}, fulfillment=work)


def confirm(order: str) -> None:
    payment = load_fulfillment(order).order.payment_ids[0]
    answer = call("POST", f"/api/payments/{payment}/confirm", {}, token=token(MAYA), key="k" * 20)
    assert answer.status == 200, answer.text


def open_shift(by: str) -> None:
    opening = {"till": "till-1", "opening": {"amount": 0, "currency": "IDR"}}
    answer = call("POST", "/api/shifts", opening, token=token(by), key=str(next(_keys)))
    assert answer.status == 201, answer.text


def read_order(order: str) -> Any:
    return call("GET", f"/api/orders/{order}", token=token(RATNA)).json


def list_board() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call("GET", "/api/exceptions", token=token(RATNA)).json["items"]
    return items


def load_event(order: str) -> Any:
    return journal.row_to_entry(load_entry(order, "OrderReduced")).event


def units_of(order: Any) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in order["lines"]}


def unit_count(work: Fulfillment) -> int:
    return sum(allocation.quantity for allocation in work.allocations)


def minor(amount: Any) -> int:
    return int(amount["amount"])


def left_of(customer: str) -> int:
    credit = customers.find_credit(customer)
    assert credit is not None
    return credit.left.minor
