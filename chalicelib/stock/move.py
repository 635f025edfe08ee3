"""Goods come in, are found or missed, go on display: one movement with its reason, one journal entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.catalog.model import UnknownSku
from chalicelib.catalog.store import product_key
from chalicelib.kit import clock, compact_json, db, events, idempotency, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.events import Event
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.places import find as places
from chalicelib.places.model import NoSuchLocation
from chalicelib.stock.inbound import receive_for_waiting_orders, reduce_expected
from chalicelib.stock.model import (
    Allocation,
    Level,
    Movement,
    NotPromised,
    NotYourLocation,
    OutOfStock,
    StockAdjusted,
    StockReceived,
    TooMuchAtOnce,
    display_movement,
    display_return_movement,
    shortage_movement,
    surplus_movement,
    take_from_display,
)
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation
from chalicelib.stock.store import (
    build_level_writes,
    load_inbound_levels,
    load_lapsed_holds,
    load_levels,
    take_lapsed_hold,
)

Quantities = Mapping[str, int]


@db.retry_on_conflict
def receive(
    principal: Principal, location: str, quantities: Quantities, reason: str, asked: IdempotencyKey | None = None
) -> dict[str, Any]:
    """From outside the house; between our own locations goods travel by transfer. What orders wait for is kept for
    them from this very commit on."""
    idempotency.check_repeat(asked)
    require_location_access(principal, location)
    require_known_skus(quantities)
    pieces = [Allocation(sku, location, quantity) for sku, quantity in quantities.items()]
    coming = load_inbound_at(location, quantities)
    movements = [move for piece in pieces for move in receive_for_waiting_orders(piece, coming)]
    movements += [move for piece in pieces for move in reduce_expected(piece, coming)]
    event = StockReceived(location, reason, tuple(movements))
    try:
        return record_stock_event(principal, event, build_level_writes(movements), asked)
    except (OutOfStock, NotPromised) as changed_meanwhile:
        raise StaleVersion() from changed_meanwhile


def load_inbound_at(location: str, skus: Iterable[str]) -> list[Level]:
    """What is expected there, and what came and is not yet with its order."""
    return load_inbound_levels(load_levels((sku, location) for sku in skus))


def sum_kept_for_orders(coming: Iterable[Level]) -> dict[str, int]:
    """By SKU: in the house and kept for orders, on none of the shelves that are counted and sold from."""
    units: dict[str, int] = {}
    for level in coming:
        units[level.sku] = units.get(level.sku, 0) + level.on_hand
    return units


@db.retry_on_conflict
def adjust(
    principal: Principal, location: str, quantities: Quantities, reason: str, asked: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Signed: more than the books said, or less. What is promised cannot be missed; its order has to move first."""
    idempotency.check_repeat(asked)
    require_location_access(principal, location)
    require_known_skus(sku for sku, quantity in quantities.items() if quantity > 0)
    more = {sku: quantity for sku, quantity in quantities.items() if quantity > 0}
    plan = plan_removal(location, {sku: -quantity for sku, quantity in quantities.items() if quantity < 0})
    movements = [
        surplus_movement(Allocation(sku, location, quantity)) for sku, quantity in more.items()
    ] + plan.to_movements(shortage_movement)
    event = StockAdjusted(location, reason, tuple(movements))
    return record_stock_event(
        principal, event, [*map(take_lapsed_hold, plan.taken_holds), *build_level_writes(movements)], asked
    )


@db.retry_on_conflict
def display(
    principal: Principal, location: str, quantities: Quantities, reason: str, asked: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Signed: units put on display, or taken back from it to be sold."""
    idempotency.check_repeat(asked)
    require_location_access(principal, location)
    plan = plan_removal(location, {sku: quantity for sku, quantity in quantities.items() if quantity > 0})
    movements = plan.to_movements(display_movement) + _build_display_returns(location, quantities)
    event = StockAdjusted(location, reason, tuple(movements))
    return record_stock_event(
        principal, event, [*map(take_lapsed_hold, plan.taken_holds), *build_level_writes(movements)], asked
    )


def _build_display_returns(location: str, quantities: Quantities) -> list[Movement]:
    wanted = {sku: -quantity for sku, quantity in quantities.items() if quantity < 0}
    shelves = group_by_sku(location, wanted, load_levels((sku, location) for sku in wanted))
    return [display_return_movement(piece) for sku in wanted for piece in take_from_display(shelves[sku], wanted[sku])]


def plan_removal(location: str, quantities: Quantities, levels: Sequence[Level] | None = None) -> Plan:
    """Which shelves give them, down to the last unit, lapsed holds included; refuses with every short SKU."""
    if levels is None:
        levels = load_levels((sku, location) for sku in quantities)
    lapsed = load_lapsed_holds([level.level_id for level in levels if level.reserved], clock.now())
    return plan_allocation(quantities, AvailableStock(levels, [location], lapsed, own_location=location))


def group_by_sku(location: str, skus: Quantities, levels: Sequence[Level]) -> dict[str, list[Level]]:
    """A SKU that was never there has one empty shelf."""
    found = {sku: [level for level in levels if level.sku == sku] for sku in skus}
    return {sku: shelves or [Level(sku, location)] for sku, shelves in found.items()}


def require_location_access(principal: Principal, location: str) -> None:
    """Stock is changed by the people who stand before it, and by the owner; a closed place can still be emptied."""
    if location not in places.load_locations():
        raise NoSuchLocation(("location", "is not one of ours"), location=location)
    if principal.role != "owner" and principal.location != location:
        raise NotYourLocation(location=location)


def require_known_skus(skus: Any) -> None:
    keys = {product_key(sku): sku for sku in skus}
    found = db.batch(keys)
    if unknown := [sku for key, sku in keys.items() if key not in found]:
        raise UnknownSku(unknown)


def record_stock_event(
    principal: Principal, event: Event, writes: Sequence[Write], asked: IdempotencyKey | None = None, **facts: Any
) -> dict[str, Any]:
    """Each of these is a subject of its own in the journal, so that two clerks never wait for each other."""
    now = clock.now()
    body = compact_json.loads(events.to_json(event))
    answer = {"id": ids.new("mov", now), "movements": body["movements"], **facts}
    entry, _ = journal.append_event(f"stock#{answer['id']}", event, actor=principal.actor, at=now)
    commit([idempotency.record_answer(asked, answer), *writes, entry])
    return answer


def commit(writes: Sequence[Write | None]) -> None:
    if len(writes) > db.MAX_TRANSACTION_WRITES:
        raise TooMuchAtOnce(("lines", "are too many for one transaction"))
    db.commit(writes)
