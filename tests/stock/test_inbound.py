"""Expected goods: promising them, and what happens when they arrive."""

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
    units: int, day: int = FRIDAY, location: str = WAREHOUSE, sku: str = "TEAPOT", **quantities: int
) -> Level:
    return a_level(sku, location, shard=day, expected=units, **quantities)


def an_inbound_stock(
    *days: Level, preference: Sequence[str] = (WAREHOUSE,), lapsed: Sequence[Hold] = ()
) -> InboundStock:
    return InboundStock(days, preference, dict.fromkeys(preference, TODAY), lapsed)


def plan_from(
    demand: Mapping[str, int], levels: Sequence[Level], days: InboundStock, *, backorder: bool = True, **stock: Any
) -> Plan:
    available = AvailableStock(levels, days.preference, days.lapsed_holds, **stock)
    return plan_with_inbound(demand, available, days, backorder=backorder)


def a_shortage(wanted: int, available: int = 0, sku: str = "TEAPOT") -> dict[str, object]:
    return {"sku": sku, "wanted": wanted, "available": available}


def test_a_day_and_its_inbound_bucket_convert_into_each_other():
    assert day_to_bucket(date(2026, 11, 7)) == 20261107
    assert bucket_to_day(20261107) == "2026-11-07"
    assert is_inbound_bucket(FIRST_INBOUND_BUCKET) and not is_inbound_bucket(FIRST_INBOUND_BUCKET - 1)
    assert not is_inbound_bucket(MAX_SHARDS)


def test_expected_units_count_as_available_like_units_on_hand():
    level = an_inbound_level(8, on_hand=2, reserved=1, allocated=3, display=1)

    assert (level.promised, level.available) == (4, 5)
    assert (
        Movement("expected", *level.level_id, on_hand=1, reserved=2, allocated=3, display=4, expected=20).available
        == 12
    )


def test_units_on_hand_are_promised_first_and_only_the_rest_for_a_later_day():
    plan = plan_from({"TEAPOT": 5}, [a_level(on_hand=3)], an_inbound_stock(an_inbound_level(9)))

    assert plan.allocations == (an_allocation(quantity=3), an_allocation(quantity=2, shard=FRIDAY))


def test_nothing_is_promised_for_a_later_day_while_enough_is_on_hand():
    plan = plan_from({"TEAPOT": 3}, [a_level(on_hand=3)], an_inbound_stock(an_inbound_level(9)))

    assert plan.allocations == (an_allocation(quantity=3),)


def test_a_line_without_stock_is_promised_for_a_later_day_and_other_lines_at_once():
    levels = [a_level("CUP", on_hand=4)]

    plan = plan_from({"TEAPOT": 2, "CUP": 4}, levels, an_inbound_stock(an_inbound_level(2)))

    assert plan.allocations == (an_allocation("CUP", 4), an_allocation(quantity=2, shard=FRIDAY))


def test_safety_units_are_kept_although_more_units_are_expected():
    plan = plan_from(
        {"TEAPOT": 5}, [a_level(on_hand=5, safety=1)], an_inbound_stock(an_inbound_level(9)), safety_units=1
    )

    assert plan.allocations == (an_allocation(quantity=3), an_allocation(quantity=2, shard=FRIDAY))
    assert plan.safety == {("TEAPOT", WAREHOUSE): 2}


def test_without_backorder_the_refusal_lists_what_could_be_promised_by_day():
    with pytest.raises(OutOfStock) as refusal:
        plan_from(
            {"TEAPOT": 5},
            [a_level(on_hand=3)],
            an_inbound_stock(an_inbound_level(1), an_inbound_level(4, MONDAY)),
            backorder=False,
        )

    days = [{"on": "2026-11-27", "quantity": 1}, {"on": "2026-11-30", "quantity": 4}]
    assert refusal.value.facts["short"] == [a_shortage(5, 3) | {"expected": days}]


