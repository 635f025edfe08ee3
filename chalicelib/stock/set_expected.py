"""Set how many units of a SKU are expected on a day. Until they arrive they can be promised for that day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chalicelib.kit import clock, db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.places import find as places
from chalicelib.stock.model import (
    Allocation,
    DayIsOver,
    DayTooFar,
    Level,
    LevelId,
    NotPromised,
    OutOfStock,
    PromisedAhead,
    StockExpected,
    day_to_bucket,
    expected_movement,
)
from chalicelib.stock.shared_steps import record_stock_event, require_known_skus, require_location_access
from chalicelib.stock.store import build_level_writes, load_inbound_levels, load_levels

MAX_DAYS_AHEAD = 5 * 366


@db.retry_on_conflict
def set_expected(
    principal: Principal,
    location: str,
    on: date,
    quantities: Mapping[str, int],
    reason: str,
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Set the total units expected at the location on that day, by SKU; 0 cancels them.

    Raises DayIsOver, DayTooFar, or PromisedAhead for fewer units than are promised.
    """
    idempotency.check_repeat(idempotency_key)
    require_location_access(principal, location)
    require_known_skus(sku for sku, quantity in quantities.items() if quantity)
    _check_day(on, places.business_day(location, clock.now()), is_cancellation=not any(quantities.values()))
    first_shards = _load_first_shards(location, quantities)
    inbound = {level.level_id: level for level in load_inbound_levels(first_shards.values())}
    buckets = [_level_on_day(first_shard, inbound, on) for first_shard in first_shards.values()]
    changes = [(level, quantities[level.sku] - level.expected) for level in buckets]
    for level, change in changes:
        _check_promised(level, change, on)
    movements = [
        expected_movement(Allocation(*level.level_id[:2], change, level.shard)) for level, change in changes if change
    ]
    days = {(sku, location): {"days": _build_days(shard, inbound, on)} for sku, shard in first_shards.items()}
    event = StockExpected(location, on.isoformat(), reason, tuple(movements))
    writes = build_level_writes(movements, unchanged_levels=first_shards.values(), settings=days)
    try:
        return record_stock_event(principal, event, writes, idempotency_key, expected=_expected_to_json(quantities, on))
    except (OutOfStock, NotPromised) as promised_meanwhile:
        raise StaleVersion() from promised_meanwhile


def _check_day(on: date, today: date, *, is_cancellation: bool) -> None:
    if on < today:
        raise DayIsOver(("on", "is over"), on=on.isoformat())
    if (on - today).days > MAX_DAYS_AHEAD and not is_cancellation:
        raise DayTooFar(("on", "is too far ahead"), on=on.isoformat(), most=MAX_DAYS_AHEAD)


def _load_first_shards(location: str, skus: Iterable[str]) -> dict[str, Level]:
    skus = list(skus)
    existing = {level.sku: level for level in load_levels((sku, location) for sku in skus) if not level.shard}
    return {sku: existing.get(sku) or Level(sku, location) for sku in skus}


def _level_on_day(first_shard: Level, inbound: Mapping[LevelId, Level], on: date) -> Level:
    level_id = (first_shard.sku, first_shard.location, day_to_bucket(on))
    return inbound.get(level_id) or Level(*level_id)


def _check_promised(level: Level, change: int, on: date) -> None:
    """Raise PromisedAhead if the change would leave fewer units than are promised."""
    if level.available + change < 0:
        raise PromisedAhead(sku=level.sku, promised=level.promised - level.on_hand, on=on.isoformat())


def _build_days(first_shard: Level, inbound: Mapping[LevelId, Level], on: date) -> str:
    """Return the stored attribute `days`: the buckets of this day and of days that still have units."""
    in_use = [level for level in inbound.values() if level.sku == first_shard.sku and (level.expected or level.on_hand)]
    return ",".join(map(str, sorted({*(level.shard for level in in_use), day_to_bucket(on)})))


def _expected_to_json(quantities: Mapping[str, int], on: date) -> list[dict[str, Any]]:
    return [{"sku": sku, "on": on.isoformat(), "quantity": quantity} for sku, quantity in quantities.items()]
