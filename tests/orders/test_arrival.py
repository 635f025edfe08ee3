"""What was promised for a day is kept for whoever waited longest when it comes, and then brought."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.fulfillment import fill_backorders as filling
from chalicelib.fulfillment.fill_backorders import fill_all_arrived
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.stock import move
from chalicelib.stock.model import OutOfStock
from chalicelib.stock.save import TargetLevel, save_levels
from tests.client import call
from tests.fulfillment.build import park_vans
from tests.orders.backorders import (
    BACKORDER,
    EMPTY_LEVEL,
    FRIDAY,
    assert_invariants_hold,
    expect_stock,
    fulfillment_status,
    inbound_quantities,
    inbox_kinds,
    list_fulfillments,
    receive_stock,
)
from tests.shop import CUP, RARE, TEAPOT, add_stock, advance_clock, an_order, level, principal_of, token
from tests.verification.simulator.day import BUDI, JOKO, MAYA, TRANSFER, Day


def test_what_comes_is_kept_for_orders_the_longest_waiting_first_and_only_the_rest_is_sold(day: Day) -> None:
    expect_stock(day, 10)
    day.order("first", (TEAPOT, 5), **BACKORDER)
    advance_clock(1)
    day.order("second", (TEAPOT, 4), **BACKORDER)

    receive_stock(day, 5)

    assert list_fulfillments(day, "first") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    assert list_fulfillments(day, "second") == [("wh-surabaya", "awaiting", 4)]
    assert inbound_quantities() == {"on_hand": 3, "expected": 5, "allocated": 4, "available": 4}
    receive_stock(day, 5)
    assert list_fulfillments(day, "second") == [("wh-surabaya", "assigned", 4)]
    assert level(TEAPOT) == {"on_hand": 13, "reserved": 0, "allocated": 9, "available": 4}
    assert inbound_quantities() == {}
    assert_invariants_hold()


def test_between_arrival_and_its_news_nobody_else_can_buy_what_is_kept(day: Day) -> None:
    expect_stock(day, 2)
    day.order("late", (TEAPOT, 5), **BACKORDER)
    lines = [{"sku": TEAPOT, "quantity": 2}]
    day.call(
        "POST", "/stock/movements", {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": lines}
    )

    answer = call("POST", "/api/orders", an_order((TEAPOT, 1), **BACKORDER), key="a-key-that-nobody-used")

    assert answer.status == 409
    assert inbound_quantities() == {"on_hand": 2, "allocated": 2}
    day.run_handlers()
    assert_invariants_hold()


def test_two_deliveries_at_once_are_both_counted_and_expected_once(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by seed 20090: both had read that two were still on their way."""
    expect_stock(day, 2)
    day.order("late", (TEAPOT, 4), **BACKORDER)
    reads = move.load_inbound_levels

    def another_comes_in_between(firsts: Any) -> Any:
        found = reads(firsts)
        monkeypatch.setattr(move, "load_inbound_levels", reads)
        receive_stock(day, 2)
        return found

    monkeypatch.setattr(move, "load_inbound_levels", another_comes_in_between)
    receive_stock(day, 2)

    assert inbound_quantities() == {}
    assert level(TEAPOT) == {"on_hand": 7, "reserved": 0, "allocated": 4, "available": 3}
    assert_invariants_hold()


def test_the_warehouse_hears_of_it_when_it_can_begin_and_then_brings_it(day: Day) -> None:
    expect_stock(day, 2)
    day.order("late", (TEAPOT, 5), **BACKORDER)
    assert inbox_kinds(day, "late") == ["yours_now"]
    refused = call(
        "POST",
        f"/api/fulfillments/{load_fulfillment_of_order(day.orders['late']['id']).fulfillments[1].id}/accept",
        token=token(JOKO),
    )

    receive_stock(day, 2)
    for work in (0, 1):
        day.step("late", "accept", "pick", "ready", "dispatch", "deliver", by=JOKO, work=work)

    assert (refused.status, refused.json["code"]) == (409, "cannot_move")
    assert inbox_kinds(day, "late") == ["yours_now", "yours_now"]
    assert fulfillment_status(day, "late") == "delivered"
    assert level(TEAPOT) == EMPTY_LEVEL
    assert_invariants_hold()


