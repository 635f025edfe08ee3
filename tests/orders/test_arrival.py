"""Arriving goods are allocated to the backorders that have waited longest, and then delivered."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.fulfillment import fill_backorders
from chalicelib.fulfillment.fill_backorders import fill_all_arrived
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.stock import shared_steps
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


def test_arriving_goods_fill_the_oldest_backorders_first_and_only_the_rest_is_sold(day: Day) -> None:
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


def test_goods_promised_to_a_backorder_cannot_be_bought_before_the_arrival_event_is_handled(day: Day) -> None:
    expect_stock(day, 2)
    day.order("late", (TEAPOT, 5), **BACKORDER)
    lines = [{"sku": TEAPOT, "quantity": 2}]
    day.call(
        "POST", "/stock/movements", {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": lines}
    )

    answer = call("POST", "/api/orders", an_order((TEAPOT, 1), **BACKORDER), key="an-unused-key-0001")

    assert answer.status == 409
    assert inbound_quantities() == {"on_hand": 2, "allocated": 2}
    day.run_handlers()
    assert_invariants_hold()


def test_two_concurrent_deliveries_are_both_received_and_reduce_expected_stock_once(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by seed 20090: both deliveries had read that two units were still expected."""
    expect_stock(day, 2)
    day.order("late", (TEAPOT, 4), **BACKORDER)
    load_inbound_levels = shared_steps.load_inbound_levels

    def load_and_receive_concurrently(firsts: Any) -> Any:
        levels = load_inbound_levels(firsts)
        monkeypatch.setattr(shared_steps, "load_inbound_levels", load_inbound_levels)
        receive_stock(day, 2)
        return levels

    monkeypatch.setattr(shared_steps, "load_inbound_levels", load_and_receive_concurrently)
    receive_stock(day, 2)

    assert inbound_quantities() == {}
    assert level(TEAPOT) == {"on_hand": 7, "reserved": 0, "allocated": 4, "available": 3}
    assert_invariants_hold()


def test_the_warehouse_is_notified_when_the_goods_arrive_and_then_delivers_them(day: Day) -> None:
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


def test_part_of_an_order_can_be_delivered_while_the_rest_is_expected(day: Day) -> None:
    expect_stock(day, 2)
    day.order("late", (TEAPOT, 5), **BACKORDER)

    day.step("late", "accept", "pick", "ready", "dispatch", "deliver", by=JOKO, work=0)

    assert fulfillment_status(day, "late") == "partly_shipped"
    receive_stock(day, 2)
    assert fulfillment_status(day, "late") == "partly_shipped"
    day.step("late", "accept", "pick", "ready", "dispatch", "deliver", by=JOKO, work=1)
    assert fulfillment_status(day, "late") == "delivered"
    assert_invariants_hold()


def test_a_nearby_salesman_who_has_all_goods_delivers_now_and_the_inbound_units_are_available_again(day: Day) -> None:
    expect_stock(day, 4)
    add_stock(TEAPOT, "van-budi", 5)
    park_vans(BUDI)
    day.order("late", (TEAPOT, 5), **BACKORDER)

    day.claim("late", BUDI)

    assert list_fulfillments(day, "late")[2] == ("van-budi", "accepted", 5)
    assert [status for _, status, _ in list_fulfillments(day, "late")[:2]] == ["cancelled", "cancelled"]
    assert (level(TEAPOT)["available"], inbound_quantities()) == (3, {"expected": 4, "available": 4})
    assert_invariants_hold()


def test_the_units_of_a_cancelled_backorder_go_to_the_next_one(day: Day) -> None:
    expect_stock(day, 2)
    first = day.order("first", (TEAPOT, 5), **BACKORDER)
    day.call("POST", f"/orders/{first['id']}/cancel", {"reason": "too long"})
    day.run_handlers()

    day.order("second", (TEAPOT, 5), **BACKORDER)
    receive_stock(day, 2)

    assert [status for _, status, _ in list_fulfillments(day, "first")] == ["cancelled", "cancelled"]
    assert list_fulfillments(day, "second") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    assert_invariants_hold()


