"""Each condition of the room's writes, term by term."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.stock import store
from chalicelib.stock.model import (
    HoldGone,
    Transfer,
    TransferLine,
    adjusted,
    issued,
    issued_directly,
    released_hold,
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
    received = replace(TRANSFER, status="received", version=2)
    refused(store.change_transfer(TRANSFER, received))
    lands(store.open_transfer(TRANSFER))

    refused(store.open_transfer(TRANSFER))
    lands(store.change_transfer(TRANSFER, received))
    refused(store.change_transfer(TRANSFER, replace(TRANSFER, status="cancelled", version=2)))

    assert store.load_transfer("trf_1") == received