def test_part_of_it_may_have_left_while_the_rest_is_waited_for(day: Day) -> None:
    expect_stock(day, 2)
    day.order("late", (TEAPOT, 5), **BACKORDER)

    day.step("late", "accept", "pick", "ready", "dispatch", "deliver", by=JOKO, work=0)

    assert fulfillment_status(day, "late") == "partly_shipped"
    receive_stock(day, 2)
    assert fulfillment_status(day, "late") == "partly_shipped"
    day.step("late", "accept", "pick", "ready", "dispatch", "deliver", by=JOKO, work=1)
    assert fulfillment_status(day, "late") == "delivered"
    assert_invariants_hold()


def test_a_salesman_nearby_who_carries_it_all_brings_it_now_and_the_promise_is_free_again(day: Day) -> None:
    expect_stock(day, 4)
    add_stock(TEAPOT, "van-budi", 5)
    park_vans(BUDI)
    day.order("late", (TEAPOT, 5), **BACKORDER)

    day.claim("late", BUDI)

    assert list_fulfillments(day, "late")[2] == ("van-budi", "accepted", 5)
    assert [status for _, status, _ in list_fulfillments(day, "late")[:2]] == ["cancelled", "cancelled"]
    assert (level(TEAPOT)["available"], inbound_quantities()) == (3, {"expected": 4, "available": 4})
    assert_invariants_hold()


def test_a_cancelled_order_gives_its_place_to_the_next(day: Day) -> None:
    expect_stock(day, 2)
    first = day.order("first", (TEAPOT, 5), **BACKORDER)
    day.call("POST", f"/orders/{first['id']}/cancel", {"reason": "too long"})
    day.run_handlers()

    day.order("second", (TEAPOT, 5), **BACKORDER)
    receive_stock(day, 2)

    assert [status for _, status, _ in list_fulfillments(day, "first")] == ["cancelled", "cancelled"]
    assert list_fulfillments(day, "second") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    assert_invariants_hold()


def test_what_came_for_an_order_that_ends_can_be_sold_by_anyone(day: Day) -> None:
    expect_stock(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **BACKORDER)
    receive_stock(day, 2, RARE)
    assert inbound_quantities(sku=RARE) == {"on_hand": 2, "reserved": 2}

    advance_clock(24 * 60 + 1)
    day.run_scheduled_jobs()

    assert level(RARE) == {"on_hand": 2, "reserved": 0, "allocated": 0, "available": 2}
    assert inbound_quantities(sku=RARE) == {}
    assert_invariants_hold()


def test_who_has_not_paid_waits_on_and_gets_his_goods_with_the_money(day: Day) -> None:
    expect_stock(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **BACKORDER)
    receive_stock(day, 2, RARE)
    assert list_fulfillments(day, "late") == [("wh-surabaya", "awaiting", 2)]

    day.call("POST", f"/payments/{day.payment('late')}/confirm", by=MAYA)
    day.run_handlers()

    assert list_fulfillments(day, "late") == [("wh-surabaya", "assigned", 2)]
    assert level(RARE) == {"on_hand": 2, "reserved": 0, "allocated": 2, "available": 0}
    assert_invariants_hold()


