"""Placing backorders: units that are not in stock are promised for the day they are expected."""

from __future__ import annotations

from chalicelib.kit import clock, journal
from chalicelib.notify.exception_board import build_board
from chalicelib.notify.message_context import MessageContext
from chalicelib.notify.message_templates import render_message
from tests.client import call
from tests.orders.backorders import (
    BACKORDER,
    FRIDAY,
    MONDAY,
    assert_invariants_hold,
    expect_stock,
    fulfillment_status,
    inbound_quantities,
    list_fulfillments,
)
from tests.shop import CUP, RARE, TEAPOT, a_credit_customer, advance_clock, an_order, level, token
from tests.verification.simulator.day import JOKO, LIA, MAYA, TRANSFER, Day


def test_a_refusal_for_lack_of_stock_lists_the_days_of_expected_units(day: Day) -> None:
    expect_stock(day, 10)

    answer = call("POST", "/api/orders", an_order((TEAPOT, 5)), key="an-unused-key-0001")

    assert answer.status == 409
    assert answer.json["short"] == [
        {"sku": TEAPOT, "wanted": 5, "available": 3, "expected": [{"on": FRIDAY, "quantity": 10}]}
    ]
    assert (level(TEAPOT)["available"], inbound_quantities()) == (3, {"expected": 10, "available": 10})


def test_a_backorder_is_promised_the_missing_units_and_the_others_are_assigned_immediately(day: Day) -> None:
    expect_stock(day, 10)

    order = day.order("late", (TEAPOT, 5), **BACKORDER)

    assert order["lines"][0]["later"] == [{"quantity": 2, "on": FRIDAY}]
    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 3, "available": 0}
    assert inbound_quantities() == {"expected": 10, "allocated": 2, "available": 8}
    assert list_fulfillments(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "awaiting", 2)]
    assert fulfillment_status(day, "late") == "assigned"
    assert_invariants_hold()


def test_the_shop_shows_available_units_and_the_days_of_expected_ones(day: Day) -> None:
    expect_stock(day, 10)
    expect_stock(day, 4, MONDAY, location="wh-sidoarjo")
    day.order("late", (TEAPOT, 5), **BACKORDER)

    (teapot,) = day.call("GET", "/stock", query=f"?sku={TEAPOT}", by="")["items"]

    assert teapot["available"] == 0
    assert teapot["expected"] == [{"on": FRIDAY, "quantity": 8}, {"on": MONDAY, "quantity": 4}]


def test_more_units_than_are_expected_are_refused_and_nothing_moves(day: Day) -> None:
    expect_stock(day, 2)

    answer = call("POST", "/api/orders", an_order((TEAPOT, 6), **BACKORDER), key="an-unused-key-0001")

    assert answer.status == 409
    assert answer.json["short"][0]["expected"] == [{"on": FRIDAY, "quantity": 2}]
    assert (level(TEAPOT)["available"], inbound_quantities()) == (3, {"expected": 2, "available": 2})


def test_the_earliest_day_is_promised_first_and_a_past_day_never(day: Day) -> None:
    expect_stock(day, 2)
    expect_stock(day, 5, MONDAY)

    order = day.order("late", (TEAPOT, 7), **BACKORDER)
    advance_clock(6 * 24 * 60)
    refused = call("POST", "/api/orders", an_order((TEAPOT, 1)), key="an-unused-key-0001")

    assert order["lines"][0]["later"] == [{"quantity": 2, "on": FRIDAY}, {"quantity": 2, "on": MONDAY}]
    assert refused.json["short"][0]["expected"] == [{"on": MONDAY, "quantity": 3}]


def test_a_promise_whose_payer_let_it_lapse_is_the_next_buyers_though_no_clock_came(day: Day) -> None:
    expect_stock(day, 2, sku=RARE)
    day.order("slow", (RARE, 2), payments=TRANSFER, **BACKORDER)
    advance_clock(24 * 60 + 1)

    day.order("quick", (RARE, 2), **BACKORDER)

    assert list_fulfillments(day, "quick") == [("wh-surabaya", "awaiting", 2)]
    answer = call("POST", f"/api/payments/{day.payment('slow')}/confirm", token=token(MAYA))
    day.run_handlers()
    assert answer.status == 200
    assert fulfillment_status(day, "slow") == "cancelled"
    assert inbound_quantities(sku=RARE) == {"expected": 2, "allocated": 2}
    assert_invariants_hold()


