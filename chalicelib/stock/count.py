"""Record a stock count. Differences become one adjustment; lines without a difference are recorded too."""

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
from chalicelib.stock.plan import Plan
from chalicelib.stock.shared_steps import (
    Quantities,
    group_by_sku,
    plan_removal,
    record_stock_event,
    require_known_skus,
    require_location_access,
    sum_arrived_for_orders,
)
from chalicelib.stock.store import build_level_writes, load_inbound_levels, load_levels, take_lapsed_hold

LevelsBySku = Mapping[str, Sequence[Level]]


@db.retry_on_conflict
def count(
    principal: Principal, location: str, counted: Quantities, reason: str, idempotency_key: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Set the units on hand of each SKU to the counted number, which includes promised and displayed units.

    Raises MorePromised if fewer units were counted than are promised or on display.
    """
    idempotency.check_repeat(idempotency_key)
    require_location_access(principal, location)
    require_known_skus(sku for sku, quantity in counted.items() if quantity)
    levels = load_levels((sku, location) for sku in counted)
    inbound = load_inbound_levels(levels)
    shards, arrived = group_by_sku(location, counted, levels), sum_arrived_for_orders(inbound)
    counted_in_shards = {sku: counted[sku] - arrived.get(sku, 0) for sku in counted}
    plan = _plan_shortages(location, counted_in_shards, shards)
    movements = plan.to_movements(shortage_movement) + _build_surpluses(location, counted_in_shards, shards)
    lines = [_count_to_json(sku, sum_on_hand(shards[sku]) + arrived.get(sku, 0), counted[sku]) for sku in counted]
    counts = tuple(CountedLine(line["sku"], line["expected"], line["counted"]) for line in lines)
    event = StockCounted(location, reason, counts, tuple(movements))
    read_levels = [*(level for sku_levels in shards.values() for level in sku_levels), *inbound]
    writes = [*map(take_lapsed_hold, plan.taken_holds), *build_level_writes(movements, unchanged_levels=read_levels)]
    return record_stock_event(principal, event, writes, idempotency_key, counted=lines)


def sum_on_hand(shards: Sequence[Level]) -> int:
    return sum(level.on_hand for level in shards)


def _plan_shortages(location: str, counted: Quantities, shards: LevelsBySku) -> Plan:
    missing = {sku: sum_on_hand(shards[sku]) - counted[sku] for sku in counted}
    levels = [level for sku_levels in shards.values() for level in sku_levels]
    try:
        return plan_removal(location, {sku: quantity for sku, quantity in missing.items() if quantity > 0}, levels)
    except OutOfStock as refusal:
        sku = refusal.facts["short"][0]["sku"]
        promised = sum_on_hand(shards[sku]) - refusal.facts["short"][0]["available"]
        raise MorePromised(sku=sku, location=location, promised=promised, counted=counted[sku]) from refusal


def _build_surpluses(location: str, counted: Quantities, shards: LevelsBySku) -> list[Movement]:
    surplus = {sku: counted[sku] - sum_on_hand(shards[sku]) for sku in counted}
    return [surplus_movement(Allocation(sku, location, quantity)) for sku, quantity in surplus.items() if quantity > 0]


def _count_to_json(sku: str, on_hand: int, counted: int) -> dict[str, Any]:
    return {"sku": sku, "expected": on_hand, "counted": counted, "variance": counted - on_hand}
