"""Receiving, adjusting, displaying, counting, saving and resharding."""

from __future__ import annotations

import pytest

from chalicelib.catalog.model import UnknownSku
from chalicelib.kit import journal
from chalicelib.places.model import NoSuchLocation
from chalicelib.stock.count import count
from chalicelib.stock.model import (
    Level,
    MorePromised,
    NotPromised,
    NotYourLocation,
    OutOfStock,
    ShelfInUse,
    TooMuchAtOnce,
    allocation_movement,
)
from chalicelib.stock.movements import adjust, display, receive
from chalicelib.stock.save import TargetLevel, save_levels
from chalicelib.stock.shard import reshard
from chalicelib.stock.store import load_levels
from tests.shop import CUP, TEAPOT, open_shop, principal_of
from tests.stock.build import (
    STORE,
    WAREHOUSE,
    a_hold,
    a_level,
    an_allocation,
    commit_movements,
    load_level,
    load_stored_available,
    store_holds,
)

pytestmark = pytest.mark.usefixtures("aws")
JOKO, SINTA, OWNER = principal_of("warehouse-joko"), principal_of("cashier-sinta"), principal_of("owner-ratna")


def load_entry(answer: dict) -> dict:
    [entry] = journal.history(f"stock#{answer['id']}")
    return journal.row_to_message(entry)


def test_a_receipt_adds_units_and_is_recorded_with_actor_and_reason():
    open_shop(TEAPOT=1)

    answer = receive(JOKO, WAREHOUSE, {TEAPOT: 4, CUP: 2}, "delivery note 4711")

    assert (load_level(TEAPOT), load_level(CUP)) == (a_level(TEAPOT, on_hand=5), a_level(CUP, on_hand=2))
    entry = load_entry(answer)
    assert (entry["kind"], entry["actor"], entry["body"]["reason"]) == (
        *("StockReceived", "warehouse-joko"),
        "delivery note 4711",
    )
    assert entry["body"]["movements"] == [
        {"kind": "received", "sku": TEAPOT, "location": WAREHOUSE, "on_hand": 4},
        {"kind": "received", "sku": CUP, "location": WAREHOUSE, "on_hand": 2},
    ]


def test_a_receipt_is_refused_for_unknown_skus_and_locations_and_other_staff():
    open_shop()

    with pytest.raises(UnknownSku) as refusal:
        receive(JOKO, WAREHOUSE, {TEAPOT: 1, "NO-SUCH": 1}, "delivery")
    with pytest.raises(NoSuchLocation):
        receive(OWNER, "wh-atlantis", {TEAPOT: 1}, "delivery")
    with pytest.raises(NotYourLocation):
        receive(SINTA, WAREHOUSE, {TEAPOT: 1}, "delivery")

    assert refusal.value.facts["skus"] == ["NO-SUCH"]
    assert load_level(TEAPOT) is None


def test_an_adjustment_adds_and_subtracts_in_one_entry():
    open_shop(TEAPOT=5)

    answer = adjust(JOKO, WAREHOUSE, {TEAPOT: -2, CUP: 3}, "found behind the shelf")

    assert (load_level(TEAPOT), load_level(CUP)) == (a_level(TEAPOT, on_hand=3), a_level(CUP, on_hand=3))
    assert load_entry(answer)["kind"] == "StockAdjusted"


def test_an_adjustment_cannot_subtract_promised_units():
    open_shop(TEAPOT=5)
    commit_movements([allocation_movement(an_allocation(quantity=4))])

    with pytest.raises(OutOfStock) as refusal:
        adjust(JOKO, WAREHOUSE, {TEAPOT: -2}, "broken")

    assert refusal.value.facts["short"] == [{"sku": TEAPOT, "wanted": 2, "available": 1}]
    assert load_level(TEAPOT) == a_level(TEAPOT, on_hand=5, allocated=4)


def test_units_on_display_are_on_hand_but_not_available():
    open_shop(TEAPOT=5)

    display(JOKO, WAREHOUSE, {TEAPOT: 2}, "window")
    displayed = load_level(TEAPOT), load_stored_available(TEAPOT)
    display(JOKO, WAREHOUSE, {TEAPOT: -1}, "window")
    with pytest.raises(NotPromised):
        display(JOKO, WAREHOUSE, {TEAPOT: -2}, "window")

    assert displayed == (a_level(TEAPOT, on_hand=5, display=2), 3)
    assert load_level(TEAPOT) == a_level(TEAPOT, on_hand=5, display=1)


def test_a_count_adjusts_all_differences_in_one_entry():
    open_shop(TEAPOT=5, CUP=5)

    answer = count(JOKO, WAREHOUSE, {TEAPOT: 3, CUP: 5, "TRAY": 1}, "month end")

    assert answer["counted"] == [
        {"sku": TEAPOT, "expected": 5, "counted": 3, "variance": -2},
        {"sku": CUP, "expected": 5, "counted": 5, "variance": 0},
        {"sku": "TRAY", "expected": 0, "counted": 1, "variance": 1},
    ]
    entry = load_entry(answer)
    assert entry["kind"] == "StockCounted"
    assert entry["body"]["counted"] == [
        {"sku": TEAPOT, "expected": 5, "counted": 3},
        {"sku": CUP, "expected": 5, "counted": 5},
        {"sku": "TRAY", "expected": 0, "counted": 1},
    ]
    assert (
        entry["body"]["movements"]
        == answer["movements"]
        == [
            {"kind": "adjusted", "sku": TEAPOT, "location": WAREHOUSE, "on_hand": -2},
            {"kind": "adjusted", "sku": "TRAY", "location": WAREHOUSE, "on_hand": 1},
        ]
    )
    assert [load_level(sku).on_hand for sku in (TEAPOT, CUP, "TRAY")] == [3, 5, 1]


