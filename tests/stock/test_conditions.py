"""Each condition of the package's writes, term by term."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.stock import store
from chalicelib.stock.model import (
    HoldGone,
    NotPromised,
    Transfer,
    TransferLine,
    direct_issue_movement,
    expected_movement,
    hold_release_movement,
    issue_movement,
    receipt_movement,
    surplus_movement,
    transfer_out_movement,
)
from tests.conditional_writes import assert_commits, assert_refused, memory  # noqa: F401
from tests.stock.build import (
    NOON,
    VAN,
    WAREHOUSE,
    a_hold,
    a_level,
    an_allocation,
    commit_movements,
    load_level,
    store_levels,
)

pytestmark = pytest.mark.usefixtures("memory")

TRANSFER = Transfer("trf_1", WAREHOUSE, VAN, "in_transit", (TransferLine("TEAPOT", 5),), NOON, "joko", version=1)


def test_safety_does_not_prevent_releasing_or_issuing_promised_units():
    store_levels(a_level(on_hand=2, reserved=1, allocated=1))
    safety = {("TEAPOT", WAREHOUSE): 2}

    commit_movements([issue_movement(an_allocation())], safety=safety)
    commit_movements([hold_release_movement(an_allocation())], safety=safety)

    assert load_level() == a_level(on_hand=1)


def test_issuing_the_last_unit_leaves_an_empty_level():
    store_levels(a_level(on_hand=1, allocated=1))

    commit_movements([issue_movement(an_allocation())])

    assert load_level() == a_level()


def test_a_setting_is_stored_without_any_movement():
    commit_movements([], settings={("TEAPOT", WAREHOUSE): {"safety": 3}})

    assert load_level() == a_level(safety=3)


def test_a_level_read_with_units_must_exist_and_one_read_empty_need_not():
    assert_refused(
        *store.build_level_writes([surplus_movement(an_allocation())], unchanged_levels=[a_level(on_hand=5)])
    )
    store_levels(a_level(on_hand=5))
    commit_movements([direct_issue_movement(an_allocation(quantity=5))])

    commit_movements([surplus_movement(an_allocation(quantity=3))], unchanged_levels=[a_level()])

    assert load_level() == a_level(on_hand=3)


def test_the_inbound_days_are_replaced_only_if_they_are_as_they_were_read():
    store_levels(a_level(on_hand=5))
    without_days, with_days = a_level(on_hand=5), a_level(on_hand=5, days=(20261127, 20261130))
    assert_refused(*build_days_writes(over=with_days, to="20261127"))

    assert_commits(*build_days_writes(over=without_days, to="20261127,20261130"))
    assert_refused(*build_days_writes(over=without_days, to="20261201"))
    assert_refused(*build_days_writes(over=replace(with_days, days=(20261127,)), to="20261201"))
    commit_movements([], unchanged_levels=[without_days], settings={("TEAPOT", WAREHOUSE): {"safety": 0}})

    assert load_level() == with_days
    assert_commits(*build_days_writes(over=with_days, to="20261130"))


def build_days_writes(over, to):
    return store.build_level_writes([], unchanged_levels=[over], settings={("TEAPOT", WAREHOUSE): {"days": to}})


def test_expected_units_never_fall_below_zero_even_if_as_many_have_arrived():
    friday = an_allocation(quantity=2, shard=20261127)
    commit_movements([expected_movement(friday), receipt_movement(friday)])

    assert_refused(
        *store.build_level_writes([expected_movement(an_allocation(quantity=-3, shard=20261127))]), by=NotPromised
    )
    commit_movements([expected_movement(an_allocation(quantity=-2, shard=20261127))])

    assert load_level(shard=20261127) == a_level(shard=20261127, on_hand=2)


def test_an_inbound_bucket_leaves_the_arrived_list_only_when_it_is_empty():
    friday = an_allocation(shard=20261127)
    commit_movements([receipt_movement(friday)])
    assert_refused(store.unlist_arrived_bucket(friday.level_id))
    assert store.list_arrived_buckets() == [friday.level_id]

    commit_movements([transfer_out_movement(friday)])
    assert_commits(store.unlist_arrived_bucket(friday.level_id))

    assert store.list_arrived_buckets() == []


def test_an_order_cannot_put_the_same_hold_twice():
    assert_commits(store.put_hold(a_hold(4)))

    assert_refused(store.put_hold(a_hold(4)))


def test_a_hold_is_deleted_only_if_it_is_as_it_was_read():
    assert_refused(store.delete_hold(a_hold(4)), by=HoldGone)
    assert_commits(store.put_hold(a_hold(4)))

    refusal = assert_refused(store.delete_hold(a_hold(3)), by=HoldGone)

    assert refusal.facts == {"sku": "TEAPOT", "location": WAREHOUSE}
    assert_commits(store.delete_hold(a_hold(4)))


def test_a_lapsed_hold_is_taken_only_if_it_is_as_it_was_read():
    assert_refused(store.take_lapsed_hold(a_hold(4)))
    assert_commits(store.put_hold(a_hold(4)))

    assert_refused(store.take_lapsed_hold(a_hold(3)))

    assert_commits(store.take_lapsed_hold(a_hold(4)))


def test_a_transfer_is_created_once_and_updated_only_from_the_version_read():
    whole = replace(TRANSFER, status="received", version=2)
    assert_refused(store.update_transfer(TRANSFER, whole))
    assert_commits(store.create_transfer(TRANSFER))

    assert_refused(store.create_transfer(TRANSFER))
    assert_commits(store.update_transfer(TRANSFER, whole))
    assert_refused(store.update_transfer(TRANSFER, replace(TRANSFER, status="cancelled", version=2)))

    assert store.load_transfer("trf_1") == whole


def test_a_hold_is_made_smaller_only_if_it_is_as_it_was_read():
    assert_refused(store.shrink_hold(a_hold(4), 1))
    assert_commits(store.put_hold(a_hold(4)))

    assert_refused(store.shrink_hold(a_hold(3), 1))

    assert_commits(store.shrink_hold(a_hold(4), 1))
    assert_commits(store.take_lapsed_hold(a_hold(1)))
