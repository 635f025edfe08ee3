"""Movements, levels, holds, transfers and shards as pure values."""

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


def test_every_transfer_status_is_reachable_and_known_and_ends_have_no_successor():
    reached, pending = set(), ["in_transit"]
    while pending:
        status = pending.pop()
        reached.add(status)
        pending += [target for target in TRANSFER_STATES[status] if target not in reached]

    assert reached == set(TRANSFER_STATES) == set(TransferStatus)
    assert {status for status, targets in TRANSFER_STATES.items() if not targets} == {"received", "cancelled"}


@pytest.mark.parametrize("builder", MOVEMENTS)
def test_a_movement_changes_the_quantities_of_its_kind(builder):
    kind, *deltas = MOVEMENTS[builder]

    movement = getattr(model, builder)(an_allocation(quantity=3, shard=2))

    assert movement == Movement(kind, "TEAPOT", WAREHOUSE, 2, *deltas)
    assert movement.available == deltas[0] - sum(deltas[1:])
    assert movement.kind in MovementKind


def test_available_units_are_neither_promised_nor_on_display():
    assert a_level(on_hand=20, reserved=1, allocated=3, display=5).available == 11


def test_an_allocation_as_json_names_its_shelf_only_beyond_the_first():
    body = {"sku": "TEAPOT", "location": WAREHOUSE, "quantity": 3}

    assert an_allocation(quantity=3).to_json() == body
    assert Allocation.from_json(body) == an_allocation(quantity=3)
    assert Allocation.from_json(an_allocation(quantity=3, shard=4).to_json()) == an_allocation(quantity=3, shard=4)


def test_an_order_gets_one_hold_per_allocation():
    allocations = [an_allocation(quantity=3, shard=1), an_allocation("CUP", 2, VAN)]

    holds = build_holds(allocations, "ord_1", NOON)

    assert holds == [Hold("TEAPOT", WAREHOUSE, 1, "ord_1", 3, NOON), Hold("CUP", VAN, 0, "ord_1", 2, NOON)]
    assert [hold.allocation for hold in holds] == allocations


def test_movements_of_one_level_are_summed_under_the_kind_of_the_first():
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


def test_expected_units_are_summed_replayed_and_applied_like_units_on_hand():
    friday = 20261127
    ledger = [
        expected_movement(an_allocation(quantity=5, shard=friday)),
        expected_movement(an_allocation(quantity=-2, shard=friday)),
    ]
    level = a_level(shard=friday, expected=4)

    assert sum_movements(ledger) == {level.level_id: Movement("expected", *level.level_id, expected=3)}
    assert replay_levels(ledger) == {level.level_id: a_level(shard=friday, expected=3)}
    assert apply_movements([level], ledger) == [a_level(shard=friday, expected=7)]


def test_applying_movements_changes_their_levels_and_no_others():
    level, other = a_level(on_hand=20, reserved=4, allocated=5, display=6), a_level("CUP", on_hand=1)

    assert apply_movements([level, other], [a_movement("adjusted", 1, 2, 3, 4)]) == [
        a_level(on_hand=21, reserved=6, allocated=8, display=10),
        other,
    ]


def test_displayed_units_are_taken_back_from_the_shards_that_have_them():
    shards = [a_level(display=2), a_level(shard=1), a_level(display=1, shard=2), a_level(display=9, shard=3)]

    assert take_from_display(shards, 5) == [
        an_allocation(quantity=2),
        an_allocation(shard=2),
        an_allocation(quantity=2, shard=3),
    ]
    assert take_from_display(shards[:1], 2) == [an_allocation(quantity=2)]


def test_more_than_is_on_display_cannot_be_taken_back():
    with pytest.raises(NotPromised) as refusal:
        take_from_display([a_level(display=2)], 3)

    assert refusal.value.facts == {"sku": "TEAPOT", "location": WAREHOUSE}


def test_part_of_a_transfer_arrives_then_the_rest():
    transfer = a_transfer(TransferLine("TEAPOT", 5), TransferLine("CUP", 1))

    part = receive_transfer_lines(transfer, {"TEAPOT": 3, "CUP": 1})
    whole = receive_transfer_lines(part, part.outstanding)

    assert (part.status, part.outstanding) == ("partially_received", {"TEAPOT": 2})
    assert (whole.status, whole.outstanding) == ("received", {})


def test_more_than_was_sent_cannot_arrive():
    transfer = a_transfer(TransferLine("TEAPOT", 5, received=3))

    with pytest.raises(MoreThanSent) as too_many:
        receive_transfer_lines(transfer, {"TEAPOT": 3})
    with pytest.raises(MoreThanSent) as not_sent:
        receive_transfer_lines(transfer, {"CUP": 1})

    assert too_many.value.facts == {"sku": "TEAPOT", "quantity": 3, "outstanding": 2}
    assert not_sent.value.facts == {"sku": "CUP", "quantity": 1, "outstanding": 0}


def test_a_partially_received_transfer_can_be_cancelled():
    transfer = a_transfer(TransferLine("TEAPOT", 5, received=3), status="partially_received")

    assert cancel_transfer(transfer) == replace(transfer, status="cancelled")


@pytest.mark.parametrize("status", ["received", "cancelled"])
def test_a_closed_transfer_can_neither_be_received_nor_cancelled(status):
    closed = a_transfer(TransferLine("TEAPOT", 5), status=status)

    with pytest.raises(TransferClosed) as receiving:
        receive_transfer_lines(closed, {"TEAPOT": 1})
    with pytest.raises(TransferClosed) as cancelling:
        cancel_transfer(closed)

    assert receiving.value.facts == cancelling.value.facts == {"transfer": "trf_1", "transfer_status": status}


def test_free_units_are_spread_evenly_over_shards_and_promised_units_stay():
    levels = [a_level(on_hand=12, allocated=2)]

    movements = balance_shards(levels, 4)
    after = {
        level.shard: level for level in apply_movements([*levels, *(a_level(shard=n) for n in (1, 2, 3))], movements)
    }

    assert [after[shard].available for shard in range(4)] == [3, 3, 2, 2]
    assert sum(movement.on_hand for movement in movements) == 0
    assert after[0].allocated == 2


def test_a_shard_with_promised_units_cannot_be_removed():
    levels = [a_level(on_hand=3, shard_count=2), a_level(on_hand=3, reserved=1, shard=1)]

    with pytest.raises(ShelfInUse) as refusal:
        balance_shards(levels, 1)

    assert refusal.value.facts == {"sku": "TEAPOT", "location": WAREHOUSE, "shelf": 1}
    assert balance_shards([levels[0], a_level(on_hand=3, shard=1)], 1) == [
        Movement("transferred", "TEAPOT", WAREHOUSE, 0, 3),
        Movement("transferred", "TEAPOT", WAREHOUSE, 1, -3),
    ]
