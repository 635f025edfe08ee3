"""Split a hot SKU over several shards, so that its buyers do not all write to one row."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.stock.model import NotStocked, OutOfStock, StockResharded, balance_shards
from chalicelib.stock.shared_steps import record_stock_event, require_location_access
from chalicelib.stock.store import build_level_writes, load_levels


@db.retry_on_conflict
def reshard(
    principal: Principal,
    location: str,
    sku: str,
    shard_count: int,
    reason: str,
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Spread the free units of a SKU evenly over `shard_count` shards; promised units stay in their shard.

    Raises ShelfInUse if a removed shard has promised or displayed units, NotStocked if the location has no level.
    """
    idempotency.check_repeat(idempotency_key)
    require_location_access(principal, location)
    levels = load_levels([(sku, location)])
    if not levels:
        raise NotStocked(sku=sku, location=location)
    movements = balance_shards(levels, shard_count)
    removed = [level for level in levels if level.shard >= shard_count]
    settings = {(sku, location): {"shelves": shard_count}}
    writes = build_level_writes(movements, unchanged_levels=removed, settings=settings)
    event = StockResharded(sku, location, shard_count, reason, tuple(movements))
    try:
        return record_stock_event(principal, event, writes, idempotency_key, shelves=shard_count)
    except OutOfStock:
        raise StaleVersion() from None  # units were sold since the levels were read
