"""Somebody counted. A variance becomes one adjustment; what was right is written down as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.kit import db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.stock.model import (
    Allocation,
    CountedLine,
    Level,
    MorePromised,
    Movement,
    OutOfStock,
    StockCounted,
    shortage_movement,
    surplus_movement,
)
from chalicelib.stock.move import (
    group_by_sku,
    plan_removal,
    record_stock_event,
    require_known_skus,
    require_location_access,
    sum_kept_for_orders,
)
from chalicelib.stock.plan import Plan
from chalicelib.stock.store import build_level_writes, load_inbound_levels, load_levels, take_lapsed_hold

Quantities = Mapping[str, int]
LevelsBySku = Mapping[str, Sequence[Level]]


@db.retry_on_conflict
def count(
    principal: Principal, location: str, counted: Quantities, reason: str, asked: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Counts what is physically there: free, promised and displayed together, over all shelves."""
    idempotency.check_repeat(asked)
    require_location_access(principal, location)
    require_known_skus(sku for sku, quantity in counted.items() if quantity)
    levels = load_levels((sku, location) for sku in counted)
    coming = load_inbound_levels(levels)
    shelves, kept = group_by_sku(location, counted, levels), sum_kept_for_orders(coming)
    shelved = {sku: counted[sku] - kept.get(sku, 0) for sku in counted}
    plan = _plan_shortages(location, shelved, shelves)
    movements = plan.to_movements(shortage_movement) + _build_surpluses(location, shelved, shelves)
    lines = [_count_to_json(sku, sum_on_hand(shelves[sku]) + kept.get(sku, 0), counted[sku]) for sku in counted]
    counts = tuple(CountedLine(line["sku"], line["expected"], line["counted"]) for line in lines)
    event = StockCounted(location, reason, counts, tuple(movements))
    as_read = [*(level for standing in shelves.values() for level in standing), *coming]
    writes = [*map(take_lapsed_hold, plan.taken_holds), *build_level_writes(movements, unchanged_levels=as_read)]
    return record_stock_event(principal, event, writes, asked, counted=lines)


def sum_on_hand(shelves: Sequence[Level]) -> int:
    return sum(level.on_hand for level in shelves)


def _plan_shortages(location: str, counted: Quantities, shelves: LevelsBySku) -> Plan:
    short = {sku: sum_on_hand(shelves[sku]) - counted[sku] for sku in counted}
    levels = [level for standing in shelves.values() for level in standing]
    try:
        return plan_removal(location, {sku: lost for sku, lost in short.items() if lost > 0}, levels)
    except OutOfStock as refusal:
        sku = refusal.facts["short"][0]["sku"]
        promised = sum_on_hand(shelves[sku]) - refusal.facts["short"][0]["available"]
        raise MorePromised(sku=sku, location=location, promised=promised, counted=counted[sku]) from refusal


def _build_surpluses(location: str, counted: Quantities, shelves: LevelsBySku) -> list[Movement]:
    over = {sku: counted[sku] - sum_on_hand(shelves[sku]) for sku in counted}
    return [surplus_movement(Allocation(sku, location, found)) for sku, found in over.items() if found > 0]


def _count_to_json(sku: str, books: int, found: int) -> dict[str, Any]:
    return {"sku": sku, "expected": books, "counted": found, "variance": found - books}