def test_expected_stock_can_be_reduced_but_not_below_what_is_promised(day: Day) -> None:
    expect_stock(day, 10)
    day.order("late", (TEAPOT, 5), **BACKORDER)
    fewer = {"location": "wh-surabaya", "on": FRIDAY, "lines": [{"sku": TEAPOT, "quantity": 1}], "reason": "PO 88"}

    refused = call("POST", "/api/stock/expected", fewer, token=token(JOKO), key="an-unused-key-0001")
    expect_stock(day, 2)

    assert (refused.status, refused.json["code"]) == (409, "promised_ahead")
    assert "2 units" in refused.json["detail"]
    assert inbound_quantities() == {"expected": 2, "allocated": 2}
    assert_invariants_hold()


def test_goods_are_expected_today_or_later(day: Day) -> None:
    over = {"location": "wh-surabaya", "on": "2026-11-21", "lines": [{"sku": TEAPOT, "quantity": 1}], "reason": "PO 88"}

    refused = call("POST", "/api/stock/expected", over, token=token(JOKO), key="an-unused-key-0001")

    assert (refused.status, refused.json["code"]) == (422, "day_is_over")


def test_expecting_the_same_stock_twice_is_a_no_op(day: Day) -> None:
    expect_stock(day, 10)

    assert expect_stock(day, 10)["movements"] == []
    assert inbound_quantities() == {"expected": 10, "available": 10}


def test_a_draft_on_credit_can_backorder_goods_that_were_never_in_stock(day: Day) -> None:
    a_credit_customer(5_000_000)
    expect_stock(day, 10, sku=CUP)
    body = an_order(
        (CUP, 4), channel="phone", payments=[{"method": "credit"}], customer={"id": "cus_makmur"}, **BACKORDER
    )
    draft = day.call("POST", "/drafts", body, by=LIA)

    order = day.call("POST", f"/drafts/{draft['id']}/submit", by=LIA)
    day.run_handlers()

    assert order["lines"][0]["later"] == [{"quantity": 4, "on": FRIDAY}]
    assert inbound_quantities(sku=CUP) == {"expected": 10, "allocated": 4, "available": 6}
    assert_invariants_hold()


def test_a_quote_lists_the_days_of_expected_units(day: Day) -> None:
    expect_stock(day, 10)

    quoted = day.call("POST", "/quotes", {"channel": "web", "lines": [{"sku": TEAPOT, "quantity": 5}]}, by="")

    assert quoted["short"] == [
        {"sku": TEAPOT, "wanted": 5, "available": 3, "expected": [{"on": FRIDAY, "quantity": 10}]}
    ]


def test_the_customer_is_told_the_promised_days_and_the_warehouse_sees_awaiting_work(day: Day) -> None:
    expect_stock(day, 1)
    expect_stock(day, 5, MONDAY)

    order = day.order("late", (TEAPOT, 5), **BACKORDER)
    (first, second) = day.call("GET", "/fulfillments", by=JOKO, query="?of=awaiting")["items"]
    (assigned,) = day.call("GET", "/fulfillments", by=JOKO)["items"]

    facts = MessageContext(load_last_entry(order["id"], "OrderPlaced")).order_facts()
    _, text = render_message("placed", "id", facts)
    assert "Yang belum ada datang 27/11-30/11." in text
    assert [(work["status"], work["expected_on"]) for work in (first, second)] == [
        ("awaiting", FRIDAY),
        ("awaiting", MONDAY),
    ]
    assert (assigned["status"], "expected_on" in assigned) == ("assigned", False)


def test_a_backorder_whose_promised_day_is_over_is_on_the_owners_board(day: Day) -> None:
    expect_stock(day, 2)
    order = day.order("late", (TEAPOT, 5), **BACKORDER)
    advance_clock(5 * 24 * 60)
    on_time = [item for item in build_board(clock.now())["items"] if item["kind"] == "late_goods"]

    advance_clock(24 * 60)
    (late,) = [item for item in build_board(clock.now())["items"] if item["kind"] == "late_goods"]

    assert on_time == []
    assert (late["order"], late["on"], late["location"]) == (order["id"], FRIDAY, "wh-surabaya")
    assert late["action"] == {"method": "POST", "path": f"/orders/{order['id']}/cancel"}


def load_last_entry(order_id: str, kind: str) -> journal.JournalEntry:
    entries = journal.history(f"order#{order_id}")
    return journal.row_to_entry(next(entry for entry in entries if entry.kind == kind))
