"""Goods are on their way: how many of a SKU, for which day. Until they come they can be promised for that day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.kit import clock, config, db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.stock.model import (
    Allocation,
    DayIsOver,
    Level,
    LevelId,
    NotPromised,
    OutOfStock,
    PromisedAhead,
    StockExpected,
    day_to_bucket,
    expected_movement,
)
from chalicelib.stock.move import record_stock_event, require_known_skus, require_location_access
from chalicelib.stock.store import build_level_writes, load_inbound_levels, load_levels


@db.retry_on_conflict
def set_expected(
    principal: Principal,
    location: str,
    on: date,
    quantities: Mapping[str, int],
    reason: str,
    asked: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """How many of each are on their way for that day, all told; 0 calls them off. Never fewer than are promised."""
    idempotency.check_repeat(asked)
    require_location_access(principal, location)
    require_known_skus(sku for sku, quantity in quantities.items() if quantity)
    if on < clock.day_of(clock.now(), config.zone()):
        raise DayIsOver(("on", "is over"), on=on.isoformat())
    firsts = {level.sku: level for level in load_levels((sku, location) for sku in quantities) if not level.shard}
    firsts = {sku: firsts.get(sku) or Level(sku, location) for sku in quantities}
    coming = {level.level_id: level for level in load_inbound_levels(firsts.values())}
    standing = [_level_on_day(first, coming, on) for first in firsts.values()]
    changed = [(level, quantities[level.sku] - level.expected) for level in standing]
    for level, more in changed:
        _refuse_promised(level, more, on)
    movements = [
        expected_movement(Allocation(*level.level_id[:2], more, level.shard)) for level, more in changed if more
    ]
    days = {(sku, location): {"days": _build_days(first, coming, on)} for sku, first in firsts.items()}
    event = StockExpected(location, on.isoformat(), reason, tuple(movements))
    writes = build_level_writes(movements, unchanged_levels=firsts.values(), settings=days)
    try:
        return record_stock_event(principal, event, writes, asked, expected=_expected_to_json(quantities, on))
    except (OutOfStock, NotPromised) as promised_meanwhile:
        raise StaleVersion() from promised_meanwhile


def _level_on_day(first: Level, coming: Mapping[LevelId, Level], on: date) -> Level:
    place = (first.sku, first.location, day_to_bucket(on))
    return coming.get(place) or Level(*place)


def _refuse_promised(level: Level, more: int, on: date) -> None:
    if level.available + more < 0:
        raise PromisedAhead(sku=level.sku, promised=level.promised - level.on_hand, on=on.isoformat())


def _build_days(first: Level, coming: Mapping[LevelId, Level], on: date) -> str:
    """The new one, and those that still mean something."""
    kept = [level for level in coming.values() if level.sku == first.sku and (level.expected or level.on_hand)]
    return ",".join(map(str, sorted({*(level.shard for level in kept), day_to_bucket(on)})))


def _expected_to_json(quantities: Mapping[str, int], on: date) -> list[dict[str, Any]]:
    return [{"sku": sku, "on": on.isoformat(), "quantity": quantity} for sku, quantity in quantities.items()]
