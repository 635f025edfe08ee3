"""What is where, for whoever may know it. Units under lapsed holds count as free: nobody waits for a sweeper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.kit import clock, config, db
from chalicelib.places import find as places
from chalicelib.places.model import Location, Point, distance_meters
from chalicelib.stock.inbound import InboundStock
from chalicelib.stock.model import Hold, Level, bucket_to_day
from chalicelib.stock.plan import sum_promisable
from chalicelib.stock.store import (
    HistoryRow,
    LevelRow,
    add_other_shards,
    load_inbound_levels,
    load_lapsed_holds,
    load_levels,
    row_to_level,
)

UNKNOWN_DISTANCE_METERS = 10**9


def list_availability(
    skus: Sequence[str],
    near: Point | None = None,
    include_vans: bool = False,
    own_location: str | None = None,
    safety_units: int = 0,
) -> list[dict[str, Any]]:
    """What can be promised of each SKU where it is kept, nearest first. `own` sells without keeping anything back."""
    there = {
        each.id: each
        for each in places.load_locations().values()
        if each.active and (include_vans or each.kind != "van")
    }
    away = _distances(there.values(), near)
    levels = load_levels((sku, location) for sku in skus for location in there)
    free = load_available(levels, own_location, safety_units)
    order = sorted(there, key=lambda location: (away.get(location, UNKNOWN_DISTANCE_METERS), location))
    later = load_promisable_days(levels, order)
    return [
        _availability_to_json(sku, [there[each] for each in order if (sku, each) in free], free, away)
        | ({"expected": later[sku]} if later.get(sku) else {})
        for sku in skus
    ]


def load_promisable_days(levels: Iterable[Level], preference: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By SKU, what can be promised for a later day: [{"on", "quantity"}]."""
    now, days = clock.now(), load_inbound_levels(levels)
    lapsed = load_lapsed_holds([level.level_id for level in days if level.reserved], now)
    coming = InboundStock(days, preference, clock.day_of(now, config.zone()), lapsed)
    return {sku: coming.list_promisable_days(sku) for sku in dict.fromkeys(level.sku for level in days)}


def load_available(
    levels: Sequence[Level], own_location: str | None = None, safety_units: int = 0
) -> dict[tuple[str, str], int]:
    """Promisable units by (sku, location), all shelves together, safety kept back everywhere but at `own`."""
    lapsed = load_lapsed_holds([level.level_id for level in levels if level.reserved], clock.now())
    pairs = dict.fromkeys((level.sku, level.location) for level in levels)
    return {
        pair: sum_promisable(
            _levels_at(pair, levels), _holds_at(pair, lapsed), None if pair[1] == own_location else safety_units
        )
        for pair in pairs
    }


def _levels_at(pair: tuple[str, str], levels: Iterable[Level]) -> list[Level]:
    return [level for level in levels if (level.sku, level.location) == pair]


def _holds_at(pair: tuple[str, str], holds: Iterable[Hold]) -> list[Hold]:
    return [hold for hold in holds if (hold.sku, hold.location) == pair]


def _availability_to_json(
    sku: str, there: Sequence[Location], free: Mapping[tuple[str, str], int], away: Mapping[str, int]
) -> dict[str, Any]:
    listed = [
        {"location": each.id, "kind": each.kind, "available": free[sku, each.id]}
        | ({"distance_meters": away[each.id]} if each.id in away else {})
        for each in there
    ]
    return {"sku": sku, "available": sum(each["available"] for each in listed), "locations": listed}


def _distances(there: Iterable[Location], near: Point | None) -> dict[str, int]:
    if near is None:
        return {}
    there = list(there)
    driving = places.load_positions() if any(each.kind == "van" for each in there) else {}
    points = {each.id: driving[each.id].point if each.id in driving else each.point for each in there}
    return {location: distance_meters(near, point) for location, point in points.items() if point is not None}


def list_location_levels(
    location: str, limit: int = 100, after: dict[str, Any] | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """A page of a location's levels by SKU, shelves added up."""
    page = db.query(LevelRow, f"location#{location}", index="by_list", limit=limit, after=after)
    levels = add_other_shards([row_to_level(row) for row in page.items])
    coming = load_inbound_levels(levels)
    skus = dict.fromkeys(level.sku for level in levels)
    return [
        _levels_to_json(sku, _levels_at((sku, location), levels), _levels_at((sku, location), coming)) for sku in skus
    ], page.after


def _levels_to_json(sku: str, shelves: Sequence[Level], coming: Sequence[Level]) -> dict[str, Any]:
    """What came and is not yet with its order is in the house; what is expected is told by its day."""
    counted = ("on_hand", "reserved", "allocated", "display", "available")
    sums = {name: sum(getattr(level, name) for level in shelves) for name in counted}
    sums["on_hand"] += sum(level.on_hand for level in coming)
    days = [
        {"on": bucket_to_day(level.shard), "quantity": level.expected, "promised": level.promised}
        for level in sorted(coming, key=lambda level: level.shard)
        if level.expected or level.on_hand
    ]
    told = {"sku": sku, **sums, "safety": shelves[0].safety, "shelves": shelves[0].shard_count}
    return told | ({"expected": days} if days else {})


def list_history(
    sku: str, location: str, limit: int = 50, after: dict[str, Any] | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Newest first. A projection of the journal: what was just done may take a moment to appear."""
    page = db.query(HistoryRow, f"history#{sku}@{location}", newest_first=True, limit=limit, after=after)
    return [_history_row_to_json(row) for row in page.items], page.after


def _history_row_to_json(row: Any) -> dict[str, Any]:
    return {
        "at": clock.iso(row.occurred_at),
        "event": row.kind,
        "subject": row.subject,
        "actor": row.actor,
        "reason": row.reason or "",
        "movements": row.movements,
    }