def test_units_of_a_lapsed_hold_are_listed_as_promisable_on_their_day():
    taken = an_inbound_stock(an_inbound_level(1, reserved=1), lapsed=[a_hold(1, shard=FRIDAY)])
    expected_days = {"expected": [{"on": "2026-11-27", "quantity": 1}]}

    with pytest.raises(OutOfStock) as without_backorder:
        plan_from({"TEAPOT": 1}, [], taken, backorder=False)
    with pytest.raises(OutOfStock) as with_backorder:
        plan_from_inbound([a_shortage(2)], taken)

    assert without_backorder.value.facts["short"] == [a_shortage(1) | expected_days]
    assert with_backorder.value.facts["short"] == [a_shortage(2) | expected_days]


def test_more_than_is_expected_is_refused_with_every_short_sku():
    with pytest.raises(OutOfStock) as refusal:
        plan_from_inbound([a_shortage(3), a_shortage(1, sku="CUP")], an_inbound_stock(an_inbound_level(2)))

    expected_days = {"expected": [{"on": "2026-11-27", "quantity": 2}]}
    assert refusal.value.facts["short"] == [a_shortage(3) | expected_days, a_shortage(1, sku="CUP")]


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


def test_a_day_whose_units_are_all_promised_is_skipped():
    days = an_inbound_stock(an_inbound_level(2, allocated=2), an_inbound_level(1, MONDAY))

    assert plan_from_inbound([a_shortage(1)], days).allocations == (an_allocation(quantity=1, shard=MONDAY),)


def test_exactly_what_is_expected_can_be_promised():
    assert plan_from_inbound([a_shortage(2)], an_inbound_stock(an_inbound_level(2))).allocations == (
        an_allocation(quantity=2, shard=FRIDAY),
    )


def test_a_day_can_be_promised_until_it_is_over():
    days = an_inbound_stock(an_inbound_level(2, 20261121), an_inbound_level(3, 20261122))

    assert [bucket.level_id[2] for bucket in days.list_buckets("TEAPOT")] == [20261122]


def test_locations_outside_the_preference_promise_nothing():
    assert an_inbound_stock(an_inbound_level(2, location=STORE)).list_buckets("TEAPOT") == []
    assert an_inbound_stock(an_inbound_level(2)).list_buckets("CUP") == []


def test_units_of_a_lapsed_hold_on_a_day_go_to_the_next_order():
    lapsed = [a_hold(2, shard=FRIDAY), a_hold(9, "ord_2", shard=MONDAY)]

    plan = plan_from_inbound([a_shortage(3)], an_inbound_stock(an_inbound_level(3, reserved=2), lapsed=lapsed))

    assert plan.allocations == (an_allocation(quantity=3, shard=FRIDAY),)
    assert plan.taken_holds == (lapsed[0],)


def test_lapsed_holds_of_several_days_are_taken_together():
    lapsed = [a_hold(1, shard=FRIDAY), a_hold(2, "ord_2", shard=MONDAY)]
    days = an_inbound_stock(an_inbound_level(1, reserved=1), an_inbound_level(2, MONDAY, reserved=2), lapsed=lapsed)

    assert plan_from_inbound([a_shortage(3)], days).taken_holds == tuple(lapsed)


def test_one_plan_takes_lapsed_holds_of_stock_on_hand_and_of_expected_stock():
    on_hand, expected = a_hold(1), a_hold(1, "ord_2", shard=FRIDAY)

    days = an_inbound_stock(an_inbound_level(1, reserved=1), lapsed=[on_hand, expected])

    plan = plan_from({"TEAPOT": 2}, [a_level(on_hand=1, reserved=1)], days)

    assert plan.taken_holds == (on_hand, expected)


def test_promisable_days_add_up_all_locations_and_leave_out_empty_days():
    expecting = [an_inbound_level(2), an_inbound_level(3, location=STORE), an_inbound_level(2, MONDAY, allocated=2)]
    days = an_inbound_stock(*expecting, preference=[WAREHOUSE, STORE])

    assert days.list_promisable_days("TEAPOT") == [{"on": "2026-11-27", "quantity": 5}]
    assert days.build_out_of_stock([a_shortage(1, sku="CUP")]).facts["short"] == [a_shortage(1, sku="CUP")]


def test_arrived_units_go_to_waiting_orders_earliest_day_first():
    inbound = [an_inbound_level(5, MONDAY, allocated=2), an_inbound_level(5, reserved=1, allocated=2, on_hand=1)]

    movements = receive_for_waiting_orders(an_allocation(quantity=6), inbound)

    assert [(movement.kind, movement.level_id, movement.on_hand) for movement in movements] == [
        ("received", ("TEAPOT", WAREHOUSE, FRIDAY), 2),
        ("received", ("TEAPOT", WAREHOUSE, MONDAY), 2),
        ("received", ("TEAPOT", WAREHOUSE, 0), 2),
    ]


