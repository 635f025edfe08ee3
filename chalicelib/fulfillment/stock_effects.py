"""Stock movements and writes of fulfillment, for both units on hold and units allocated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.kit import clock
from chalicelib.kit.db import Write
from chalicelib.orders.model import Order
from chalicelib.stock.model import (
    Allocation,
    Hold,
    HoldGone,
    LevelId,
    Movement,
    allocation_movement,
    allocation_release_movement,
    build_holds,
    hold_release_movement,
    issue_movement,
    reservation_movement,
    return_movement,
    surplus_movement,
)
from chalicelib.stock.store import build_level_writes, delete_hold, load_holds, put_hold, shrink_hold, take_lapsed_hold


@dataclass(frozen=True)
class StockEffect:
    """Movements, which go into the journal and update levels, and writes of hold rows. Effects can be added."""

    movements: tuple[Movement, ...] = ()
    hold_writes: tuple[Write, ...] = field(default=())

    def __add__(self, other: StockEffect) -> StockEffect:
        return StockEffect(self.movements + other.movements, self.hold_writes + other.hold_writes)

    @property
    def writes(self) -> list[Write]:
        """Return hold writes before level writes: if both conflict, the hold's StaleVersion leads to a retry."""
        return [*self.hold_writes, *build_level_writes(self.movements)]


def release(order: Order, allocations: Sequence[Allocation]) -> StockEffect:
    """Make an order's units available again at their level. Lapsed holds that were already taken are skipped."""
    if order.reserved_until is None:
        return _effect_of(allocation_release_movement, allocations)
    return release_holds(load_holds(order.id, allocations, order.reserved_until))


def promise(order: Order, allocations: Sequence[Allocation]) -> StockEffect:
    """Reserve the units for an order on hold, until the same instant as before, or else allocate them."""
    if order.reserved_until is None:
        return _effect_of(allocation_movement, allocations)
    holds = build_holds(allocations, order.id, order.reserved_until)
    return _effect_of(reservation_movement, allocations) + StockEffect(
        hold_writes=tuple(put_hold(hold) for hold in holds)
    )


def release_part(order: Order, allocations: Sequence[Allocation]) -> StockEffect:
    """Make some of an order's units available again; the rest of each hold stays until the same instant."""
    if order.reserved_until is None:
        return _effect_of(allocation_release_movement, allocations)
    units: dict[LevelId, int] = {}
    for allocation in allocations:
        units[allocation.level_id] = units.get(allocation.level_id, 0) + allocation.quantity
    levels = [Allocation(sku, location, 0, shard) for sku, location, shard in units]
    movements: list[Movement] = []
    writes: list[Write] = []
    for hold in load_holds(order.id, levels, order.reserved_until):
        quantity = min(units[hold.allocation.level_id], hold.quantity)
        movements.append(hold_release_movement(replace(hold.allocation, quantity=quantity)))
        rest = hold.quantity - quantity
        writes.append(shrink_hold(hold, rest) if rest else take_lapsed_hold(hold))
    return StockEffect(tuple(movements), tuple(writes))


def allocate_rest(order: Order, remaining: Sequence[Allocation]) -> StockEffect:
    """Release all holds of an order and allocate the `remaining` units. Raises HoldGone if a hold lapsed and was taken.

    It applies when cancelled units leave nothing of the order to be paid by transfer.
    """
    assert order.reserved_until is not None  # nosec B101 - checked by the caller
    holds = load_holds(order.id, order.allocations, order.reserved_until)
    held = {hold.allocation.level_id for hold in holds}
    for allocation in remaining:
        if allocation.level_id not in held:
            raise HoldGone(sku=allocation.sku, location=allocation.location)
    released = _effect_of(hold_release_movement, [hold.allocation for hold in holds])
    writes = tuple(delete_hold(hold) for hold in holds)
    return released + _effect_of(allocation_movement, remaining) + StockEffect(hold_writes=writes)


def release_holds(holds: Iterable[Hold]) -> StockEffect:
    """Delete these holds and make their units available again."""
    ended = tuple(holds)
    return StockEffect(
        tuple(hold_release_movement(hold.allocation) for hold in ended), tuple(take_lapsed_hold(hold) for hold in ended)
    )


def issue(allocations: Sequence[Allocation]) -> StockEffect:
    """Take allocated units out of stock: they leave the location."""
    return _effect_of(issue_movement, allocations)


def return_to_stock(allocations: Sequence[Allocation]) -> StockEffect:
    """Put units that came back on hand at the level they left."""
    return _effect_of(return_movement, allocations)


def write_off(allocations: Sequence[Allocation]) -> StockEffect:
    """Remove units from on-hand stock."""
    return _effect_of(
        lambda allocation: surplus_movement(
            Allocation(allocation.sku, allocation.location, -allocation.quantity, allocation.shard)
        ),
        allocations,
    )


def _effect_of(build_movement: Callable[[Allocation], Movement], allocations: Sequence[Allocation]) -> StockEffect:
    return StockEffect(tuple(build_movement(allocation) for allocation in allocations))


def holds_until(order: Order) -> str:
    """Return the expiry of the order's holds as an ISO instant, or an empty string without holds."""
    return clock.iso(order.reserved_until) if order.reserved_until else ""
