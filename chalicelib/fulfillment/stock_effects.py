"""What a step does to stock, said once for both kinds of promise: units on hold, and units firmly allocated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from chalicelib.kit import clock
from chalicelib.kit.db import Write
from chalicelib.orders.model import Order
from chalicelib.stock.model import (
    Allocation,
    Hold,
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
from chalicelib.stock.store import build_level_writes, load_holds, put_hold, take_lapsed_hold


@dataclass(frozen=True)
class StockEffect:
    """Movements for the journal and the level updates, and beside them the hold rows that come and go."""

    movements: tuple[Movement, ...] = ()
    hold_writes: tuple[Write, ...] = field(default=())

    def __add__(self, other: StockEffect) -> StockEffect:
        return StockEffect(self.movements + other.movements, self.hold_writes + other.hold_writes)

    @property
    def writes(self) -> list[Write]:
        """Holds before levels: where somebody was quicker with both, the hold's no tells to decide anew."""
        return [*self.hold_writes, *build_level_writes(self.movements)]


def release(order: Order, allocations: Sequence[Allocation]) -> StockEffect:
    """The goods stay where they are and can be promised to others. A hold that lapsed and was taken is gone already."""
    if order.reserved_until is None:
        return _effect_of(allocation_release_movement, allocations)
    return release_holds(load_holds(order.id, allocations, order.reserved_until))


def promise(order: Order, allocations: Sequence[Allocation]) -> StockEffect:
    """Promised here, as firmly as before: a hold keeps the end it had wherever it moves."""
    if order.reserved_until is None:
        return _effect_of(allocation_movement, allocations)
    made = build_holds(allocations, order.id, order.reserved_until)
    return _effect_of(reservation_movement, allocations) + StockEffect(
        hold_writes=tuple(put_hold(hold) for hold in made)
    )


def release_holds(lapsed: Iterable[Hold]) -> StockEffect:
    """Ends these holds; whoever does so may promise their units again."""
    ended = tuple(lapsed)
    return StockEffect(
        tuple(hold_release_movement(hold.allocation) for hold in ended), tuple(take_lapsed_hold(hold) for hold in ended)
    )


def issue(allocations: Sequence[Allocation]) -> StockEffect:
    return _effect_of(issue_movement, allocations)


def return_to_stock(allocations: Sequence[Allocation]) -> StockEffect:
    return _effect_of(return_movement, allocations)


def write_off(allocations: Sequence[Allocation]) -> StockEffect:
    return _effect_of(
        lambda allocation: surplus_movement(
            Allocation(allocation.sku, allocation.location, -allocation.quantity, allocation.shard)
        ),
        allocations,
    )


def _effect_of(how: Callable[[Allocation], Movement], allocations: Sequence[Allocation]) -> StockEffect:
    return StockEffect(tuple(how(allocation) for allocation in allocations))


def holds_until(order: Order) -> str:
    return clock.iso(order.reserved_until) if order.reserved_until else ""