def test_goods_that_arrived_for_an_order_that_expires_return_to_general_stock(day: Day) -> None:
    expect_stock(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **BACKORDER)
    receive_stock(day, 2, RARE)
    assert inbound_quantities(sku=RARE) == {"on_hand": 2, "reserved": 2}

    advance_clock(24 * 60 + 1)
    day.run_scheduled_jobs()

    assert level(RARE) == {"on_hand": 2, "reserved": 0, "allocated": 0, "available": 2}
    assert inbound_quantities(sku=RARE) == {}
    assert_invariants_hold()


def test_an_unpaid_backorder_is_assigned_once_its_payment_is_confirmed(day: Day) -> None:
    expect_stock(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **BACKORDER)
    receive_stock(day, 2, RARE)
    assert list_fulfillments(day, "late") == [("wh-surabaya", "awaiting", 2)]

    day.call("POST", f"/payments/{day.payment('late')}/confirm", by=MAYA)
    day.run_handlers()

    assert list_fulfillments(day, "late") == [("wh-surabaya", "assigned", 2)]
    assert level(RARE) == {"on_hand": 2, "reserved": 0, "allocated": 2, "available": 0}
    assert_invariants_hold()


def test_goods_transferred_from_another_location_fill_backorders(day: Day) -> None:
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


def test_a_backorder_of_two_products_waits_for_both_and_holds_what_arrived_before_younger_orders(day: Day) -> None:
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


def test_an_unpaid_backorder_holds_nothing_back_from_a_younger_paid_one(day: Day) -> None:
    """Found by seed 23431: the unpaid order waited for two products, and one of them had arrived."""
    expect_stock(day, 4, sku=RARE)
    expect_stock(day, 2, sku=CUP)
    day.order("both", (RARE, 1), (CUP, 1), payments=TRANSFER, **BACKORDER)
    advance_clock(1)
    day.order("one", (CUP, 1), **BACKORDER)

    receive_stock(day, 1, CUP)

    assert list_fulfillments(day, "one") == [("wh-surabaya", "assigned", 1)]
    assert inbound_quantities(sku=CUP) == {"expected": 1, "reserved": 1}
    assert_invariants_hold()


def test_a_count_includes_goods_that_arrived_for_an_unpaid_backorder(day: Day) -> None:
    expect_stock(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **BACKORDER)
    receive_stock(day, 3, RARE)

    counted = {"location": "wh-surabaya", "lines": [{"sku": RARE, "counted": 3}], "reason": "month end"}
    answer = day.call("POST", "/stock/counts", counted, by=JOKO)
    levels = day.call("GET", "/stock/locations/wh-surabaya", by=JOKO)["items"]

    assert answer["counted"] == [{"sku": RARE, "expected": 3, "counted": 3, "variance": 0}]
    (rare,) = [item for item in levels if item["sku"] == RARE]
    assert (rare["on_hand"], rare["available"]) == (3, 1)
    assert rare["expected"] == [{"on": FRIDAY, "quantity": 0, "promised": 2}]
    assert_invariants_hold()


def test_saving_levels_cannot_remove_goods_that_arrived_for_an_unpaid_backorder(day: Day) -> None:
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


def test_goods_that_are_not_in_stock_cannot_be_handed_over(day: Day) -> None:
    expect_stock(day, 10, location="store-tunjungan")
    body = an_order(
        (TEAPOT, 1), channel="pos", payments=[{"method": "cash"}], delivery={"method": "handover"}, **BACKORDER
    )
    day.call("POST", "/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, by="cashier-sinta")

    refused = call("POST", "/api/orders", body, token=token("cashier-sinta"), key="an-unused-key-0001")

    assert (refused.status, refused.json["code"]) == (409, "out_of_stock")
    assert inbound_quantities(location="store-tunjungan") == {"expected": 10, "available": 10}


def test_a_backorder_whose_goods_arrived_before_its_event_was_handled_is_filled(day: Day) -> None:
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


def test_a_backorder_is_filled_although_the_list_of_waiting_orders_lags(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by full seed 1439."""
    expect_stock(day, 2)
    day.orders["late"] = day.call("POST", "/orders", an_order((TEAPOT, 5), **BACKORDER), by="")
    lines = [{"sku": TEAPOT, "quantity": 2}]
    moved = {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": lines}
    day.call("POST", "/stock/movements", moved)
    monkeypatch.setattr(fill_backorders, "list_awaiting_fulfillments", lambda location: iter(()))

    day.run_handlers()

    assert list_fulfillments(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
