"""Goods that are on their way: promised for their day when a buyer agrees, and kept for him when they come. Pure.

What is expected on a day is a shelf of its own, so it is promised, held and given back like any other. Nothing leaves
from there: when goods come, each order's units go on to shelf 0, the longest waiting first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.stock.model import (
    Hold,
    Level,
    Movement,
    OutOfStock,
    Piece,
    arrived,
    day_of,
    expected,
    received,
    sent,
    shelf_of,
)
from chalicelib.stock.plan import AvailableStock, Plan, Shelf, plan_allocation


@dataclass(frozen=True)
class Coming:
    """What is on its way to where a buyer's goods may come from, best place first. Units of `lapsed` holds, on days and
    on ordinary shelves alike, are the next buyer's."""

    levels: Sequence[Level]
    preference: Sequence[str]
    today: date
    lapsed: Sequence[Hold] = ()

    def shelves(self, sku: str) -> list[Shelf]:
        """Days that are not over, the earliest first, and of one day the location that is preferred."""
        here = [level for level in self.levels if level.sku == sku and level.location in self.preference]
        days = sorted(here, key=lambda level: (level.shelf, self.preference.index(level.location)))
        return [self._shelf(level) for level in days if level.shelf >= shelf_of(self.today)]

    def _shelf(self, level: Level) -> Shelf:
        held = tuple(hold for hold in self.lapsed if (hold.sku, hold.location, hold.shelf) == level.place)
        return Shelf(level.place, level.available, held)

    def promisable(self, sku: str) -> list[dict[str, Any]]:
        """[{"on", "quantity"}], by day, all locations together."""
        days: dict[str, int] = {}
        for shelf in self.shelves(sku):
            on = day_of(shelf.place[2])
            days[on] = days.get(on, 0) + shelf.promisable
        return [{"on": on, "quantity": quantity} for on, quantity in sorted(days.items()) if quantity > 0]

    def beside(self, short: Sequence[Mapping[str, Any]]) -> OutOfStock:
        """The same shortages, each with what could be promised for which day."""
        days = {each["sku"]: self.promisable(each["sku"]) for each in short}
        return OutOfStock(
            short=[dict(each) | ({"expected": days[each["sku"]]} if days[each["sku"]] else {}) for each in short]
        )


def plan_with_expected(
    demand: Mapping[str, int], stock: AvailableStock, coming: Coming, *, backorder: bool = True, turn: int = 0
) -> Plan:
    """What is there goes at once, and only what is short is promised for a later day, if the buyer agreed to that."""
    try:
        return plan_allocation(demand, stock, turn)
    except OutOfStock as refused:
        short = refused.facts["short"]
    if not backorder:
        raise coming.beside(short)
    later = plan_later(short, coming)
    lacking = {each["sku"]: each["wanted"] - each["available"] for each in short}
    now = {sku: quantity - lacking.get(sku, 0) for sku, quantity in demand.items()}
    at_once = plan_allocation({sku: quantity for sku, quantity in now.items() if quantity}, stock, turn)
    return Plan(at_once.pieces + later.pieces, at_once.takes + later.takes, at_once.safety)


def plan_later(short: Sequence[Mapping[str, Any]], coming: Coming) -> Plan:
    """Promises what is short from what is expected, the earliest day first; a day that is over promises nothing.
    Raises OutOfStock when even that is not enough."""
    pieces, takes = [], []
    for each in short:
        left = each["wanted"] - each["available"]
        for shelf in coming.shelves(each["sku"]):
            share = min(left, shelf.promisable)
            if share > 0:
                piece, holds = shelf.take(share)
                pieces.append(piece)
                takes += holds
                left -= share
        if left > 0:
            raise coming.beside(short)
    return Plan(tuple(pieces), tuple(takes))


def kept_for_orders(
    piece: Piece, coming: Iterable[Level], how: Callable[[Piece], Movement] = received
) -> list[Movement]:
    """Units that came: first for those who wait for them, the earliest day first, and only the rest for everybody."""
    movements, left = [], piece.quantity
    for level in by_day(piece, coming):
        share = min(left, max(0, level.promised - level.on_hand))
        if share:
            movements.append(how(Piece(piece.sku, piece.location, share, level.shelf)))
            left -= share
    return movements + ([how(Piece(piece.sku, piece.location, left))] if left else [])


def no_longer_expected(piece: Piece, coming: Iterable[Level]) -> list[Movement]:
    """What came from outside had been expected, the earliest day first."""
    movements, left = [], piece.quantity
    for level in by_day(piece, coming):
        share = min(left, level.expected)
        if share:
            movements.append(expected(Piece(piece.sku, piece.location, -share, level.shelf)))
            left -= share
    return movements


def by_day(piece: Piece, coming: Iterable[Level]) -> list[Level]:
    here = [level for level in coming if (level.sku, level.location) == (piece.sku, piece.location)]
    return sorted(here, key=lambda level: level.shelf)


def brought_in(pieces: Iterable[Piece]) -> list[Movement]:
    """From the day they were expected on to shelf 0, where what leaves the house stands."""
    return [move for piece in pieces for move in (sent(piece), arrived(here(piece)))]


def here(piece: Piece) -> Piece:
    return Piece(piece.sku, piece.location, piece.quantity)


def nobodys(level: Level) -> int:
    """Units that came and that nobody waits for any more."""
    return max(0, level.on_hand - level.promised)
