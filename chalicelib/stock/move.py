"""Goods come in, are found or missed, go on display: one movement with its reason, one journal entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.catalog.model import UnknownSku
from chalicelib.catalog.store import product_key
from chalicelib.kit import clock, compact, db, events, ids, journal, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved
from chalicelib.kit.events import Event
from chalicelib.kit.requests import Asked
from chalicelib.places import find as places
from chalicelib.stock.coming import kept_for_orders, no_longer_expected
from chalicelib.stock.model import (
    Level,
    Movement,
    NoSuchLocation,
    NotPromised,
    NotYourLocation,
    OutOfStock,
    Piece,
    StockAdjusted,
    StockReceived,
    TooMuchAtOnce,
    adjusted,
    displayed,
    from_display,
    missing,
    put_back,
)
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation
from chalicelib.stock.store import change, lapsed_holds, load_expected, load_levels, take_hold

Quantities = Mapping[str, int]


@db.decided_anew
def receive(
    principal: Principal, location: str, quantities: Quantities, reason: str, asked: Asked | None = None
) -> dict[str, Any]:
    """From outside the house; between our own locations goods travel by transfer. What orders wait for is kept for
    them from this very commit on."""
    requests.look_up(asked)
    at_work(principal, location)
    known(quantities)
    pieces = [Piece(sku, location, quantity) for sku, quantity in quantities.items()]
    coming = coming_to(location, quantities)
    movements = [move for piece in pieces for move in kept_for_orders(piece, coming)]
    movements += [move for piece in pieces for move in no_longer_expected(piece, coming)]
    event = StockReceived(location, reason, tuple(movements))
    try:
        return write_down(principal, event, change(movements), asked)
    except (OutOfStock, NotPromised) as changed_meanwhile:
        raise Moved() from changed_meanwhile


def coming_to(location: str, skus: Iterable[str]) -> list[Level]:
    """What is expected there, and what came and is not yet with its order."""
    return load_expected(load_levels((sku, location) for sku in skus))


def not_yet_shelved(coming: Iterable[Level]) -> dict[str, int]:
    """By SKU: in the house and kept for orders, on none of the shelves that are counted and sold from."""
    units: dict[str, int] = {}
    for level in coming:
        units[level.sku] = units.get(level.sku, 0) + level.on_hand
    return units


@db.decided_anew
def adjust(
    principal: Principal, location: str, quantities: Quantities, reason: str, asked: Asked | None = None
) -> dict[str, Any]:
    """Signed: more than the books said, or less. What is promised cannot be missed; its order has to move first."""
    requests.look_up(asked)
    at_work(principal, location)
    known(sku for sku, quantity in quantities.items() if quantity > 0)
    more = {sku: quantity for sku, quantity in quantities.items() if quantity > 0}
    plan = taken_from(location, {sku: -quantity for sku, quantity in quantities.items() if quantity < 0})
    movements = [adjusted(Piece(sku, location, quantity)) for sku, quantity in more.items()] + plan.moved_by(missing)
    event = StockAdjusted(location, reason, tuple(movements))
    return write_down(principal, event, [*map(take_hold, plan.takes), *change(movements)], asked)


@db.decided_anew
def display(
    principal: Principal, location: str, quantities: Quantities, reason: str, asked: Asked | None = None
) -> dict[str, Any]:
    """Signed: units put on display, or taken back from it to be sold."""
    requests.look_up(asked)
    at_work(principal, location)
    plan = taken_from(location, {sku: quantity for sku, quantity in quantities.items() if quantity > 0})
    movements = plan.moved_by(displayed) + _put_back(location, quantities)
    event = StockAdjusted(location, reason, tuple(movements))
    return write_down(principal, event, [*map(take_hold, plan.takes), *change(movements)], asked)


def _put_back(location: str, quantities: Quantities) -> list[Movement]:
    wanted = {sku: -quantity for sku, quantity in quantities.items() if quantity < 0}
    shelves = by_sku(location, wanted, load_levels((sku, location) for sku in wanted))
    return [put_back(piece) for sku in wanted for piece in from_display(shelves[sku], wanted[sku])]


def taken_from(location: str, quantities: Quantities, levels: Sequence[Level] | None = None) -> Plan:
    """Which shelves give them, down to the last unit, lapsed holds included; refuses with every short SKU."""
    if levels is None:
        levels = load_levels((sku, location) for sku in quantities)
    lapsed = lapsed_holds([level.place for level in levels if level.reserved], clock.now())
    return plan_allocation(quantities, AvailableStock(levels, [location], lapsed, own=location))


def by_sku(location: str, skus: Quantities, levels: Sequence[Level]) -> dict[str, list[Level]]:
    """A SKU that was never there has one empty shelf."""
    found = {sku: [level for level in levels if level.sku == sku] for sku in skus}
    return {sku: shelves or [Level(sku, location)] for sku, shelves in found.items()}


def at_work(principal: Principal, location: str) -> None:
    """Stock is changed by the people who stand before it, and by the owner; a closed place can still be emptied."""
    if location not in places.locations():
        raise NoSuchLocation(("location", "is not one of ours"), location=location)
    if principal.role != "owner" and principal.location != location:
        raise NotYourLocation(location=location)


def known(skus: Any) -> None:
    keys = {product_key(sku): sku for sku in skus}
    found = db.batch(keys)
    if unknown := [sku for key, sku in keys.items() if key not in found]:
        raise UnknownSku(unknown)


def write_down(
    principal: Principal, event: Event, writes: Sequence[Write], asked: Asked | None = None, **facts: Any
) -> dict[str, Any]:
    """Each of these is a subject of its own in the journal, so that two clerks never wait for each other."""
    now = clock.now()
    body = compact.read(events.to_json(event))
    answer = {"id": ids.new("mov", now), "movements": body["movements"], **facts}
    entry, _ = journal.append_event(f"stock#{answer['id']}", event, actor=principal.actor, at=now)
    commit([requests.remember(asked, answer), *writes, entry])
    return answer


def commit(writes: Sequence[Write | None]) -> None:
    if len(writes) > db.MOST_WRITES:
        raise TooMuchAtOnce(("lines", "are too many for one transaction"))
    db.commit(writes)
