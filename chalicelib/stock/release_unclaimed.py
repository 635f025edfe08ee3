"""Release units that arrived for orders which no longer wait for them into general stock."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import StaleVersion
from chalicelib.stock.inbound import count_unclaimed, move_to_first_shard
from chalicelib.stock.model import Allocation, LevelId, NotPromised, OutOfStock, UnclaimedStockReleased
from chalicelib.stock.shared_steps import record_stock_event
from chalicelib.stock.store import build_level_writes, load_levels_by_id

SCHEDULER = Principal(role="owner", id="clock")


@db.retry_on_conflict
def release_unclaimed(level_ids: Sequence[LevelId]) -> int:
    """Return the number of units released from the inbound buckets."""
    allocations = [
        Allocation(level.sku, level.location, unclaimed, level.shard)
        for level in load_levels_by_id(level_ids).values()
        if (unclaimed := count_unclaimed(level))
    ]
    for allocation in allocations:
        movements = move_to_first_shard([allocation])
        try:
            record_stock_event(
                SCHEDULER, UnclaimedStockReleased(allocation.location, tuple(movements)), build_level_writes(movements)
            )
        except (OutOfStock, NotPromised) as promised_meanwhile:
            raise StaleVersion() from promised_meanwhile
    return sum(allocation.quantity for allocation in allocations)
