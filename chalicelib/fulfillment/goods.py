"""What a step does to stock, said once for both kinds of promise: units on hold, and units firmly allocated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from chalicelib.kit import clock
from chalicelib.kit.db import Write
from chalicelib.orders.model import Order
from chalicelib.stock.model import (
    Hold,
    Movement,
    Piece,
    adjusted,
    allocated,
    holds_for,
    issued,
    released_allocation,
    released_hold,
    reserved,
    returned,
)
from chalicelib.stock.store import change, holds_of, put_hold, take_hold


@dataclass(frozen=True)
class Effect:
    """Movements for the journal and the level updates, and beside them the hold rows that come and go."""

    movements: tuple[Movement, ...] = ()
    holds: tuple[Write, ...] = field(default=())

    def __add__(self, other: Effect) -> Effect:
        return Effect(self.movements + other.movements, self.holds + other.holds)

    @property
    def writes(self) -> list[Write]:
        """Holds before levels: where somebody was quicker with both, the hold's no tells to decide anew."""
        return [*self.holds, *change(self.movements)]


def let_go(order: Order, pieces: Sequence[Piece]) -> Effect:
    """The goods stay where they are and can be promised to others. A hold that lapsed and was taken is gone already."""
    if order.reserved_until is None:
        return _each(released_allocation, pieces)
    return take_over(holds_of(order.id, pieces, order.reserved_until))


def take(order: Order, pieces: Sequence[Piece]) -> Effect:
    """Promised here, as firmly as before: a hold keeps the end it had wherever it moves."""
    if order.reserved_until is None:
        return _each(allocated, pieces)
    made = holds_for(pieces, order.id, order.reserved_until)
    return _each(reserved, pieces) + Effect(holds=tuple(put_hold(hold) for hold in made))


def take_over(lapsed: Iterable[Hold]) -> Effect:
    """Ends these holds; whoever does so may promise their units again."""
    ended = tuple(lapsed)
    return Effect(tuple(released_hold(hold.piece) for hold in ended), tuple(take_hold(hold) for hold in ended))


def issue(pieces: Sequence[Piece]) -> Effect:
    return _each(issued, pieces)


def bring_back(pieces: Sequence[Piece]) -> Effect:
    return _each(returned, pieces)


def write_off(pieces: Sequence[Piece]) -> Effect:
    return _each(lambda piece: adjusted(Piece(piece.sku, piece.location, -piece.quantity, piece.shelf)), pieces)


def _each(how: Callable[[Piece], Movement], pieces: Sequence[Piece]) -> Effect:
    return Effect(tuple(how(piece) for piece in pieces))


def holds_until(order: Order) -> str:
    return clock.iso(order.reserved_until) if order.reserved_until else ""
