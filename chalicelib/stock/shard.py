"""A very hot SKU over several shelves, so that its buyers do not all wait at one."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.stock.model import OutOfStock, StockResharded, balance_shards
from chalicelib.stock.move import record_stock_event, require_location_access
from chalicelib.stock.store import build_level_writes, load_levels


@db.retry_on_conflict
def reshard(
    principal: Principal, location: str, sku: str, shard_count: int, reason: str, asked: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Moves free units only: promised ones stay where their orders remember them."""
    idempotency.check_repeat(asked)
    require_location_access(principal, location)
    levels = load_levels([(sku, location)])
    if not levels:
        raise OutOfStock(short=[{"sku": sku, "wanted": shard_count, "available": 0}])
    movements = balance_shards(levels, shard_count)
    going = [level for level in levels if level.shard >= shard_count]
    writes = build_level_writes(movements, unchanged_levels=going, settings={(sku, location): {"shelves": shard_count}})
    event = StockResharded(sku, location, shard_count, reason, tuple(movements))
    try:
        return record_stock_event(principal, event, writes, asked, shelves=shard_count)
    except OutOfStock:
        raise StaleVersion() from None  # sold from a shelf since it was read