def test_a_count_without_differences_is_recorded_and_moves_nothing():
    open_shop(TEAPOT=5)

    answer = count(JOKO, WAREHOUSE, {TEAPOT: 5, CUP: 0}, "month end")

    assert answer["movements"] == []
    assert load_entry(answer)["body"]["counted"] == [
        {"sku": TEAPOT, "expected": 5, "counted": 5},
        {"sku": CUP, "expected": 0, "counted": 0},
    ]
    assert load_level(CUP) is None


def test_a_count_below_the_promised_units_is_refused():
    open_shop(TEAPOT=5)
    commit_movements([allocation_movement(an_allocation(quantity=4))])

    with pytest.raises(MorePromised) as refusal:
        count(JOKO, WAREHOUSE, {TEAPOT: 3}, "month end")

    assert refusal.value.facts == {"sku": TEAPOT, "location": WAREHOUSE, "promised": 4, "counted": 3}
    assert load_level(TEAPOT) == a_level(TEAPOT, on_hand=5, allocated=4)


def test_a_count_takes_from_lapsed_holds_before_it_refuses():
    open_shop(TEAPOT=5)
    store_holds(a_hold(4, minutes_left=-(10**7)))

    count(JOKO, WAREHOUSE, {TEAPOT: 1}, "month end")

    assert load_level(TEAPOT) == a_level(TEAPOT, on_hand=1)


def test_saving_the_same_levels_twice_changes_nothing_the_second_time():
    open_shop()
    targets = [TargetLevel(TEAPOT, 9, safety=2, display=3), TargetLevel(CUP, 0, safety=1)]

    first = save_levels(OWNER, STORE, targets)
    second = save_levels(OWNER, STORE, targets)
    third = save_levels(OWNER, STORE, [TargetLevel(TEAPOT, 0), TargetLevel(CUP, 4, safety=1)])

    assert (first, second, third) == (2, 0, 2)
    assert load_level(TEAPOT, STORE) == a_level(TEAPOT, STORE)
    assert load_level(CUP, STORE) == a_level(CUP, STORE, on_hand=4, safety=1)


def test_saving_levels_refuses_unknown_skus():
    open_shop()
    with pytest.raises(UnknownSku):
        save_levels(OWNER, STORE, [TargetLevel(f"SKU-{number}", 1) for number in range(90)])

    assert save_levels(OWNER, STORE, [TargetLevel(sku, 1) for sku in (TEAPOT, CUP, "RARE", "TRAY")]) == 4


def test_a_hot_sku_is_split_into_shards_and_merged_again():
    open_shop(TEAPOT=10)
    commit_movements([allocation_movement(an_allocation(quantity=1))])

    reshard(JOKO, WAREHOUSE, TEAPOT, 4, "flash sale")
    split = sorted((level.shard, level.available) for level in load_levels([(TEAPOT, WAREHOUSE)]))
    reshard(JOKO, WAREHOUSE, TEAPOT, 1, "over")

    assert split == [(0, 3), (1, 2), (2, 2), (3, 2)]
    assert load_level(TEAPOT) == a_level(TEAPOT, on_hand=10, allocated=1)
    assert load_level(TEAPOT, shard=3) == Level(TEAPOT, WAREHOUSE, 3)


def test_a_shard_with_promised_units_stays():
    open_shop(TEAPOT=4)
    reshard(JOKO, WAREHOUSE, TEAPOT, 2, "flash sale")
    commit_movements([allocation_movement(an_allocation(quantity=1, shard=1))])

    with pytest.raises(ShelfInUse):
        reshard(JOKO, WAREHOUSE, TEAPOT, 1, "over")

    assert load_level(TEAPOT, shard=1) == Level(TEAPOT, WAREHOUSE, 1, on_hand=2, allocated=1)


def test_a_count_of_a_sharded_sku_covers_all_shards():
    open_shop(TEAPOT=10)
    reshard(JOKO, WAREHOUSE, TEAPOT, 3, "flash sale")

    count(JOKO, WAREHOUSE, {TEAPOT: 2}, "month end")

    assert sum(level.on_hand for level in load_levels([(TEAPOT, WAREHOUSE)])) == 2


def test_more_than_fits_in_one_commit_is_refused_and_nothing_moves():
    open_shop(TEAPOT=64, CUP=64)
    for sku in (TEAPOT, CUP):
        reshard(JOKO, WAREHOUSE, sku, 64, "flash sale")

    with pytest.raises(TooMuchAtOnce):
        count(JOKO, WAREHOUSE, {TEAPOT: 0, CUP: 0}, "fire")

    assert sum(level.on_hand for level in load_levels([(TEAPOT, WAREHOUSE), (CUP, WAREHOUSE)])) == 128
