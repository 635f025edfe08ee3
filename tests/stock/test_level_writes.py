"""The writes of levels and holds: what they store and what their conditions refuse."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kit import db
from chalicelib.kit.errors import StaleVersion
from chalicelib.stock import store
from chalicelib.stock.model import (
    HoldGone,
    Level,
    Movement,
    NotPromised,
    OutOfStock,
    allocation_movement,
    allocation_release_movement,
    direct_issue_movement,
    display_movement,
    display_return_movement,
    hold_release_movement,
    issue_movement,
    receipt_movement,
    replay_levels,
    reservation_movement,
    return_movement,
    shortage_movement,
    surplus_movement,
    transfer_in_movement,
    transfer_out_movement,
)
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation
from tests.stock.build import (
    NOON,
    STORE,
    WAREHOUSE,
    a_hold,
    a_level,
    an_allocation,
    commit_movements,
    load_level,
    load_stored_available,
    store_holds,
    store_levels,
)

pytestmark = pytest.mark.usefixtures("aws")


def test_a_receipt_creates_a_complete_level_that_is_listed_at_its_location():
    commit_movements([receipt_movement(an_allocation(quantity=5))])

    assert load_level() == a_level(on_hand=5)
    assert load_stored_available() == 5
    rows = db.query(store.LevelRow, f"location#{WAREHOUSE}", index="by_list").items
    assert [(row.pk, row.reserved, row.allocated, row.display) for row in rows] == [("TEAPOT@wh-surabaya#0", 0, 0, 0)]


@pytest.mark.parametrize(
    "build_movement",
    [reservation_movement, allocation_movement, direct_issue_movement, transfer_out_movement, display_movement],
)
def test_nothing_is_taken_from_a_level_that_does_not_exist(build_movement):
    with pytest.raises(OutOfStock) as refusal:
        commit_movements([build_movement(an_allocation(quantity=2))])

    assert refusal.value.facts == {"short": [{"sku": "TEAPOT", "wanted": 2, "available": 0}]}
    assert load_level() is None


@pytest.mark.parametrize(
    "build_movement",
    [reservation_movement, allocation_movement, direct_issue_movement, transfer_out_movement, display_movement],
)
def test_all_units_may_be_taken_and_not_one_more(build_movement):
    store_levels(a_level(on_hand=3))

    commit_movements([build_movement(an_allocation(quantity=3))])
    emptied = load_level()
    with pytest.raises(OutOfStock) as refusal:
        commit_movements([build_movement(an_allocation(quantity=1))])

    assert load_stored_available() == 0
    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 1, "available": 0}]
    assert load_level() == emptied


@pytest.mark.parametrize("build_movement", [hold_release_movement, allocation_release_movement, issue_movement])
def test_units_that_were_not_promised_cannot_be_released_or_issued(build_movement):
    store_levels(a_level(on_hand=3))

    with pytest.raises(NotPromised):
        commit_movements([build_movement(an_allocation(quantity=1))])
    with pytest.raises(NotPromised):
        commit_movements([build_movement(an_allocation("KETTLE", quantity=1))])

    assert load_level() == a_level(on_hand=3)
    assert load_level("KETTLE") is None


@pytest.mark.parametrize(
    "promise, release",
    [(reservation_movement, hold_release_movement), (allocation_movement, allocation_release_movement)],
)
def test_releasing_and_promising_in_one_commit_needs_a_promise_before(promise, release):
    store_levels(a_level(on_hand=5))

    with pytest.raises(NotPromised):
        commit_movements([release(an_allocation(quantity=2)), promise(an_allocation(quantity=3))])
    with pytest.raises(StaleVersion):
        commit_movements([release(an_allocation(quantity=2)), promise(an_allocation(quantity=2))])
    with pytest.raises(StaleVersion):
        commit_movements([release(an_allocation("KETTLE", quantity=1)), promise(an_allocation("KETTLE", quantity=1))])

    assert load_level() == a_level(on_hand=5)
    assert load_level("KETTLE") is None


def test_allocating_and_issuing_in_one_commit_needs_no_promise_before():
    store_levels(a_level(on_hand=5))

    commit_movements([allocation_movement(an_allocation(quantity=2)), issue_movement(an_allocation(quantity=2))])
    with pytest.raises(OutOfStock) as refusal:
        commit_movements([allocation_movement(an_allocation(quantity=4)), issue_movement(an_allocation(quantity=4))])

    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 4, "available": 3}]
    assert load_level() == a_level(on_hand=3)


def test_safety_is_left_by_the_web_and_sold_at_the_counter():
    store_levels(a_level(on_hand=5, safety=2))

    with pytest.raises(OutOfStock) as refusal:
        commit_movements([reservation_movement(an_allocation(quantity=4))], safety={("TEAPOT", WAREHOUSE): 2})
    commit_movements([reservation_movement(an_allocation(quantity=3))], safety={("TEAPOT", WAREHOUSE): 2})
    commit_movements([direct_issue_movement(an_allocation(quantity=2))])

    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 4, "available": 3}]
    assert load_level() == a_level(on_hand=3, reserved=3, safety=2)


def test_movements_of_one_level_in_one_commit_become_one_write():
    store_levels(a_level(on_hand=5))

    writes = store.build_level_writes(
        [allocation_movement(an_allocation(quantity=2)), allocation_movement(an_allocation(quantity=3))]
    )
    db.commit(writes)

    assert len(writes) == 1
    assert load_level() == a_level(on_hand=5, allocated=5)


def test_units_of_a_lapsed_hold_are_promised_again_in_the_same_commit():
    store_levels(a_level(on_hand=5))
    old = a_hold(4, "ord_old", minutes_left=-1)
    store_holds(old)
    levels = store.load_levels([("TEAPOT", WAREHOUSE)])
    lapsed = store.load_lapsed_holds([("TEAPOT", WAREHOUSE)], NOON)
    plan = plan_allocation({"TEAPOT": 5}, AvailableStock(levels, [WAREHOUSE], lapsed))

    commit_movements(plan.to_movements(allocation_movement), safety=plan.safety)

    assert plan == Plan((an_allocation(quantity=5),), (old,), {("TEAPOT", WAREHOUSE): 0})
    assert load_level() == a_level(on_hand=5, allocated=5)


def test_only_one_of_two_orders_takes_a_lapsed_hold():
    store_levels(a_level(on_hand=4))
    old = a_hold(4, "ord_old", minutes_left=-1)
    store_holds(old)
    exchange = store.build_level_writes([hold_release_movement(old.allocation), reservation_movement(old.allocation)])

    db.commit([*exchange, store.take_lapsed_hold(old), store.put_hold(a_hold(4, "ord_first", minutes_left=60))])
    with pytest.raises(StaleVersion):
        db.commit([*exchange, store.take_lapsed_hold(old), store.put_hold(a_hold(4, "ord_second", minutes_left=60))])
    with pytest.raises(HoldGone):
        db.commit([store.delete_hold(old)])

    assert [write.operation for write in exchange] == ["check"]
    assert load_level() == a_level(on_hand=4, reserved=4)
    assert store.load_holds("ord_first", [old.allocation], NOON + timedelta(hours=1)) == [
        a_hold(4, "ord_first", minutes_left=60)
    ]


def test_a_hold_lapses_at_its_end_and_not_before():
    store_levels(a_level(on_hand=9), a_level(location=STORE, on_hand=9))
    ended, now, alive = a_hold(1, "ord_1", -1), a_hold(2, "ord_2", 0), a_hold(3, "ord_3", 1)
    elsewhere = a_hold(4, "ord_4", -1, location=STORE)
    for hold in (ended, now, alive, elsewhere):
        store_holds(hold)

    assert store.load_lapsed_holds([("TEAPOT", WAREHOUSE)], NOON) == [ended, now]


def test_safety_is_checked_although_more_units_are_released_than_taken():
    store_levels(a_level(on_hand=5, safety=2))
    store_holds(a_hold(3, "ord_old", -1))
    commit_movements([direct_issue_movement(an_allocation(quantity=2))])  # the counter sells safety units too

    with pytest.raises(OutOfStock) as refusal:
        commit_movements(
            [hold_release_movement(an_allocation(quantity=3)), allocation_movement(an_allocation(quantity=2))],
            safety={("TEAPOT", WAREHOUSE): 2},
        )

    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 2, "available": 1}]
    assert load_level() == a_level(on_hand=3, reserved=3, safety=2)


def test_a_level_that_changed_since_it_was_read_is_a_stale_version():
    store_levels(a_level(on_hand=5))
    before = load_level()
    commit_movements([direct_issue_movement(an_allocation(quantity=1))])

    with pytest.raises(StaleVersion):
        commit_movements([surplus_movement(an_allocation(quantity=-1))], unchanged_levels=[before])
    with pytest.raises(StaleVersion):
        commit_movements([surplus_movement(an_allocation(quantity=3))], unchanged_levels=[a_level()])
    commit_movements([surplus_movement(an_allocation("KETTLE", quantity=3))], unchanged_levels=[a_level("KETTLE")])

    assert load_level() == a_level(on_hand=4)
    assert load_level("KETTLE") == a_level("KETTLE", on_hand=3)


def test_shards_are_levels_of_their_own_and_loaded_together():
    store_levels(a_level(on_hand=2, shard_count=3), a_level(on_hand=4, shard=1), a_level(on_hand=6, shard=2))

    levels = store.load_levels([("TEAPOT", WAREHOUSE), ("KETTLE", WAREHOUSE)])

    assert sorted((level.shard, level.on_hand, level.shard_count) for level in levels) == [
        (0, 2, 3),
        (1, 4, 1),
        (2, 6, 1),
    ]


def test_a_sku_may_contain_the_separators_of_a_level_key():
    store_levels(a_level("A@B#1", on_hand=1))

    assert load_level("A@B#1") == a_level("A@B#1", on_hand=1)


MOVEMENT_BUILDERS = [
    receipt_movement,
    reservation_movement,
    hold_release_movement,
    allocation_movement,
    allocation_release_movement,
    issue_movement,
    direct_issue_movement,
    return_movement,
]
MOVEMENT_BUILDERS += [
    surplus_movement,
    shortage_movement,
    transfer_out_movement,
    transfer_in_movement,
    display_movement,
    display_return_movement,
]
steps = st.lists(st.tuples(st.sampled_from(MOVEMENT_BUILDERS), st.integers(1, 4)), min_size=1, max_size=3)
numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=st.lists(steps, min_size=4, max_size=12))
def test_available_equals_its_formula_after_any_commits_and_the_ledger_replays(commits):
    """Each example uses a SKU of its own, because the tables are created once for all examples."""
    sku, ledger = f"SKU-{next(numbers)}", []

    for commit in commits:
        movements = [build_movement(an_allocation(sku, quantity)) for build_movement, quantity in commit]
        try:
            commit_movements(movements)
            ledger += movements
        except (OutOfStock, NotPromised, StaleVersion):
            pass

    level = load_level(sku) or Level(sku, WAREHOUSE)
    assert level == replay_levels([Movement("received", sku, WAREHOUSE), *ledger])[sku, WAREHOUSE, 0]
    assert min(level.on_hand, level.reserved, level.allocated, level.display, level.available) >= 0
    assert not load_level(sku) or load_stored_available(sku) == level.available
