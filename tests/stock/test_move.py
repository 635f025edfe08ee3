"""Receiving, adjusting, showing, counting, keeping, spreading."""

from __future__ import annotations

import pytest

from chalicelib.catalog.model import UnknownSku
from chalicelib.kit import journal
from chalicelib.stock.count import count
from chalicelib.stock.keep import Kept, keep_levels
from chalicelib.stock.model import (
    Level,
    MorePromised,
    NoSuchLocation,
    NotPromised,
    NotYourLocation,
    OutOfStock,
    ShelfInUse,
    TooMuchAtOnce,
    allocated,
)
from chalicelib.stock.move import adjust, display, receive
from chalicelib.stock.spread import spread
from chalicelib.stock.store import load_levels
from tests.shop import CUP, TEAPOT, open_shop, who
from tests.stock.build import STORE, WAREHOUSE, a_hold, a_level, a_piece, held, moved, stored_available, the_level

pytestmark = pytest.mark.usefixtures("aws")
JOKO, SINTA, OWNER = who("warehouse-joko"), who("cashier-sinta"), who("owner-ratna")


def entry_of(answer: dict) -> dict:
    [entry] = journal.history(f"stock#{answer['id']}")
    return journal.entry_to_message(entry)


def test_what_is_received_is_there_and_written_down_with_who_and_why():
    open_shop(TEAPOT=1)

    answer = receive(JOKO, WAREHOUSE, {TEAPOT: 4, CUP: 2}, "delivery note 4711")

    assert (the_level(TEAPOT), the_level(CUP)) == (a_level(TEAPOT, on_hand=5), a_level(CUP, on_hand=2))
    told = entry_of(answer)
    assert (told["kind"], told["actor"], told["body"]["reason"]) == (
        *("StockReceived", "warehouse-joko"),
        "delivery note 4711",
    )
    assert told["body"]["movements"] == [
        {"kind": "received", "sku": TEAPOT, "location": WAREHOUSE, "on_hand": 4},
        {"kind": "received", "sku": CUP, "location": WAREHOUSE, "on_hand": 2},
    ]


def test_what_we_do_not_sell_is_not_received_anywhere():
    open_shop()

    with pytest.raises(UnknownSku) as refusal:
        receive(JOKO, WAREHOUSE, {TEAPOT: 1, "NO-SUCH": 1}, "delivery")
    with pytest.raises(NoSuchLocation):
        receive(OWNER, "wh-atlantis", {TEAPOT: 1}, "delivery")
    with pytest.raises(NotYourLocation):
        receive(SINTA, WAREHOUSE, {TEAPOT: 1}, "delivery")

    assert refusal.value.facts["skus"] == ["NO-SUCH"]
    assert the_level(TEAPOT) is None


def test_an_adjustment_goes_up_and_down_in_one_entry():
    open_shop(TEAPOT=5)

    answer = adjust(JOKO, WAREHOUSE, {TEAPOT: -2, CUP: 3}, "found behind the shelf")

    assert (the_level(TEAPOT), the_level(CUP)) == (a_level(TEAPOT, on_hand=3), a_level(CUP, on_hand=3))
    assert entry_of(answer)["kind"] == "StockAdjusted"


def test_what_is_promised_cannot_be_adjusted_away():
    open_shop(TEAPOT=5)
    moved([allocated(a_piece(quantity=4))])

    with pytest.raises(OutOfStock) as refusal:
        adjust(JOKO, WAREHOUSE, {TEAPOT: -2}, "broken")

    assert refusal.value.facts["short"] == [{"sku": TEAPOT, "wanted": 2, "available": 1}]
    assert the_level(TEAPOT) == a_level(TEAPOT, on_hand=5, allocated=4)


def test_units_on_display_are_there_but_not_for_sale():
    open_shop(TEAPOT=5)

    display(JOKO, WAREHOUSE, {TEAPOT: 2}, "window")
    shown = the_level(TEAPOT), stored_available(TEAPOT)
    display(JOKO, WAREHOUSE, {TEAPOT: -1}, "window")
    with pytest.raises(NotPromised):
        display(JOKO, WAREHOUSE, {TEAPOT: -2}, "window")

    assert shown == (a_level(TEAPOT, on_hand=5, display=2), 3)
    assert the_level(TEAPOT) == a_level(TEAPOT, on_hand=5, display=1)


def test_a_count_writes_one_adjustment_for_what_differs():
    open_shop(TEAPOT=5, CUP=5)

    answer = count(JOKO, WAREHOUSE, {TEAPOT: 3, CUP: 5, "TRAY": 1}, "month end")

    assert answer["counted"] == [
        {"sku": TEAPOT, "expected": 5, "counted": 3, "variance": -2},
        {"sku": CUP, "expected": 5, "counted": 5, "variance": 0},
        {"sku": "TRAY", "expected": 0, "counted": 1, "variance": 1},
    ]
    told = entry_of(answer)
    assert told["kind"] == "StockCounted"
    assert told["body"]["counted"] == [
        {"sku": TEAPOT, "expected": 5, "counted": 3},
        {"sku": CUP, "expected": 5, "counted": 5},
        {"sku": "TRAY", "expected": 0, "counted": 1},
    ]
    assert (
        told["body"]["movements"]
        == answer["movements"]
        == [
            {"kind": "adjusted", "sku": TEAPOT, "location": WAREHOUSE, "on_hand": -2},
            {"kind": "adjusted", "sku": "TRAY", "location": WAREHOUSE, "on_hand": 1},
        ]
    )
    assert [the_level(sku).on_hand for sku in (TEAPOT, CUP, "TRAY")] == [3, 5, 1]


