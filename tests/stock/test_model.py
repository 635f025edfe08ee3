"""States, the ledger's lines, and shelves."""

from __future__ import annotations

import pytest

from chalicelib.stock import model
from chalicelib.stock.model import (
    KINDS,
    TRANSFER_STATES,
    MoreThanSent,
    Movement,
    Piece,
    ShelfInUse,
    Transfer,
    TransferClosed,
    TransferLine,
    applied,
    called_off,
    evenly,
    receive_into,
    replayed,
)
from tests.stock.build import NOON, VAN, WAREHOUSE, a_level, a_piece

HOWS = ("received", "reserved", "released_hold", "allocated", "released_allocation", "issued", "issued_directly")
HOWS += ("returned", "adjusted", "missing", "sent", "arrived", "displayed", "put_back")


def a_transfer(*lines: TransferLine, status: str = "in_transit") -> Transfer:
    return Transfer("trf_1", WAREHOUSE, VAN, status, lines, NOON, "warehouse-joko")


def test_every_transfer_state_is_reached_known_and_ends_end():
    reached, todo = set(), ["in_transit"]
    while todo:
        state = todo.pop()
        reached.add(state)
        todo += [target for target in TRANSFER_STATES[state] if target not in reached]

    assert reached == set(TRANSFER_STATES)
    assert {state for state, targets in TRANSFER_STATES.items() if not targets} == {"received", "cancelled"}


@pytest.mark.parametrize("how", HOWS)
def test_a_movement_survives_the_journal_and_speaks_the_glossary(how):
    movement = getattr(model, how)(a_piece(quantity=3, shelf=2))

    assert Movement.of(movement.as_list()) == movement
    assert movement.kind in KINDS
    assert movement.available in (-3, 0, 3)


def test_a_piece_names_its_shelf_only_when_there_is_more_than_one():
    assert a_piece(quantity=3).as_json() == {"sku": "TEAPOT", "location": WAREHOUSE, "quantity": 3}
    assert Piece.of(a_piece(quantity=3, shelf=4).as_json()) == a_piece(quantity=3, shelf=4)


def test_a_ledger_replays_into_its_levels():
    ledger = [model.received(a_piece(quantity=5)), model.reserved(a_piece(quantity=2)), model.sent(a_piece(quantity=1))]

    assert replayed(ledger) == {("TEAPOT", WAREHOUSE, 0): a_level(on_hand=4, reserved=2)}


def test_part_of_a_transfer_arrives_then_the_rest():
    transfer = a_transfer(TransferLine("TEAPOT", 5), TransferLine("CUP", 1))

    part = receive_into(transfer, {"TEAPOT": 3, "CUP": 1})
    whole = receive_into(part, part.outstanding)

    assert (part.status, part.outstanding) == ("partially_received", {"TEAPOT": 2})
    assert (whole.status, whole.outstanding) == ("received", {})


def test_more_than_was_sent_cannot_arrive():
    transfer = a_transfer(TransferLine("TEAPOT", 5, received=3))

    with pytest.raises(MoreThanSent):
        receive_into(transfer, {"TEAPOT": 3})
    with pytest.raises(MoreThanSent):
        receive_into(transfer, {"CUP": 1})


@pytest.mark.parametrize("status", ["received", "cancelled"])
def test_a_transfer_that_is_over_stays_over(status):
    over = a_transfer(TransferLine("TEAPOT", 5), status=status)

    with pytest.raises(TransferClosed):
        receive_into(over, {"TEAPOT": 1})
    with pytest.raises(TransferClosed):
        called_off(over)


def test_shelves_are_filled_evenly_and_promised_units_stay():
    levels = [a_level(on_hand=12, allocated=2)]

    movements = evenly(levels, 4)
    after = {level.shelf: level for level in applied([*levels, *(a_level(shelf=n) for n in (1, 2, 3))], movements)}

    assert [after[shelf].available for shelf in range(4)] == [3, 3, 2, 2]
    assert sum(movement.on_hand for movement in movements) == 0
    assert after[0].allocated == 2


def test_a_shelf_that_holds_a_promise_does_not_go_away():
    levels = [a_level(on_hand=3, shelves=2), a_level(on_hand=3, reserved=1, shelf=1)]

    with pytest.raises(ShelfInUse):
        evenly(levels, 1)

    assert evenly([levels[0], a_level(on_hand=3, shelf=1)], 1) == [
        Movement("transferred", "TEAPOT", WAREHOUSE, 0, 3),
        Movement("transferred", "TEAPOT", WAREHOUSE, 1, -3),
    ]
