"""Goods on their way: pure, so every arrival is tried against every promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.stock.coming import (
    Coming,
    brought_in,
    kept_for_orders,
    no_longer_expected,
    nobodys,
    plan_later,
    plan_with_expected,
)
from chalicelib.stock.model import (
    FIRST_DAY,
    MOST_SHELVES,
    Hold,
    Level,
    Movement,
    OutOfStock,
    applied,
    arrived,
    day_of,
    is_expected,
    shelf_of,
)
from chalicelib.stock.plan import AvailableStock, Plan
from tests.stock.build import STORE, WAREHOUSE, a_hold, a_level, a_piece

TODAY = date(2026, 11, 22)
FRIDAY, MONDAY = 20261127, 20261130


def expected(units: int, day: int = FRIDAY, location: str = WAREHOUSE, sku: str = "TEAPOT", **counted: int) -> Level:
    return a_level(sku, location, shelf=day, expected=units, **counted)


def coming(*days: Level, preference: Sequence[str] = (WAREHOUSE,), lapsed: Sequence[Hold] = ()) -> Coming:
    return Coming(days, preference, TODAY, lapsed)


def planned(
    demand: Mapping[str, int], levels: Sequence[Level], days: Coming, *, backorder: bool = True, **stock: Any
) -> Plan:
    there = AvailableStock(levels, days.preference, days.lapsed, **stock)
    return plan_with_expected(demand, there, days, backorder=backorder)


def short(wanted: int, available: int = 0, sku: str = "TEAPOT") -> dict[str, object]:
    return {"sku": sku, "wanted": wanted, "available": available}


def test_a_day_is_a_shelf_and_a_shelf_tells_its_day():
    assert shelf_of(date(2026, 11, 7)) == 20261107
    assert day_of(20261107) == "2026-11-07"
    assert is_expected(FIRST_DAY) and not is_expected(FIRST_DAY - 1)
    assert not is_expected(MOST_SHELVES)


def test_units_on_their_way_are_promised_like_those_that_are_there():
    level = expected(8, on_hand=2, reserved=1, allocated=3, display=1)

    assert (level.promised, level.available) == (4, 5)
    assert (
        Movement("expected", *level.place, on_hand=1, reserved=2, allocated=3, display=4, expected=20).available == 12
    )


def test_what_is_there_goes_first_and_only_the_rest_is_promised_for_later():
    plan = planned({"TEAPOT": 5}, [a_level(on_hand=3)], coming(expected(9)))

    assert plan.pieces == (a_piece(quantity=3), a_piece(quantity=2, shelf=FRIDAY))


def test_nothing_is_promised_for_later_while_enough_is_there():
    plan = planned({"TEAPOT": 3}, [a_level(on_hand=3)], coming(expected(9)))

    assert plan.pieces == (a_piece(quantity=3),)


def test_a_line_of_which_nothing_is_there_waits_whole_and_the_others_go():
    levels = [a_level("CUP", on_hand=4)]

    plan = planned({"TEAPOT": 2, "CUP": 4}, levels, coming(expected(2)))

    assert plan.pieces == (a_piece("CUP", 4), a_piece(quantity=2, shelf=FRIDAY))


def test_the_warehouses_safety_is_kept_though_more_is_on_its_way():
    plan = planned({"TEAPOT": 5}, [a_level(on_hand=5, safety=1)], coming(expected(9)), safety_units=1)

    assert plan.pieces == (a_piece(quantity=3), a_piece(quantity=2, shelf=FRIDAY))
    assert plan.safety == {("TEAPOT", WAREHOUSE): 2}


def test_who_did_not_agree_is_told_what_could_be_had_when():
    with pytest.raises(OutOfStock) as refused:
        planned({"TEAPOT": 5}, [a_level(on_hand=3)], coming(expected(1), expected(4, MONDAY)), backorder=False)

    days = [{"on": "2026-11-27", "quantity": 1}, {"on": "2026-11-30", "quantity": 4}]
    assert refused.value.facts["short"] == [short(5, 3) | {"expected": days}]


def test_units_of_a_lapsed_hold_are_told_as_what_could_be_had_then():
    taken = coming(expected(1, reserved=1), lapsed=[a_hold(1, shelf=FRIDAY)])
    told = {"expected": [{"on": "2026-11-27", "quantity": 1}]}

    with pytest.raises(OutOfStock) as disagreed:
        planned({"TEAPOT": 1}, [], taken, backorder=False)
    with pytest.raises(OutOfStock) as wanted_more:
        plan_later([short(2)], taken)

    assert disagreed.value.facts["short"] == [short(1) | told]
    assert wanted_more.value.facts["short"] == [short(2) | told]


def test_more_than_is_expected_is_refused_with_all_that_is():
    with pytest.raises(OutOfStock) as refused:
        plan_later([short(3), short(1, sku="CUP")], coming(expected(2)))

    told = {"expected": [{"on": "2026-11-27", "quantity": 2}]}
    assert refused.value.facts["short"] == [short(3) | told, short(1, sku="CUP")]


def test_the_earliest_day_is_promised_first_and_of_one_day_the_preferred_location():
    days = coming(expected(2, MONDAY), expected(1, location=STORE), expected(1), preference=[STORE, WAREHOUSE])

    plan = plan_later([short(4)], days)

    assert plan.pieces == (
        a_piece(quantity=1, location=STORE, shelf=FRIDAY),
        a_piece(quantity=1, shelf=FRIDAY),
        a_piece(quantity=2, shelf=MONDAY),
    )


def test_a_day_that_is_promised_away_gives_nothing():
    days = coming(expected(2, allocated=2), expected(1, MONDAY))

    assert plan_later([short(1)], days).pieces == (a_piece(quantity=1, shelf=MONDAY),)


def test_exactly_what_is_expected_can_be_promised():
    assert plan_later([short(2)], coming(expected(2))).pieces == (a_piece(quantity=2, shelf=FRIDAY),)


def test_a_day_promises_until_it_is_over():
    days = coming(expected(2, 20261121), expected(3, 20261122))

    assert [shelf.place[2] for shelf in days.shelves("TEAPOT")] == [20261122]


def test_where_an_order_cannot_be_served_from_nothing_is_promised():
    assert coming(expected(2, location=STORE)).shelves("TEAPOT") == []
    assert coming(expected(2)).shelves("CUP") == []


def test_a_lapsed_hold_on_a_day_is_the_next_buyers():
    lapsed = [a_hold(2, shelf=FRIDAY), a_hold(9, "ord_2", shelf=MONDAY)]

    plan = plan_later([short(3)], coming(expected(3, reserved=2), lapsed=lapsed))

    assert plan.pieces == (a_piece(quantity=3, shelf=FRIDAY),)
    assert plan.takes == (lapsed[0],)


def test_lapsed_holds_of_several_days_are_taken_together():
    lapsed = [a_hold(1, shelf=FRIDAY), a_hold(2, "ord_2", shelf=MONDAY)]
    days = coming(expected(1, reserved=1), expected(2, MONDAY, reserved=2), lapsed=lapsed)

    assert plan_later([short(3)], days).takes == tuple(lapsed)


def test_takes_of_both_kinds_ride_in_one_plan():
    here, there = a_hold(1), a_hold(1, "ord_2", shelf=FRIDAY)

    days = coming(expected(1, reserved=1), lapsed=[here, there])

    plan = planned({"TEAPOT": 2}, [a_level(on_hand=1, reserved=1)], days)

    assert plan.takes == (here, there)


def test_days_are_told_with_what_all_locations_expect_then_and_empty_ones_not_at_all():
    expecting = [expected(2), expected(3, location=STORE), expected(2, MONDAY, allocated=2)]
    days = coming(*expecting, preference=[WAREHOUSE, STORE])

    assert days.promisable("TEAPOT") == [{"on": "2026-11-27", "quantity": 5}]
    assert days.beside([short(1, sku="CUP")]).facts["short"] == [short(1, sku="CUP")]


def test_what_comes_is_for_those_who_wait_the_earliest_day_first():
    coming = [expected(5, MONDAY, allocated=2), expected(5, reserved=1, allocated=2, on_hand=1)]

    moves = kept_for_orders(a_piece(quantity=6), coming)

    assert [(move.kind, move.place, move.on_hand) for move in moves] == [
        ("received", ("TEAPOT", WAREHOUSE, FRIDAY), 2),
        ("received", ("TEAPOT", WAREHOUSE, MONDAY), 2),
        ("received", ("TEAPOT", WAREHOUSE, 0), 2),
    ]


def test_what_comes_is_for_those_who_wait_as_far_as_it_goes():
    moves = kept_for_orders(a_piece(quantity=2), [expected(5, allocated=3)], arrived)

    assert [(move.kind, move.shelf, move.on_hand) for move in moves] == [("transferred", FRIDAY, 2)]


def test_goods_for_another_sku_or_house_are_not_kept_here():
    coming = [expected(5, allocated=3, location=STORE), expected(5, sku="CUP", allocated=3)]

    assert [(move.shelf, move.on_hand) for move in kept_for_orders(a_piece(quantity=2), coming)] == [(0, 2)]
    assert no_longer_expected(a_piece(quantity=2), coming) == []


def test_what_came_is_no_longer_expected_the_earliest_day_first():
    moves = no_longer_expected(a_piece(quantity=4), [expected(5, MONDAY), expected(3)])

    assert [(move.kind, move.place, move.expected) for move in moves] == [
        ("expected", ("TEAPOT", WAREHOUSE, FRIDAY), -3),
        ("expected", ("TEAPOT", WAREHOUSE, MONDAY), -1),
    ]


def test_units_go_from_their_day_on_to_the_first_shelf():
    moves = brought_in([a_piece(quantity=3, shelf=FRIDAY)])

    assert [(move.kind, move.place, move.on_hand) for move in moves] == [
        ("transferred", ("TEAPOT", WAREHOUSE, FRIDAY), -3),
        ("transferred", ("TEAPOT", WAREHOUSE, 0), 3),
    ]


def test_nobodys_are_units_that_came_and_are_not_promised():
    assert nobodys(expected(4, on_hand=5, reserved=1, allocated=2)) == 2
    assert nobodys(expected(4, on_hand=1, allocated=2)) == 0


units = st.integers(0, 6)


@given(st.lists(st.tuples(units, units, units), min_size=1, max_size=3), st.integers(1, 20))
def test_whatever_comes_no_promise_is_broken_and_nothing_is_lost(days: list[tuple[int, int, int]], came: int):
    """(expected, on hand, promised) of each day; a promise is never more than both."""
    coming = [
        expected(more, 20261201 + number, on_hand=here, allocated=min(promised, more + here))
        for number, (more, here, promised) in enumerate(days)
    ]
    piece = a_piece(quantity=came)

    moves = kept_for_orders(piece, coming) + no_longer_expected(piece, coming)
    after = applied([*coming, a_level()], moves)

    assert all(level.available >= 0 and level.expected >= 0 for level in after)
    assert sum(move.on_hand for move in moves) == came
    waiting = sum(max(0, level.promised - level.on_hand) for level in coming)
    assert sum(level.on_hand for level in after[:-1]) - sum(level.on_hand for level in coming) == min(came, waiting)