def test_a_count_that_finds_all_as_written_moves_nothing_and_says_so():
    open_shop(TEAPOT=5)

    answer = count(JOKO, WAREHOUSE, {TEAPOT: 5, CUP: 0}, "month end")

    assert answer["movements"] == []
    assert entry_of(answer)["body"]["counted"] == [
        {"sku": TEAPOT, "expected": 5, "counted": 5},
        {"sku": CUP, "expected": 0, "counted": 0},
    ]
    assert the_level(CUP) is None


def test_fewer_than_promised_is_settled_with_their_orders_first():
    open_shop(TEAPOT=5)
    moved([allocated(a_piece(quantity=4))])

    with pytest.raises(MorePromised) as refusal:
        count(JOKO, WAREHOUSE, {TEAPOT: 3}, "month end")

    assert refusal.value.facts == {"sku": TEAPOT, "location": WAREHOUSE, "promised": 4, "counted": 3}
    assert the_level(TEAPOT) == a_level(TEAPOT, on_hand=5, allocated=4)


def test_a_count_takes_from_lapsed_holds_before_it_refuses():
    open_shop(TEAPOT=5)
    held(a_hold(4, minutes_left=-(10**7)))

    count(JOKO, WAREHOUSE, {TEAPOT: 1}, "month end")

    assert the_level(TEAPOT) == a_level(TEAPOT, on_hand=1)


def test_taking_stock_over_twice_changes_nothing_the_second_time():
    open_shop()
    kept = [Kept(TEAPOT, 9, safety=2, display=3), Kept(CUP, 0, safety=1)]

    first = keep_levels(OWNER, STORE, kept)
    second = keep_levels(OWNER, STORE, kept)
    third = keep_levels(OWNER, STORE, [Kept(TEAPOT, 0), Kept(CUP, 4, safety=1)])

    assert (first, second, third) == (2, 0, 2)
    assert the_level(TEAPOT, STORE) == a_level(TEAPOT, STORE)
    assert the_level(CUP, STORE) == a_level(CUP, STORE, on_hand=4, safety=1)


def test_many_levels_are_taken_over_in_several_commits():
    open_shop()
    with pytest.raises(UnknownSku):
        keep_levels(OWNER, STORE, [Kept(f"SKU-{number}", 1) for number in range(90)])

    assert keep_levels(OWNER, STORE, [Kept(sku, 1) for sku in (TEAPOT, CUP, "RARE", "TRAY")]) == 4


def test_a_hot_sku_is_spread_and_gathered_again():
    open_shop(TEAPOT=10)
    moved([allocated(a_piece(quantity=1))])

    spread(JOKO, WAREHOUSE, TEAPOT, 4, "flash sale")
    wide = sorted((level.shelf, level.available) for level in load_levels([(TEAPOT, WAREHOUSE)]))
    spread(JOKO, WAREHOUSE, TEAPOT, 1, "over")

    assert wide == [(0, 3), (1, 2), (2, 2), (3, 2)]
    assert the_level(TEAPOT) == a_level(TEAPOT, on_hand=10, allocated=1)
    assert the_level(TEAPOT, shelf=3) == Level(TEAPOT, WAREHOUSE, 3)


def test_a_shelf_with_a_promise_on_it_stays():
    open_shop(TEAPOT=4)
    spread(JOKO, WAREHOUSE, TEAPOT, 2, "flash sale")
    moved([allocated(a_piece(quantity=1, shelf=1))])

    with pytest.raises(ShelfInUse):
        spread(JOKO, WAREHOUSE, TEAPOT, 1, "over")

    assert the_level(TEAPOT, shelf=1) == Level(TEAPOT, WAREHOUSE, 1, on_hand=2, allocated=1)


def test_counting_a_spread_sku_counts_all_its_shelves():
    open_shop(TEAPOT=10)
    spread(JOKO, WAREHOUSE, TEAPOT, 3, "flash sale")

    count(JOKO, WAREHOUSE, {TEAPOT: 2}, "month end")

    assert sum(level.on_hand for level in load_levels([(TEAPOT, WAREHOUSE)])) == 2


def test_more_than_fits_in_one_commit_is_refused_and_nothing_moves():
    open_shop(TEAPOT=64, CUP=64)
    for sku in (TEAPOT, CUP):
        spread(JOKO, WAREHOUSE, sku, 64, "flash sale")

    with pytest.raises(TooMuchAtOnce):
        count(JOKO, WAREHOUSE, {TEAPOT: 0, CUP: 0}, "fire")

    assert sum(level.on_hand for level in load_levels([(TEAPOT, WAREHOUSE), (CUP, WAREHOUSE)])) == 128
