"""Each condition of the room's writes, term by term."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.stock import store
from chalicelib.stock.model import (
    HoldGone,
    NotPromised,
    Transfer,
    TransferLine,
    adjusted,
    expected,
    issued,
    issued_directly,
    received,
    released_hold,
    sent,
)
from tests.conditions import lands, memory, refused  # noqa: F401
from tests.stock.build import NOON, VAN, WAREHOUSE, a_hold, a_level, a_piece, moved, stocked, the_level

pytestmark = pytest.mark.usefixtures("memory")

TRANSFER = Transfer("trf_1", WAREHOUSE, VAN, "in_transit", (TransferLine("TEAPOT", 5),), NOON, "joko", version=1)


def test_safety_keeps_nobody_from_giving_back_or_from_issuing_what_was_promised():
    stocked(a_level(on_hand=2, reserved=1, allocated=1))
    keeping = {("TEAPOT", WAREHOUSE): 2}

    moved([issued(a_piece())], safety=keeping)
    moved([released_hold(a_piece())], safety=keeping)

    assert the_level() == a_level(on_hand=1)


def test_what_leaves_nothing_and_takes_nothing_needs_nothing():
    stocked(a_level(on_hand=1, allocated=1))

    moved([issued(a_piece())])

    assert the_level() == a_level()


def test_a_setting_alone_is_kept_without_any_movement():
    moved([], settings={("TEAPOT", WAREHOUSE): {"safety": 3}})

    assert the_level() == a_level(safety=3)


def test_a_level_read_with_units_has_to_stand_and_one_read_empty_may():
    refused(*store.change([adjusted(a_piece())], as_read=[a_level(on_hand=5)]))
    stocked(a_level(on_hand=5))
    moved([issued_directly(a_piece(quantity=5))])

    moved([adjusted(a_piece(quantity=3))], as_read=[a_level()])

    assert the_level() == a_level(on_hand=3)


def test_the_days_of_what_is_coming_are_set_only_over_those_that_were_read():
    stocked(a_level(on_hand=5))
    none, both = a_level(on_hand=5), a_level(on_hand=5, days=(20261127, 20261130))
    refused(*days_set(over=both, to="20261127"))

    lands(*days_set(over=none, to="20261127,20261130"))
    refused(*days_set(over=none, to="20261201"))
    refused(*days_set(over=replace(both, days=(20261127,)), to="20261201"))
    moved([], as_read=[none], settings={("TEAPOT", WAREHOUSE): {"safety": 0}})

    assert the_level() == both
    lands(*days_set(over=both, to="20261130"))


def days_set(over, to):
    return store.change([], as_read=[over], settings={("TEAPOT", WAREHOUSE): {"days": to}})


def test_never_fewer_than_none_are_expected_though_as_many_came():
    friday = a_piece(quantity=2, shelf=20261127)
    moved([expected(friday), received(friday)])

    refused(*store.change([expected(a_piece(quantity=-3, shelf=20261127))]), by=NotPromised)
    moved([expected(a_piece(quantity=-2, shelf=20261127))])

    assert the_level(shelf=20261127) == a_level(shelf=20261127, on_hand=2)


def test_a_day_leaves_the_list_of_what_came_only_when_its_last_unit_is_gone():
    friday = a_piece(shelf=20261127)
    moved([received(friday)])
    refused(store.leave_arrived(friday.place))
    assert store.arrived_at() == [friday.place]

    moved([sent(friday)])
    lands(store.leave_arrived(friday.place))

    assert store.arrived_at() == []


def test_one_order_holds_one_level_until_one_instant_once():
    lands(store.put_hold(a_hold(4)))

    refused(store.put_hold(a_hold(4)))


def test_a_hold_is_dropped_as_it_was_read_or_it_is_gone():
    refused(store.drop_hold(a_hold(4)), by=HoldGone)
    lands(store.put_hold(a_hold(4)))

    no = refused(store.drop_hold(a_hold(3)), by=HoldGone)

    assert no.facts == {"sku": "TEAPOT", "location": WAREHOUSE}
    lands(store.drop_hold(a_hold(4)))


def test_a_hold_is_taken_as_it_was_read_or_the_plan_is_made_anew():
    refused(store.take_hold(a_hold(4)))
    lands(store.put_hold(a_hold(4)))

    refused(store.take_hold(a_hold(3)))

    lands(store.take_hold(a_hold(4)))


def test_a_transfer_is_opened_once_and_changed_only_from_the_version_read():
    whole = replace(TRANSFER, status="received", version=2)
    refused(store.change_transfer(TRANSFER, whole))
    lands(store.open_transfer(TRANSFER))

    refused(store.open_transfer(TRANSFER))
    lands(store.change_transfer(TRANSFER, whole))
    refused(store.change_transfer(TRANSFER, replace(TRANSFER, status="cancelled", version=2)))

    assert store.load_transfer("trf_1") == whole
