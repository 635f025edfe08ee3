"""Steps that several use cases of stock share: access checks, loads, the plan of a removal, and the commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.catalog.model import UnknownSku
from chalicelib.catalog.store import product_key
from chalicelib.kit import clock, compact_json, db, events, idempotency, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.events import Event
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.places import find as places
from chalicelib.places.model import NoSuchLocation
from chalicelib.stock.model import Level, NotYourLocation, TooMuchAtOnce
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation
from chalicelib.stock.store import load_inbound_levels, load_lapsed_holds, load_levels

Quantities = Mapping[str, int]  # units by SKU


def require_location_access(principal: Principal, location: str) -> None:
    """Allow the owner and the location's own staff. A closed location is allowed too, so that it can be emptied.

    Raises NoSuchLocation or NotYourLocation.
    """
    if location not in places.load_locations():
        raise NoSuchLocation(("location", "does not exist"), location=location)
    if principal.role != "owner" and principal.location != location:
        raise NotYourLocation(location=location)


def require_known_skus(skus: Any) -> None:
    """Raise UnknownSku with every SKU that the catalog does not have."""
    keys = {product_key(sku): sku for sku in skus}
    rows = db.batch(keys)
    if unknown := [sku for key, sku in keys.items() if key not in rows]:
        raise UnknownSku(unknown)


def load_inbound_at(location: str, skus: Iterable[str]) -> list[Level]:
    """Return the inbound levels of the SKUs at a location."""
    return load_inbound_levels(load_levels((sku, location) for sku in skus))


def sum_arrived_for_orders(inbound: Iterable[Level]) -> dict[str, int]:
    """Return, by SKU, the units on hand in inbound buckets: they are at the location, but in none of its shards."""
    units: dict[str, int] = {}
    for level in inbound:
        units[level.sku] = units.get(level.sku, 0) + level.on_hand
    return units


def plan_removal(location: str, quantities: Quantities, levels: Sequence[Level] | None = None) -> Plan:
    """Return a plan that takes the units from one location, safety units and lapsed holds included.

    Raises OutOfStock with every short SKU.
    """
    if levels is None:
        levels = load_levels((sku, location) for sku in quantities)
    lapsed = load_lapsed_holds([level.level_id for level in levels if level.reserved], clock.now())
    return plan_allocation(quantities, AvailableStock(levels, [location], lapsed, own_location=location))


def group_by_sku(location: str, skus: Quantities, levels: Sequence[Level]) -> dict[str, list[Level]]:
    """Return the shards of each SKU; a SKU without a level gets one empty shard."""
    grouped = {sku: [level for level in levels if level.sku == sku] for sku in skus}
    return {sku: shards or [Level(sku, location)] for sku, shards in grouped.items()}


def record_stock_event(
    principal: Principal,
    event: Event,
    writes: Sequence[Write],
    idempotency_key: IdempotencyKey | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """Commit the writes with their journal entry and return its id, its movements and `facts`.

    Each entry is a journal subject of its own, so that concurrent changes do not conflict on a version.
    """
    now = clock.now()
    body = compact_json.loads(events.to_json(event))
    answer = {"id": ids.new("mov", now), "movements": body["movements"], **facts}
    entry, _ = journal.append_event(f"stock#{answer['id']}", event, actor=principal.actor, at=now)
    commit_within_limit([idempotency.record_answer(idempotency_key, answer), *writes, entry])
    return answer


def commit_within_limit(writes: Sequence[Write | None]) -> None:
    """Commit the writes. Raises TooMuchAtOnce if one transaction cannot hold them."""
    if len(writes) > db.MAX_TRANSACTION_WRITES:
        raise TooMuchAtOnce(("lines", "need too many writes for one transaction"))
    db.commit(writes)
