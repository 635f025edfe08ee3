"""The rules of orders: transitions, demand, promised days, cancellation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit.money import Money
from chalicelib.orders.model import (
    CLOCK_TOLERANCE,
    EARLIEST_PLACED_AT,
    FULFILLMENT_TRANSITIONS,
    TRANSITIONS,
    Delivery,
    Order,
    OrderFulfillmentStatus,
    OrderLine,
    OrderPlacedLine,
    OrderStatus,
    PlacedAtOutOfRange,
    PriceChanged,
    check_placed_at,
    is_cancellable,
    link_expires_at,
    merge_demand,
    with_promised_days,
)
from chalicelib.stock.model import Allocation

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def rupiah(minor: int) -> Money:
    return Money(minor, "IDR")


def a_line(sku: str, quantity: int, tax: int = 0) -> OrderLine:
    return OrderLine(sku, sku.title(), quantity, rupiah(1000), rupiah(1000 * quantity), rupiah(tax))


def an_order(*lines: OrderLine, status: str = "placed", fulfillment_status: str = "unassigned") -> Order:
    return Order(
        *("ord_1", "S-1", "web", NOON, status, "unpaid", fulfillment_status),
        *(lines, Delivery("ship"), rupiah(3000), rupiah(0), "web"),
    )


@pytest.mark.parametrize(
    ("table", "start"), [(TRANSITIONS, OrderStatus.DRAFT), (FULFILLMENT_TRANSITIONS, OrderFulfillmentStatus.UNASSIGNED)]
)
def test_every_state_is_reachable_and_every_target_is_known(table, start):
    reached, frontier = set(), {start}
    while frontier:
        reached |= frontier
        frontier = {target for state in frontier for target in table[state]} - reached

    assert reached == set(table) == set(type(start))


def test_completed_and_cancelled_are_final_and_shipped_goods_cannot_be_cancelled():
    assert {state for state, targets in TRANSITIONS.items() if not targets} == {"completed", "cancelled"}
    assert {state for state, targets in FULFILLMENT_TRANSITIONS.items() if not targets} == {"cancelled"}
    assert {state for state, targets in FULFILLMENT_TRANSITIONS.items() if "cancelled" in targets} == {
        "unassigned",
        "offered",
        "assigned",
        "returned",
    }


def test_two_lines_of_one_sku_are_one_demand():
    assert merge_demand([("TEAPOT", 2), ("CUP", 1), ("TEAPOT", 3)]) == {"TEAPOT": 5, "CUP": 1}


def test_a_line_lists_the_units_that_are_promised_for_a_later_day():
    in_stock, friday, monday = 0, 20261127, 20261130
    lines = (a_line("TEAPOT", 9), a_line("CUP", 2), a_line("TRAY", 4))
    allocations = [
        *(Allocation("TEAPOT", "wh-surabaya", 2, monday), Allocation("TEAPOT", "wh-surabaya", 3, in_stock)),
        *(Allocation("TEAPOT", "wh-surabaya", 1, friday), Allocation("TEAPOT", "wh-sidoarjo", 3, friday)),
        *(Allocation("CUP", "wh-surabaya", 2, in_stock), Allocation("TRAY", "wh-surabaya", 4, monday)),
    ]

    teapots, cups, trays = with_promised_days(lines, allocations)

    assert teapots == replace(lines[0], later=((4, "2026-11-27"), (2, "2026-11-30")))
    assert cups == lines[1]
    assert trays == replace(lines[2], later=((4, "2026-11-30"),))


def test_an_order_has_a_journal_subject_currency_tax_and_demand():
    order = an_order(a_line("TEAPOT", 2, tax=198), a_line("CUP", 1, tax=99))

    assert order.subject == "order#ord_1"
    assert order.currency == "IDR"
    assert order.tax == rupiah(297)
    assert order.demand == {"TEAPOT": 2, "CUP": 1}


def test_an_order_is_on_hold_while_its_reservation_ends_at_a_time():
    assert replace(an_order(), reserved_until=NOON).on_hold is True
    assert an_order().on_hold is False


def test_a_customers_link_lasts_ninety_days():
    assert link_expires_at(NOON) == NOON + timedelta(days=90)


def test_an_order_can_be_cancelled_until_its_goods_leave_and_after_all_of_them_came_back():
    cancellable = [
        (status, goods)
        for status in TRANSITIONS
        for goods in FULFILLMENT_TRANSITIONS
        if is_cancellable(an_order(status=status, fulfillment_status=goods))
    ]

    assert cancellable == [
        (status, goods) for status in ("draft", "placed") for goods in ("unassigned", "offered", "assigned", "returned")
    ]


def test_an_event_line_carries_quantity_total_tax_and_the_cost_where_it_is_known() -> None:
    line = OrderLine("CUP", "Cup", 3, Money(100, "IDR"), Money(270, "IDR"), Money(27, "IDR"), Money(180, "IDR"))

    assert line.to_event_line() == OrderPlacedLine("CUP", 3, 270, 27, 180)
    assert replace(line, cost=None).to_event_line() == OrderPlacedLine("CUP", 3, 270, 27, None)


def test_an_order_was_placed_between_1990_and_a_little_after_now():
    for placed_at in (EARLIEST_PLACED_AT, NOON, NOON + CLOCK_TOLERANCE):
        check_placed_at(placed_at, NOON)

    for placed_at in (EARLIEST_PLACED_AT - timedelta(microseconds=1), NOON + CLOCK_TOLERANCE + timedelta(seconds=1)):
        with pytest.raises(PlacedAtOutOfRange) as refused:
            check_placed_at(placed_at, NOON)
        assert refused.value.errors == [{"field": "placed_at", "says": "must lie between 1990 and now"}]
        assert refused.value.facts["placed_at"] == placed_at.isoformat()


def test_a_changed_price_is_refused_with_both_totals_and_the_present_quote():
    refusal = PriceChanged(rupiah(1000), rupiah(1200), {"total": 1200})

    assert refusal.facts == {"expected": rupiah(1000), "total": rupiah(1200), "quote": {"total": 1200}}