def test_too_few_arrived_units_all_go_to_waiting_orders():
    movements = receive_for_waiting_orders(
        an_allocation(quantity=2), [an_inbound_level(5, allocated=3)], transfer_in_movement
    )

    assert [(movement.kind, movement.shelf, movement.on_hand) for movement in movements] == [("transferred", FRIDAY, 2)]


def test_orders_for_another_sku_or_location_do_not_get_arrived_units():
    inbound = [an_inbound_level(5, allocated=3, location=STORE), an_inbound_level(5, sku="CUP", allocated=3)]

    assert [
        (movement.shelf, movement.on_hand)
        for movement in receive_for_waiting_orders(an_allocation(quantity=2), inbound)
    ] == [(0, 2)]
    assert reduce_expected(an_allocation(quantity=2), inbound) == []


def test_arrived_units_reduce_expected_units_earliest_day_first():
    movements = reduce_expected(an_allocation(quantity=4), [an_inbound_level(5, MONDAY), an_inbound_level(3)])

    assert [(movement.kind, movement.level_id, movement.expected) for movement in movements] == [
        ("expected", ("TEAPOT", WAREHOUSE, FRIDAY), -3),
        ("expected", ("TEAPOT", WAREHOUSE, MONDAY), -1),
    ]


def test_arrived_units_move_from_their_bucket_to_the_first_shard():
    movements = move_to_first_shard([an_allocation(quantity=3, shard=FRIDAY)])

    assert [(movement.kind, movement.level_id, movement.on_hand) for movement in movements] == [
        ("transferred", ("TEAPOT", WAREHOUSE, FRIDAY), -3),
        ("transferred", ("TEAPOT", WAREHOUSE, 0), 3),
    ]


def test_unclaimed_units_are_those_that_arrived_and_are_not_promised():
    assert count_unclaimed(an_inbound_level(4, on_hand=5, reserved=1, allocated=2)) == 2
    assert count_unclaimed(an_inbound_level(4, on_hand=1, allocated=2)) == 0


units = st.integers(0, 6)


@given(st.lists(st.tuples(units, units, units), min_size=1, max_size=3), st.integers(1, 20))
def test_after_any_arrival_no_promise_is_broken_and_no_unit_is_lost(days: list[tuple[int, int, int]], arrived: int):
    """A day is (expected, on hand, promised); at most the sum of the first two is promised."""
    inbound = [
        an_inbound_level(expected, 20261201 + number, on_hand=on_hand, allocated=min(promised, expected + on_hand))
        for number, (expected, on_hand, promised) in enumerate(days)
    ]
    allocation = an_allocation(quantity=arrived)

    movements = receive_for_waiting_orders(allocation, inbound) + reduce_expected(allocation, inbound)
    after = apply_movements([*inbound, a_level()], movements)

    assert all(level.available >= 0 and level.expected >= 0 for level in after)
    assert sum(movement.on_hand for movement in movements) == arrived
    waiting = sum(max(0, level.promised - level.on_hand) for level in inbound)
    assert sum(level.on_hand for level in after[:-1]) - sum(level.on_hand for level in inbound) == min(arrived, waiting)


@pytest.mark.parametrize("expected_units", [0, 8])
def test_units_on_hand_come_from_the_shard_that_the_offset_chooses_with_and_without_expected_units(expected_units):
    levels = [a_level(on_hand=2, shard_count=2), a_level(on_hand=2, shard=1)]
    days = an_inbound_stock(an_inbound_level(expected_units))
    demand = {"TEAPOT": 2} if not expected_units else {"TEAPOT": 2, "CUP": 3}
    inbound = an_inbound_stock(an_inbound_level(3, sku="CUP")) if expected_units else days

    plans = [
        plan_with_inbound(demand, AvailableStock(levels, [WAREHOUSE]), inbound, shard_offset=offset)
        for offset in range(2)
    ]

    assert [plan.allocations[0].shard for plan in plans] == [0, 1]
