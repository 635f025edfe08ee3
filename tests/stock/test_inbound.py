"""Goods on their way: pure, so every arrival is tried against every promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.stock.inbound import (
    InboundStock,
    count_unclaimed,
    move_to_first_shard,
    plan_from_inbound,
    plan_with_inbound,
    receive_for_waiting_orders,
    reduce_expected,
)
from chalicelib.stock.model import (
    FIRST_INBOUND_BUCKET,
    MAX_SHARDS,
    Hold,
    Level,
    Movement,
    OutOfStock,
    apply_movements,
    bucket_to_day,
    day_to_bucket,
    is_inbound_bucket,
    transfer_in_movement,
)
from chalicelib.stock.plan import AvailableStock, Plan
from tests.stock.build import STORE, WAREHOUSE, a_hold, a_level, an_allocation

TODAY = date(2026, 11, 22)
FRIDAY, MONDAY = 20261127, 20261130


def an_inbound_level(
    units: int, day: int = FRIDAY, location: str = WAREHOUSE, sku: str = "TEAPOT", **counted: int
) -> Level:
    return a_level(sku, location, shard=day, expected=units, **counted)


def an_inbound_stock(
    *days: Level, preference: Sequence[str] = (WAREHOUSE,), lapsed: Sequence[Hold] = ()
) -> InboundStock:
    return InboundStock(days, preference, TODAY, lapsed)


def plan_from(
    demand: Mapping[str, int], levels: Sequence[Level], days: InboundStock, *, backorder: bool = True, **stock: Any
) -> Plan:
    there = AvailableStock(levels, days.preference, days.lapsed_holds, **stock)
    return plan_with_inbound(demand, there, days, backorder=backorder)


def a_shortage(wanted: int, available: int = 0, sku: str = "TEAPOT") -> dict[str, object]:
    return {"sku": sku, "wanted": wanted, "available": available}


def test_a_day_is_a_shelf_and_a_shelf_tells_its_day():
    assert day_to_bucket(date(2026, 11, 7)) == 20261107
    assert bucket_to_day(20261107) == "2026-11-07"
    assert is_inbound_bucket(FIRST_INBOUND_BUCKET) and not is_inbound_bucket(FIRST_INBOUND_BUCKET - 1)
    assert not is_inbound_bucket(MAX_SHARDS)


def test_units_on_their_way_are_promised_like_those_that_are_there():
    level = an_inbound_level(8, on_hand=2, reserved=1, allocated=3, display=1)

    assert (level.promised, level.available) == (4, 5)
    assert (
        Movement("expected", *level.level_id, on_hand=1, reserved=2, allocated=3, display=4, expected=20).available
        == 12
    )


def test_what_is_there_goes_first_and_only_the_rest_is_promised_for_later():
    plan = plan_from({"TEAPOT": 5}, [a_level(on_hand=3)], an_inbound_stock(an_inbound_level(9)))

    assert plan.allocations == (an_allocation(quantity=3), an_allocation(quantity=2, shard=FRIDAY))


def test_nothing_is_promised_for_later_while_enough_is_there():
    plan = plan_from({"TEAPOT": 3}, [a_level(on_hand=3)], an_inbound_stock(an_inbound_level(9)))

    assert plan.allocations == (an_allocation(quantity=3),)


def test_a_line_of_which_nothing_is_there_waits_whole_and_the_others_go():
    levels = [a_level("CUP", on_hand=4)]

    plan = plan_from({"TEAPOT": 2, "CUP": 4}, levels, an_inbound_stock(an_inbound_level(2)))

    assert plan.allocations == (an_allocation("CUP", 4), an_allocation(quantity=2, shard=FRIDAY))


def test_the_warehouses_safety_is_kept_though_more_is_on_its_way():
    plan = plan_from(
        {"TEAPOT": 5}, [a_level(on_hand=5, safety=1)], an_inbound_stock(an_inbound_level(9)), safety_units=1
    )

    assert plan.allocations == (an_allocation(quantity=3), an_allocation(quantity=2, shard=FRIDAY))
    assert plan.safety == {("TEAPOT", WAREHOUSE): 2}


def test_who_did_not_agree_is_told_what_could_be_had_when():
    with pytest.raises(OutOfStock) as refused:
        plan_from(
            {"TEAPOT": 5},
            [a_level(on_hand=3)],
            an_inbound_stock(an_inbound_level(1), an_inbound_level(4, MONDAY)),
            backorder=False,
        )

    days = [{"on": "2026-11-27", "quantity": 1}, {"on": "2026-11-30", "quantity": 4}]
    assert refused.value.facts["short"] == [a_shortage(5, 3) | {"expected": days}]


def test_units_of_a_lapsed_hold_are_told_as_what_could_be_had_then():
    taken = an_inbound_stock(an_inbound_level(1, reserved=1), lapsed=[a_hold(1, shard=FRIDAY)])
    told = {"expected": [{"on": "2026-11-27", "quantity": 1}]}

    with pytest.raises(OutOfStock) as disagreed:
        plan_from({"TEAPOT": 1}, [], taken, backorder=False)
    with pytest.raises(OutOfStock) as wanted_more:
        plan_from_inbound([a_shortage(2)], taken)

    assert disagreed.value.facts["short"] == [a_shortage(1) | told]
    assert wanted_more.value.facts["short"] == [a_shortage(2) | told]


def test_more_than_is_expected_is_refused_with_all_that_is():
    with pytest.raises(OutOfStock) as refused:
        plan_from_inbound([a_shortage(3), a_shortage(1, sku="CUP")], an_inbound_stock(an_inbound_level(2)))

    told = {"expected": [{"on": "2026-11-27", "quantity": 2}]}
    assert refused.value.facts["short"] == [a_shortage(3) | told, a_shortage(1, sku="CUP")]


def test_the_earliest_day_is_promised_first_and_of_one_day_the_preferred_location():
    days = an_inbound_stock(
        an_inbound_level(2, MONDAY),
        an_inbound_level(1, location=STORE),
        an_inbound_level(1),
        preference=[STORE, WAREHOUSE],
    )

    plan = plan_from_inbound([a_shortage(4)], days)

    assert plan.allocations == (
        an_allocation(quantity=1, location=STORE, shard=FRIDAY),
        an_allocation(quantity=1, shard=FRIDAY),
        an_allocation(quantity=2, shard=MONDAY),
    )


def test_a_day_that_is_promised_away_gives_nothing():
    days = an_inbound_stock(an_inbound_level(2, allocated=2), an_inbound_level(1, MONDAY))

    assert plan_from_inbound([a_shortage(1)], days).allocations == (an_allocation(quantity=1, shard=MONDAY),)


def test_exactly_what_is_expected_can_be_promised():
    assert plan_from_inbound([a_shortage(2)], an_inbound_stock(an_inbound_level(2))).allocations == (
        an_allocation(quantity=2, shard=FRIDAY),
    )


def test_a_day_promises_until_it_is_over():
    days = an_inbound_stock(an_inbound_level(2, 20261121), an_inbound_level(3, 20261122))

    assert [shelf.level_id[2] for shelf in days.list_buckets("TEAPOT")] == [20261122]


def test_where_an_order_cannot_be_served_from_nothing_is_promised():
    assert an_inbound_stock(an_inbound_level(2, location=STORE)).list_buckets("TEAPOT") == []
    assert an_inbound_stock(an_inbound_level(2)).list_buckets("CUP") == []


def test_a_lapsed_hold_on_a_day_is_the_next_buyers():
    lapsed = [a_hold(2, shard=FRIDAY), a_hold(9, "ord_2", shard=MONDAY)]

    plan = plan_from_inbound([a_shortage(3)], an_inbound_stock(an_inbound_level(3, reserved=2), lapsed=lapsed))

    assert plan.allocations == (an_allocation(quantity=3, shard=FRIDAY),)
    assert plan.taken_holds == (lapsed[0],)


def test_lapsed_holds_of_several_days_are_taken_together():
    lapsed = [a_hold(1, shard=FRIDAY), a_hold(2, "ord_2", shard=MONDAY)]
    days = an_inbound_stock(an_inbound_level(1, reserved=1), an_inbound_level(2, MONDAY, reserved=2), lapsed=lapsed)

    assert plan_from_inbound([a_shortage(3)], days).taken_holds == tuple(lapsed)


def test_takes_of_both_kinds_ride_in_one_plan():
    here, there = a_hold(1), a_hold(1, "ord_2", shard=FRIDAY)

    days = an_inbound_stock(an_inbound_level(1, reserved=1), lapsed=[here, there])

    plan = plan_from({"TEAPOT": 2}, [a_level(on_hand=1, reserved=1)], days)

    assert plan.taken_holds == (here, there)


def test_days_are_told_with_what_all_locations_expect_then_and_empty_ones_not_at_all():
    expecting = [an_inbound_level(2), an_inbound_level(3, location=STORE), an_inbound_level(2, MONDAY, allocated=2)]
    days = an_inbound_stock(*expecting, preference=[WAREHOUSE, STORE])

    assert days.list_promisable_days("TEAPOT") == [{"on": "2026-11-27", "quantity": 5}]
    assert days.add_promisable_days([a_shortage(1, sku="CUP")]).facts["short"] == [a_shortage(1, sku="CUP")]


def test_what_comes_is_for_those_who_wait_the_earliest_day_first():
    coming = [an_inbound_level(5, MONDAY, allocated=2), an_inbound_level(5, reserved=1, allocated=2, on_hand=1)]

    moves = receive_for_waiting_orders(an_allocation(quantity=6), coming)

    assert [(move.kind, move.level_id, move.on_hand) for move in moves] == [
        ("received", ("TEAPOT", WAREHOUSE, FRIDAY), 2),
        ("received", ("TEAPOT", WAREHOUSE, MONDAY), 2),
        ("received", ("TEAPOT", WAREHOUSE, 0), 2),
    ]


def test_what_comes_is_for_those_who_wait_as_far_as_it_goes():
    moves = receive_for_waiting_orders(
        an_allocation(quantity=2), [an_inbound_level(5, allocated=3)], transfer_in_movement
    )

    assert [(move.kind, move.shelf, move.on_hand) for move in moves] == [("transferred", FRIDAY, 2)]


def test_goods_for_another_sku_or_house_are_not_kept_here():
    coming = [an_inbound_level(5, allocated=3, location=STORE), an_inbound_level(5, sku="CUP", allocated=3)]

    assert [(move.shelf, move.on_hand) for move in receive_for_waiting_orders(an_allocation(quantity=2), coming)] == [
        (0, 2)
    ]
    assert reduce_expected(an_allocation(quantity=2), coming) == []


def test_what_came_is_no_longer_expected_the_earliest_day_first():
    moves = reduce_expected(an_allocation(quantity=4), [an_inbound_level(5, MONDAY), an_inbound_level(3)])

    assert [(move.kind, move.level_id, move.expected) for move in moves] == [
        ("expected", ("TEAPOT", WAREHOUSE, FRIDAY), -3),
        ("expected", ("TEAPOT", WAREHOUSE, MONDAY), -1),
    ]


def test_units_go_from_their_day_on_to_the_first_shelf():
    moves = move_to_first_shard([an_allocation(quantity=3, shard=FRIDAY)])

    assert [(move.kind, move.level_id, move.on_hand) for move in moves] == [
        ("transferred", ("TEAPOT", WAREHOUSE, FRIDAY), -3),
        ("transferred", ("TEAPOT", WAREHOUSE, 0), 3),
    ]


def test_nobodys_are_units_that_came_and_are_not_promised():
    assert count_unclaimed(an_inbound_level(4, on_hand=5, reserved=1, allocated=2)) == 2
    assert count_unclaimed(an_inbound_level(4, on_hand=1, allocated=2)) == 0


units = st.integers(0, 6)


@given(st.lists(st.tuples(units, units, units), min_size=1, max_size=3), st.integers(1, 20))
def test_whatever_comes_no_promise_is_broken_and_nothing_is_lost(days: list[tuple[int, int, int]], came: int):
    """(expected, on hand, promised) of each day; a promise is never more than both."""
    coming = [
        an_inbound_level(more, 20261201 + number, on_hand=here, allocated=min(promised, more + here))
        for number, (more, here, promised) in enumerate(days)
    ]
    piece = an_allocation(quantity=came)

    moves = receive_for_waiting_orders(piece, coming) + reduce_expected(piece, coming)
    after = apply_movements([*coming, a_level()], moves)

    assert all(level.available >= 0 and level.expected >= 0 for level in after)
    assert sum(move.on_hand for move in moves) == came
    waiting = sum(max(0, level.promised - level.on_hand) for level in coming)
    assert sum(level.on_hand for level in after[:-1]) - sum(level.on_hand for level in coming) == min(came, waiting)
