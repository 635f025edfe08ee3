"""Planning which units an order is promised, by example and for generated stock and demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.stock.model import Hold, Level, OutOfStock, allocation_movement, apply_movements, hold_release_movement
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation, sum_promisable
from tests.stock.build import NOON, STORE, VAN, WAREHOUSE, a_hold, a_level, an_allocation

SECOND = "wh-sidoarjo"


def plan_from(
    demand: Mapping[str, int], levels: Sequence[Level], preference: Sequence[str], shard_offset: int = 0, **stock: Any
) -> Plan:
    return plan_allocation(demand, AvailableStock(levels, preference, **stock), shard_offset)


def plan_to_tuples(plan: Plan) -> list[tuple[str, str, int, int]]:
    return sorted(
        (allocation.sku, allocation.location, allocation.shard, allocation.quantity) for allocation in plan.allocations
    )


def test_a_location_that_has_everything_is_preferred_to_a_nearer_one_that_has_half():
    levels = [a_level(on_hand=5), a_level(location=SECOND, on_hand=5), a_level("CUP", SECOND, on_hand=5)]

    plan = plan_from({"TEAPOT": 1, "CUP": 1}, levels, [WAREHOUSE, SECOND])

    assert plan_to_tuples(plan) == [("CUP", SECOND, 0, 1), ("TEAPOT", SECOND, 0, 1)]


def test_among_equals_the_preferred_location_serves():
    levels = [a_level(on_hand=5), a_level(location=SECOND, on_hand=50)]

    assert plan_from({"TEAPOT": 5}, levels, [WAREHOUSE, SECOND]).allocations == (an_allocation(quantity=5),)
    assert plan_from({"TEAPOT": 5}, levels, [SECOND, WAREHOUSE]).allocations == (an_allocation("TEAPOT", 5, SECOND),)


def test_a_line_is_split_only_if_no_location_has_all_of_it():
    levels = [a_level(on_hand=2), a_level(location=SECOND, on_hand=1)]
    third = a_level(location=STORE, on_hand=3)

    split = plan_from({"TEAPOT": 3}, levels, [WAREHOUSE, SECOND, STORE])
    alone = plan_from({"TEAPOT": 3}, [*levels, third], [WAREHOUSE, SECOND, STORE])

    assert plan_to_tuples(split) == [("TEAPOT", SECOND, 0, 1), ("TEAPOT", WAREHOUSE, 0, 2)]
    assert plan_to_tuples(alone) == [("TEAPOT", STORE, 0, 3)]


def test_lines_come_from_different_locations_before_a_line_is_split():
    levels = [a_level(on_hand=2), a_level("CUP", WAREHOUSE, on_hand=1)]
    levels += [a_level(location=SECOND, on_hand=1), a_level("CUP", SECOND, on_hand=2)]

    plan = plan_from({"TEAPOT": 2, "CUP": 2}, levels, [WAREHOUSE, SECOND])

    assert plan_to_tuples(plan) == [("CUP", SECOND, 0, 2), ("TEAPOT", WAREHOUSE, 0, 2)]


def test_a_line_that_one_location_has_is_not_split_to_save_a_location():
    levels = [a_level("CUP", STORE, on_hand=1), a_level(location=STORE, on_hand=1)]
    levels += [a_level("CUP", WAREHOUSE, on_hand=1), a_level(on_hand=1), a_level(location=SECOND, on_hand=2)]

    plan = plan_from({"TEAPOT": 2, "CUP": 2}, levels, [SECOND, STORE, WAREHOUSE])

    assert plan_to_tuples(plan) == [("CUP", STORE, 0, 1), ("CUP", WAREHOUSE, 0, 1), ("TEAPOT", SECOND, 0, 2)]


def test_two_locations_that_have_everything_are_preferred_to_three_nearer_ones():
    levels = [a_level(location=STORE, on_hand=9), a_level(on_hand=9), a_level("CUP", on_hand=9)]
    levels += [a_level("TRAY", SECOND, on_hand=9)]

    plan = plan_from({"TEAPOT": 1, "CUP": 1, "TRAY": 1}, levels, [STORE, WAREHOUSE, SECOND])

    assert {allocation.location for allocation in plan.allocations} == {WAREHOUSE, SECOND}


def test_two_locations_with_exactly_enough_together_serve():
    levels = [a_level("TRAY", STORE, on_hand=9), a_level(on_hand=2)]
    levels += [a_level(location=SECOND, on_hand=1), a_level("TRAY", SECOND, on_hand=9)]

    plan = plan_from({"TEAPOT": 3, "TRAY": 1}, levels, [STORE, WAREHOUSE, SECOND])

    assert plan_to_tuples(plan) == [("TEAPOT", SECOND, 0, 1), ("TEAPOT", WAREHOUSE, 0, 2), ("TRAY", SECOND, 0, 1)]


def test_the_fewest_locations_are_not_searched_for_beyond_three():
    levels = [a_level(location="store-0", on_hand=9), a_level(location="store-1", on_hand=9)]
    levels += [a_level(f"CUP-{number}", f"store-{number}", on_hand=9) for number in (1, 2, 3, 4)]
    demand = {"TEAPOT": 1} | {f"CUP-{number}": 1 for number in (1, 2, 3, 4)}

    plan = plan_from(demand, levels, [f"store-{number}" for number in range(5)])

    assert {allocation.location for allocation in plan.allocations} == {f"store-{number}" for number in range(5)}


def test_the_preferred_of_the_chosen_locations_serves_a_line_if_it_has_exactly_enough():
    levels = [a_level(on_hand=2), a_level("CUP", on_hand=1), a_level(location=SECOND, on_hand=3)]
    levels += [a_level("TRAY", SECOND, on_hand=1)]

    plan = plan_from({"TEAPOT": 2, "CUP": 1, "TRAY": 1}, levels, [WAREHOUSE, SECOND])

    assert an_allocation(quantity=2) in plan.allocations


def test_a_split_line_takes_from_the_fullest_location_first():
    levels = [a_level(location=STORE, on_hand=2), a_level(on_hand=3)]

    plan = plan_from({"TEAPOT": 4}, levels, [STORE, WAREHOUSE])

    assert plan.allocations == (an_allocation(quantity=3), an_allocation(location=STORE))


def test_many_small_stores_serve_together():
    locations = [f"store-{number}" for number in range(8)]
    levels = [a_level(location=location, on_hand=1) for location in locations]

    assert len(plan_from({"TEAPOT": 7}, levels, locations).allocations) == 7


def test_vans_and_other_locations_outside_the_preference_promise_nothing():
    levels = [a_level(on_hand=1), a_level(location=VAN, on_hand=50)]

    with pytest.raises(OutOfStock) as refusal:
        plan_from({"TEAPOT": 2}, levels, [WAREHOUSE])

    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 2, "available": 1}]


def test_every_short_sku_is_named_at_once():
    levels = [a_level(on_hand=5), a_level("CUP", on_hand=1)]

    with pytest.raises(OutOfStock) as refusal:
        plan_from({"TEAPOT": 5, "CUP": 2, "TRAY": 1}, levels, [WAREHOUSE])

    assert refusal.value.facts["short"] == [
        {"sku": "CUP", "wanted": 2, "available": 1},
        {"sku": "TRAY", "wanted": 1, "available": 0},
    ]


def test_with_a_safety_of_two_the_web_sees_three_of_five_and_the_store_sells_five():
    levels = [a_level(location=STORE, on_hand=5, safety=2)]

    with pytest.raises(OutOfStock):
        plan_from({"TEAPOT": 4}, levels, [STORE])
    web = plan_from({"TEAPOT": 3}, levels, [STORE])
    counter = plan_from({"TEAPOT": 5}, levels, [STORE], own_location=STORE)

    assert (web.safety, counter.safety) == ({("TEAPOT", STORE): 2}, {("TEAPOT", STORE): 0})
    assert sum_promisable(levels) == 3
    assert sum_promisable(levels, safety_units=None) == 5


def test_safety_units_of_the_channel_add_to_those_of_the_location():
    levels = [a_level(on_hand=9, safety=2)]

    assert plan_from({"TEAPOT": 4}, levels, [WAREHOUSE], safety_units=3).safety == {("TEAPOT", WAREHOUSE): 5}
    with pytest.raises(OutOfStock):
        plan_from({"TEAPOT": 5}, levels, [WAREHOUSE], safety_units=3)


def test_lapsed_holds_are_taken_oldest_first_and_only_as_many_as_needed():
    levels = [a_level(on_hand=6, reserved=5)]
    oldest, old, ended = a_hold(2, "ord_1", -30), a_hold(2, "ord_2", -20), a_hold(1, "ord_3", -10)

    untouched = plan_from({"TEAPOT": 1}, levels, [WAREHOUSE], lapsed_holds=[ended, old, oldest])
    plan = plan_from({"TEAPOT": 4}, levels, [WAREHOUSE], lapsed_holds=[ended, old, oldest])

    assert untouched.taken_holds == ()
    assert plan.taken_holds == (oldest, old)
    assert plan.to_movements(allocation_movement)[:2] == [
        hold_release_movement(oldest.allocation),
        hold_release_movement(old.allocation),
    ]


def test_one_shard_serves_if_it_can_and_orders_begin_at_different_ones():
    levels = [a_level(on_hand=3, shard_count=3), a_level(on_hand=3, shard=1), a_level(on_hand=3, shard=2)]

    chosen = [
        plan_from({"TEAPOT": 2}, levels, [WAREHOUSE], shard_offset=shard_offset).allocations[0].shard
        for shard_offset in range(4)
    ]

    assert chosen == [0, 1, 2, 0]
    assert plan_from({"TEAPOT": 3}, levels, [WAREHOUSE], shard_offset=1).allocations == (
        an_allocation(quantity=3, shard=1),
    )


def test_units_of_several_shards_are_taken_from_the_fullest_first():
    levels = [a_level(on_hand=1, shard_count=3), a_level(on_hand=3, shard=1), a_level(on_hand=2, shard=2)]

    plan = plan_from({"TEAPOT": 5}, levels, [WAREHOUSE], shard_offset=7)

    assert plan_to_tuples(plan) == [("TEAPOT", WAREHOUSE, 1, 3), ("TEAPOT", WAREHOUSE, 2, 2)]


def test_safety_is_kept_back_once_for_all_shards():
    levels = [a_level(on_hand=1, shard_count=2, safety=2), a_level(on_hand=4, shard=1)]

    assert sum_promisable(levels) == 3
    assert plan_to_tuples(plan_from({"TEAPOT": 3}, levels, [WAREHOUSE])) == [("TEAPOT", WAREHOUSE, 1, 3)]


def test_safety_kept_in_the_first_shard_is_not_kept_in_another():
    levels = [a_level(on_hand=4, shard_count=2, safety=1), a_level(on_hand=4, shard=1)]

    assert sum_promisable(levels) == 7


def test_safety_that_the_first_shard_lacks_is_kept_in_the_next():
    levels = [a_level(shard_count=3, safety=1), a_level(on_hand=2, shard=1), a_level(on_hand=2, shard=2)]

    assert plan_from({"TEAPOT": 2}, levels, [WAREHOUSE]).allocations == (an_allocation(quantity=2, shard=2),)


SKUS, LOCATIONS = ("TEAPOT", "CUP"), (WAREHOUSE, SECOND, STORE)


@st.composite
def warehouses(draw: st.DrawFn) -> tuple[list[Level], list[Hold]]:
    levels, holds = [], []
    for sku in SKUS:
        for location in LOCATIONS:
            shard_count = draw(st.integers(1, 3))
            safety = draw(st.integers(0, 3))
            for shard in range(shard_count):
                held = draw(st.lists(st.integers(1, 3), max_size=2))
                free = draw(st.integers(0, 5))
                first = {"shard_count": shard_count, "safety": safety} if shard == 0 else {}
                levels.append(Level(sku, location, shard, free + sum(held), sum(held), **first))
                holds += [
                    Hold(sku, location, shard, f"ord_{number}", quantity, NOON) for number, quantity in enumerate(held)
                ]
    return levels, holds


demands = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 20), min_size=1)


@given(warehouses(), demands, st.integers(0, 2), st.sampled_from([None, *LOCATIONS]), st.integers(0, 99))
def test_a_plan_gives_exactly_the_demand_and_never_more_than_is_available(
    stock, demand, safety_units, own_location, shard_offset
):
    levels, holds = stock
    available = {
        sku: sum(
            sum_promisable(
                [level for level in levels if (level.sku, level.location) == (sku, location)],
                [hold for hold in holds if (hold.sku, hold.location) == (sku, location)],
                None if location == own_location else safety_units,
            )
            for location in LOCATIONS
        )
        for sku in demand
    }
    short = [
        {"sku": sku, "wanted": demand[sku], "available": available[sku]}
        for sku in demand
        if available[sku] < demand[sku]
    ]

    try:
        plan = plan_from(
            demand,
            levels,
            LOCATIONS,
            shard_offset,
            safety_units=safety_units,
            lapsed_holds=holds,
            own_location=own_location,
        )
    except OutOfStock as refusal:
        assert short and refusal.facts["short"] == short
        return

    assert not short
    assert {
        sku: sum(allocation.quantity for allocation in plan.allocations if allocation.sku == sku) for sku in demand
    } == demand
    assert len({allocation.level_id for allocation in plan.allocations}) == len(plan.allocations)
    assert len(set(plan.taken_holds)) == len(plan.taken_holds)
    after = apply_movements(levels, plan.to_movements(allocation_movement))
    assert all(level.available >= 0 and level.reserved >= 0 for level in after)
    first = {(level.sku, level.location): level for level in after if level.shard == 0}
    touched = {allocation.level_id for allocation in plan.allocations}
    for (sku, location), safety in plan.safety.items():
        assert (sku, location, 0) not in touched or first[sku, location].available >= safety
