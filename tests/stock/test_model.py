"""States, the ledger's lines, and shelves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.stock import model
from chalicelib.stock.model import (
    TRANSFER_STATES,
    Allocation,
    Hold,
    MoreThanSent,
    Movement,
    MovementKind,
    NotPromised,
    ShelfInUse,
    Transfer,
    TransferClosed,
    TransferLine,
    TransferStatus,
    apply_movements,
    balance_shards,
    build_holds,
    cancel_transfer,
    expected_movement,
    receive_transfer_lines,
    replay_levels,
    sum_movements,
    take_from_display,
)
from tests.stock.build import NOON, VAN, WAREHOUSE, a_level, an_allocation

MOVEMENTS = {  # of three units: kind, and by how much on_hand, reserved, allocated, display change
    "receipt_movement": ["received", 3, 0, 0, 0],
    "reservation_movement": ["reserved", 0, 3, 0, 0],
    "hold_release_movement": ["released", 0, -3, 0, 0],
    "allocation_movement": ["allocated", 0, 0, 3, 0],
    "allocation_release_movement": ["released", 0, 0, -3, 0],
    "issue_movement": ["issued", -3, 0, -3, 0],
    "direct_issue_movement": ["issued", -3, 0, 0, 0],
    "return_movement": ["returned", 3, 0, 0, 0],
    "surplus_movement": ["adjusted", 3, 0, 0, 0],
    "shortage_movement": ["adjusted", -3, 0, 0, 0],
    "transfer_out_movement": ["transferred", -3, 0, 0, 0],
    "transfer_in_movement": ["transferred", 3, 0, 0, 0],
    "display_movement": ["adjusted", 0, 0, 0, 3],
    "display_return_movement": ["adjusted", 0, 0, 0, -3],
}


def a_transfer(*lines: TransferLine, status: str = "in_transit") -> Transfer:
    return Transfer("trf_1", WAREHOUSE, VAN, status, lines, NOON, "warehouse-joko")


def a_movement(kind: str, *deltas: int) -> Movement:
    return Movement(kind, "TEAPOT", WAREHOUSE, 0, *deltas)


def test_every_transfer_state_is_reached_known_and_ends_end():
    reached, todo = set(), ["in_transit"]
    while todo:
        state = todo.pop()
        reached.add(state)
        todo += [target for target in TRANSFER_STATES[state] if target not in reached]

    assert reached == set(TRANSFER_STATES) == set(TransferStatus)
    assert {state for state, targets in TRANSFER_STATES.items() if not targets} == {"received", "cancelled"}


@pytest.mark.parametrize("how", MOVEMENTS)
def test_a_movement_changes_what_it_says(how):
    kind, *deltas = MOVEMENTS[how]

    movement = getattr(model, how)(an_allocation(quantity=3, shard=2))

    assert movement == Movement(kind, "TEAPOT", WAREHOUSE, 2, *deltas)
    assert movement.available == deltas[0] - sum(deltas[1:])
    assert movement.kind in MovementKind


def test_available_is_what_is_neither_promised_nor_shown():
    assert a_level(on_hand=20, reserved=1, allocated=3, display=5).available == 11


def test_a_piece_names_its_shelf_only_when_there_is_more_than_one():
    said = {"sku": "TEAPOT", "location": WAREHOUSE, "quantity": 3}

    assert an_allocation(quantity=3).to_json() == said
    assert Allocation.from_json(said) == an_allocation(quantity=3)
    assert Allocation.from_json(an_allocation(quantity=3, shard=4).to_json()) == an_allocation(quantity=3, shard=4)


def test_an_order_on_hold_holds_each_of_its_pieces_until_then():
    pieces = [an_allocation(quantity=3, shard=1), an_allocation("CUP", 2, VAN)]

    holds = build_holds(pieces, "ord_1", NOON)

    assert holds == [Hold("TEAPOT", WAREHOUSE, 1, "ord_1", 3, NOON), Hold("CUP", VAN, 0, "ord_1", 2, NOON)]
    assert [hold.allocation for hold in holds] == pieces


def test_movements_of_one_level_become_their_sum_under_the_first_ones_name():
    movements = [a_movement("allocated", 7, 5, 3, 2), a_movement("issued", 1, 1, 1, 1)]

    assert sum_movements([*movements, model.receipt_movement(an_allocation("CUP"))]) == {
        ("TEAPOT", WAREHOUSE, 0): a_movement("allocated", 8, 6, 4, 3),
        ("CUP", WAREHOUSE, 0): model.receipt_movement(an_allocation("CUP")),
    }


def test_a_ledger_replays_into_its_levels():
    ledger = [
        a_movement("received", 20, 1, 3, 4),
        model.reservation_movement(an_allocation(quantity=2)),
        model.transfer_out_movement(an_allocation()),
    ]

    assert replay_levels(ledger) == {("TEAPOT", WAREHOUSE, 0): a_level(on_hand=19, reserved=3, allocated=3, display=4)}


def test_what_is_expected_is_summed_replayed_and_applied_like_what_is_there():
    friday = 20261127
    ledger = [
        expected_movement(an_allocation(quantity=5, shard=friday)),
        expected_movement(an_allocation(quantity=-2, shard=friday)),
    ]
    level = a_level(shard=friday, expected=4)

    assert sum_movements(ledger) == {level.level_id: Movement("expected", *level.level_id, expected=3)}
    assert replay_levels(ledger) == {level.level_id: a_level(shard=friday, expected=3)}
    assert apply_movements([level], ledger) == [a_level(shard=friday, expected=7)]


def test_levels_are_left_as_movements_say_and_others_as_they_are():
    level, other = a_level(on_hand=20, reserved=4, allocated=5, display=6), a_level("CUP", on_hand=1)

    assert apply_movements([level, other], [a_movement("adjusted", 1, 2, 3, 4)]) == [
        a_level(on_hand=21, reserved=6, allocated=8, display=10),
        other,
    ]


def test_shown_units_are_taken_back_from_the_shelves_that_show_them():
    shelves = [a_level(display=2), a_level(shard=1), a_level(display=1, shard=2), a_level(display=9, shard=3)]

    assert take_from_display(shelves, 5) == [
        an_allocation(quantity=2),
        an_allocation(shard=2),
        an_allocation(quantity=2, shard=3),
    ]
    assert take_from_display(shelves[:1], 2) == [an_allocation(quantity=2)]


def test_more_than_is_shown_cannot_be_taken_back():
    with pytest.raises(NotPromised) as refused:
        take_from_display([a_level(display=2)], 3)

    assert refused.value.facts == {"sku": "TEAPOT", "location": WAREHOUSE}


def test_part_of_a_transfer_arrives_then_the_rest():
    transfer = a_transfer(TransferLine("TEAPOT", 5), TransferLine("CUP", 1))

    part = receive_transfer_lines(transfer, {"TEAPOT": 3, "CUP": 1})
    whole = receive_transfer_lines(part, part.outstanding)

    assert (part.status, part.outstanding) == ("partially_received", {"TEAPOT": 2})
    assert (whole.status, whole.outstanding) == ("received", {})


def test_more_than_was_sent_cannot_arrive():
    transfer = a_transfer(TransferLine("TEAPOT", 5, received=3))

    with pytest.raises(MoreThanSent) as more:
        receive_transfer_lines(transfer, {"TEAPOT": 3})
    with pytest.raises(MoreThanSent) as other:
        receive_transfer_lines(transfer, {"CUP": 1})

    assert more.value.facts == {"sku": "TEAPOT", "quantity": 3, "outstanding": 2}
    assert other.value.facts == {"sku": "CUP", "quantity": 1, "outstanding": 0}


def test_what_is_on_its_way_can_be_called_off():
    transfer = a_transfer(TransferLine("TEAPOT", 5, received=3), status="partially_received")

    assert cancel_transfer(transfer) == replace(transfer, status="cancelled")


@pytest.mark.parametrize("status", ["received", "cancelled"])
def test_a_transfer_that_is_over_stays_over(status):
    over = a_transfer(TransferLine("TEAPOT", 5), status=status)

    with pytest.raises(TransferClosed) as arriving:
        receive_transfer_lines(over, {"TEAPOT": 1})
    with pytest.raises(TransferClosed) as calling_off:
        cancel_transfer(over)

    assert arriving.value.facts == calling_off.value.facts == {"transfer": "trf_1", "status": status}


def test_shelves_are_filled_evenly_and_promised_units_stay():
    levels = [a_level(on_hand=12, allocated=2)]

    movements = balance_shards(levels, 4)
    after = {
        level.shard: level for level in apply_movements([*levels, *(a_level(shard=n) for n in (1, 2, 3))], movements)
    }

    assert [after[shelf].available for shelf in range(4)] == [3, 3, 2, 2]
    assert sum(movement.on_hand for movement in movements) == 0
    assert after[0].allocated == 2


def test_a_shelf_that_holds_a_promise_does_not_go_away():
    levels = [a_level(on_hand=3, shard_count=2), a_level(on_hand=3, reserved=1, shard=1)]

    with pytest.raises(ShelfInUse) as refused:
        balance_shards(levels, 1)

    assert refused.value.facts == {"sku": "TEAPOT", "location": WAREHOUSE, "shelf": 1}

    assert balance_shards([levels[0], a_level(on_hand=3, shard=1)], 1) == [
        Movement("transferred", "TEAPOT", WAREHOUSE, 0, 3),
        Movement("transferred", "TEAPOT", WAREHOUSE, 1, -3),
    ]