def test_goods_from_another_house_serve_those_who_wait_as_well(day: Day) -> None:
    expect_stock(day, 2)
    day.order("late", (TEAPOT, 5), **BACKORDER)
    add_stock(TEAPOT, "store-tunjungan", 4)
    load = {"source": "store-tunjungan", "destination": "wh-surabaya", "lines": [{"sku": TEAPOT, "quantity": 4}]}
    sent = day.call("POST", "/stock/transfers", load)

    day.call("POST", f"/stock/transfers/{sent['id']}/receive", {}, by=JOKO)
    day.run_handlers()

    assert list_fulfillments(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    assert level(TEAPOT) == {"on_hand": 7, "reserved": 0, "allocated": 5, "available": 2}
    assert inbound_quantities() == {"expected": 2, "available": 2}
    assert_invariants_hold()


def test_an_order_for_two_goods_waits_for_both_and_keeps_what_came_from_those_behind_it(day: Day) -> None:
    expect_stock(day, 1, sku=RARE)
    expect_stock(day, 2, sku=CUP)
    day.order("both", (RARE, 1), (CUP, 1), **BACKORDER)
    advance_clock(1)
    day.order("one", (CUP, 1), **BACKORDER)

    receive_stock(day, 1, CUP)
    assert (list_fulfillments(day, "both"), list_fulfillments(day, "one")) == (
        [("wh-surabaya", "awaiting", 2)],
        [("wh-surabaya", "awaiting", 1)],
    )
    receive_stock(day, 1, RARE)

    assert list_fulfillments(day, "both") == [("wh-surabaya", "assigned", 2)]
    receive_stock(day, 1, CUP)
    assert list_fulfillments(day, "one") == [("wh-surabaya", "assigned", 1)]
    assert_invariants_hold()


def test_an_order_that_is_not_paid_keeps_nothing_from_a_paid_one_behind_it(day: Day) -> None:
    """Found by seed 23431: it waited for two goods, and one of them had come."""
    expect_stock(day, 4, sku=RARE)
    expect_stock(day, 2, sku=CUP)
    day.order("both", (RARE, 1), (CUP, 1), payments=TRANSFER, **BACKORDER)
    advance_clock(1)
    day.order("one", (CUP, 1), **BACKORDER)

    receive_stock(day, 1, CUP)

    assert list_fulfillments(day, "one") == [("wh-surabaya", "assigned", 1)]
    assert inbound_quantities(sku=CUP) == {"expected": 1, "reserved": 1}
    assert_invariants_hold()


def test_counting_sees_what_came_and_waits_for_its_order(day: Day) -> None:
    expect_stock(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **BACKORDER)
    receive_stock(day, 3, RARE)

    counted = {"location": "wh-surabaya", "lines": [{"sku": RARE, "counted": 3}], "reason": "month end"}
    answer = day.call("POST", "/stock/counts", counted, by=JOKO)
    levels = day.call("GET", "/stock/locations/wh-surabaya", by=JOKO)["items"]

    assert answer["counted"] == [{"sku": RARE, "expected": 3, "counted": 3, "variance": 0}]
    (found,) = [each for each in levels if each["sku"] == RARE]
    assert (found["on_hand"], found["available"]) == (3, 1)
    assert found["expected"] == [{"on": FRIDAY, "quantity": 0, "promised": 2}]
    assert_invariants_hold()


def test_levels_kept_from_elsewhere_cannot_take_what_waits_for_its_order(day: Day) -> None:
    expect_stock(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **BACKORDER)
    receive_stock(day, 3, RARE)

    with pytest.raises(OutOfStock):
        save_levels(principal_of("owner-ratna"), "wh-surabaya", [TargetLevel(RARE, 1)])
    assert (level(RARE)["on_hand"], inbound_quantities(sku=RARE)) == (1, {"on_hand": 2, "reserved": 2})

    assert save_levels(principal_of("owner-ratna"), "wh-surabaya", [TargetLevel(RARE, 3)]) == 0
    assert save_levels(principal_of("owner-ratna"), "wh-surabaya", [TargetLevel(RARE, 2)]) == 1
    assert (level(RARE)["on_hand"], inbound_quantities(sku=RARE)) == (0, {"on_hand": 2, "reserved": 2})
    assert_invariants_hold()


def test_nothing_that_is_not_there_is_handed_over(day: Day) -> None:
    expect_stock(day, 10, location="store-tunjungan")
    body = an_order(
        (TEAPOT, 1), channel="pos", payments=[{"method": "cash"}], delivery={"method": "handover"}, **BACKORDER
    )
    day.call("POST", "/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, by="cashier-sinta")

    refused = call("POST", "/api/orders", body, token=token("cashier-sinta"), key="a-key-that-nobody-used")

    assert (refused.status, refused.json["code"]) == (409, "out_of_stock")
    assert inbound_quantities(location="store-tunjungan") == {"expected": 10, "available": 10}


def test_the_clock_fills_what_the_news_came_too_early_for(day: Day) -> None:
    expect_stock(day, 2)
    order = an_order((TEAPOT, 5), **BACKORDER)
    day.orders["late"] = day.call("POST", "/orders", order, by="")
    lines = [{"sku": TEAPOT, "quantity": 2}]
    moved = {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": lines}
    day.call("POST", "/stock/movements", moved)
    assert fill_all_arrived() == 0

    day.run_handlers()

    assert list_fulfillments(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    assert (fill_all_arrived(), fill_all_arrived()) == (0, 0)
    assert_invariants_hold()


def test_an_order_heard_of_after_its_goods_came_needs_no_list(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by full seed 1439: the list of those who wait lags behind."""
    expect_stock(day, 2)
    day.orders["late"] = day.call("POST", "/orders", an_order((TEAPOT, 5), **BACKORDER), by="")
    lines = [{"sku": TEAPOT, "quantity": 2}]
    moved = {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": lines}
    day.call("POST", "/stock/movements", moved)
    monkeypatch.setattr(filling, "list_awaiting_fulfillments", lambda location: iter(()))

    day.run_handlers()

    assert list_fulfillments(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
