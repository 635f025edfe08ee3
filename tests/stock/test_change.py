"""Levels change in one way only, and never to what is not there."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kit import db
from chalicelib.kit.errors import Moved
from chalicelib.stock import store
from chalicelib.stock.model import (
    HoldGone,
    Level,
    Movement,
    NotPromised,
    OutOfStock,
    adjusted,
    allocated,
    arrived,
    displayed,
    issued,
    issued_directly,
    missing,
    put_back,
    received,
    released_allocation,
    released_hold,
    replayed,
    reserved,
    returned,
    sent,
)
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation
from tests.stock.build import (
    NOON,
    STORE,
    WAREHOUSE,
    a_hold,
    a_level,
    a_piece,
    held,
    moved,
    stocked,
    stored_available,
    the_level,
)

pytestmark = pytest.mark.usefixtures("aws")


def test_what_is_received_makes_a_whole_level_that_lists_find():
    moved([received(a_piece(quantity=5))])

    assert the_level() == a_level(on_hand=5)
    assert stored_available() == 5
    rows = db.query(store.LevelRow, f"location#{WAREHOUSE}", index="by_list").items
    assert [(row.pk, row.reserved, row.allocated, row.display) for row in rows] == [("TEAPOT@wh-surabaya#0", 0, 0, 0)]


@pytest.mark.parametrize("take", [reserved, allocated, issued_directly, sent, displayed])
def test_nothing_is_taken_from_a_level_that_never_was(take):
    with pytest.raises(OutOfStock) as refusal:
        moved([take(a_piece(quantity=2))])

    assert refusal.value.facts == {"short": [{"sku": "TEAPOT", "wanted": 2, "available": 0}]}
    assert the_level() is None


@pytest.mark.parametrize("take", [reserved, allocated, issued_directly, sent, displayed])
def test_the_last_units_may_be_taken_and_not_one_more(take):
    stocked(a_level(on_hand=3))

    moved([take(a_piece(quantity=3))])
    emptied = the_level()
    with pytest.raises(OutOfStock) as refusal:
        moved([take(a_piece(quantity=1))])

    assert stored_available() == 0
    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 1, "available": 0}]
    assert the_level() == emptied


@pytest.mark.parametrize("give_back", [released_hold, released_allocation, issued])
def test_what_was_never_promised_cannot_be_given_back_or_issued(give_back):
    stocked(a_level(on_hand=3))

    with pytest.raises(NotPromised):
        moved([give_back(a_piece(quantity=1))])
    with pytest.raises(NotPromised):
        moved([give_back(a_piece("KETTLE", quantity=1))])

    assert the_level() == a_level(on_hand=3)
    assert the_level("KETTLE") is None


@pytest.mark.parametrize("how, back", [(reserved, released_hold), (allocated, released_allocation)])
def test_giving_back_and_taking_the_same_does_not_hide_that_nothing_was_promised(how, back):
    stocked(a_level(on_hand=5))

    with pytest.raises(NotPromised):
        moved([back(a_piece(quantity=2)), how(a_piece(quantity=3))])
    with pytest.raises(Moved):
        moved([back(a_piece(quantity=2)), how(a_piece(quantity=2))])
    with pytest.raises(Moved):
        moved([back(a_piece("KETTLE", quantity=1)), how(a_piece("KETTLE", quantity=1))])

    assert the_level() == a_level(on_hand=5)
    assert the_level("KETTLE") is None


def test_what_is_promised_and_issued_at_once_needs_no_promise_before():
    stocked(a_level(on_hand=5))

    moved([allocated(a_piece(quantity=2)), issued(a_piece(quantity=2))])
    with pytest.raises(OutOfStock) as refusal:
        moved([allocated(a_piece(quantity=4)), issued(a_piece(quantity=4))])

    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 4, "available": 3}]
    assert the_level() == a_level(on_hand=3)


def test_safety_stays_behind_for_the_web_and_not_for_the_counter():
    stocked(a_level(on_hand=5, safety=2))

    with pytest.raises(OutOfStock) as refusal:
        moved([reserved(a_piece(quantity=4))], safety={("TEAPOT", WAREHOUSE): 2})
    moved([reserved(a_piece(quantity=3))], safety={("TEAPOT", WAREHOUSE): 2})
    moved([issued_directly(a_piece(quantity=2))])

    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 4, "available": 3}]
    assert the_level() == a_level(on_hand=3, reserved=3, safety=2)


def test_equal_levels_in_one_commit_become_one_write():
    stocked(a_level(on_hand=5))

    writes = store.change([allocated(a_piece(quantity=2)), allocated(a_piece(quantity=3))])
    db.commit(writes)

    assert len(writes) == 1
    assert the_level() == a_level(on_hand=5, allocated=5)


def test_a_lapsed_hold_pays_for_the_next_reservation_in_the_same_commit():
    stocked(a_level(on_hand=5))
    old = a_hold(4, "ord_old", minutes_left=-1)
    held(old)
    levels = store.load_levels([("TEAPOT", WAREHOUSE)])
    lapsed = store.lapsed_holds([("TEAPOT", WAREHOUSE)], NOON)
    plan = plan_allocation({"TEAPOT": 5}, AvailableStock(levels, [WAREHOUSE], lapsed))

    moved(plan.moved_by(allocated), safety=plan.safety)

    assert plan == Plan((a_piece(quantity=5),), (old,), {("TEAPOT", WAREHOUSE): 0})
    assert the_level() == a_level(on_hand=5, allocated=5)


def test_two_buyers_of_one_lapsed_hold_are_told_apart_by_its_row():
    stocked(a_level(on_hand=4))
    old = a_hold(4, "ord_old", minutes_left=-1)
    held(old)
    swap = store.change([released_hold(old.piece), reserved(old.piece)])

    db.commit([*swap, store.take_hold(old), store.put_hold(a_hold(4, "ord_first", minutes_left=60))])
    with pytest.raises(Moved):
        db.commit([*swap, store.take_hold(old), store.put_hold(a_hold(4, "ord_second", minutes_left=60))])
    with pytest.raises(HoldGone):
        db.commit([store.drop_hold(old)])

    assert [write.verb for write in swap] == ["check"]
    assert the_level() == a_level(on_hand=4, reserved=4)
    assert store.holds_of("ord_first", [old.piece], NOON + timedelta(hours=1)) == [
        a_hold(4, "ord_first", minutes_left=60)
    ]


def test_a_hold_lapses_at_its_instant_and_not_before():
    stocked(a_level(on_hand=9), a_level(location=STORE, on_hand=9))
    ended, now, alive = a_hold(1, "ord_1", -1), a_hold(2, "ord_2", 0), a_hold(3, "ord_3", 1)
    elsewhere = a_hold(4, "ord_4", -1, location=STORE)
    for hold in (ended, now, alive, elsewhere):
        held(hold)

    assert store.lapsed_holds([("TEAPOT", WAREHOUSE)], NOON) == [ended, now]


def test_releasing_more_than_is_taken_leaves_the_safety_condition_standing():
    stocked(a_level(on_hand=5, safety=2))
    held(a_hold(3, "ord_old", -1))
    moved([issued_directly(a_piece(quantity=2))])  # the counter sold what safety kept back

    with pytest.raises(OutOfStock) as refusal:
        moved([released_hold(a_piece(quantity=3)), allocated(a_piece(quantity=2))], safety={("TEAPOT", WAREHOUSE): 2})

    assert refusal.value.facts["short"] == [{"sku": "TEAPOT", "wanted": 2, "available": 1}]
    assert the_level() == a_level(on_hand=3, reserved=3, safety=2)


def test_a_level_that_is_not_as_it_was_read_asks_for_a_new_look():
    stocked(a_level(on_hand=5))
    before = the_level()
    moved([issued_directly(a_piece(quantity=1))])

    with pytest.raises(Moved):
        moved([adjusted(a_piece(quantity=-1))], as_read=[before])
    with pytest.raises(Moved):
        moved([adjusted(a_piece(quantity=3))], as_read=[a_level()])
    moved([adjusted(a_piece("KETTLE", quantity=3))], as_read=[a_level("KETTLE")])

    assert the_level() == a_level(on_hand=4)
    assert the_level("KETTLE") == a_level("KETTLE", on_hand=3)


def test_shelves_are_levels_of_their_own_and_read_together():
    stocked(a_level(on_hand=2, shelves=3), a_level(on_hand=4, shelf=1), a_level(on_hand=6, shelf=2))

    levels = store.load_levels([("TEAPOT", WAREHOUSE), ("KETTLE", WAREHOUSE)])

    assert sorted((level.shelf, level.on_hand, level.shelves) for level in levels) == [(0, 2, 3), (1, 4, 1), (2, 6, 1)]


def test_a_sku_may_hold_any_sign():
    stocked(a_level("A@B#1", on_hand=1))

    assert the_level("A@B#1") == a_level("A@B#1", on_hand=1)


HOWS = [received, reserved, released_hold, allocated, released_allocation, issued, issued_directly, returned]
HOWS += [adjusted, missing, sent, arrived, displayed, put_back]
steps = st.lists(st.tuples(st.sampled_from(HOWS), st.integers(1, 4)), min_size=1, max_size=3)
numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=st.lists(steps, min_size=4, max_size=12))
def test_available_equals_its_formula_after_any_sequence_and_the_ledger_replays(commits):
    """Each example sells a SKU of its own, so that the tables need not be made anew."""
    sku, ledger = f"SKU-{next(numbers)}", []

    for commit in commits:
        movements = [how(a_piece(sku, quantity)) for how, quantity in commit]
        try:
            moved(movements)
            ledger += movements
        except (OutOfStock, NotPromised, Moved):
            pass

    level = the_level(sku) or Level(sku, WAREHOUSE)
    assert level == replayed([Movement("received", sku, WAREHOUSE), *ledger])[sku, WAREHOUSE, 0]
    assert min(level.on_hand, level.reserved, level.allocated, level.display, level.available) >= 0
    assert not the_level(sku) or stored_available(sku) == level.available
