"""Read availability, levels and history. Units of lapsed holds count as available before the holds are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.kit import clock, db
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
    """Return the units of each SKU that can be promised per location, nearest first, and for later days.

    Safety units are kept back everywhere except at `own_location`.
    """
    locations = {
        location.id: location
        for location in places.load_locations().values()
        if location.active and (include_vans or location.kind != "van")
    }
    distances = _distances(locations.values(), near)
    levels = load_levels((sku, location) for sku in skus for location in locations)
    available = load_available(levels, own_location, safety_units)
    preference = sorted(locations, key=lambda location: (distances.get(location, UNKNOWN_DISTANCE_METERS), location))
    later = load_promisable_days(levels, preference)
    return [
        _availability_to_json(
            sku, [locations[location] for location in preference if (sku, location) in available], available, distances
        )
        | ({"expected": later[sku]} if later.get(sku) else {})
        for sku in skus
    ]


def load_promisable_days(levels: Iterable[Level], preference: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return, by SKU, what can be promised for later days: [{"on", "quantity"}]."""
    now, inbound_levels = clock.now(), load_inbound_levels(levels)
    lapsed = load_lapsed_holds([level.level_id for level in inbound_levels if level.reserved], now)
    today = places.business_days({level.location for level in inbound_levels}, now)
    inbound = InboundStock(inbound_levels, preference, today, lapsed)
    return {sku: inbound.list_promisable_days(sku) for sku in dict.fromkeys(level.sku for level in inbound_levels)}


def load_available(
    levels: Sequence[Level], own_location: str | None = None, safety_units: int = 0
) -> dict[tuple[str, str], int]:
    """Return the promisable units by (sku, location) over all shards, less safety units except at `own_location`."""
    return sum_available(levels, load_lapsed_holds_of(levels), own_location, safety_units)


def load_lapsed_holds_of(levels: Iterable[Level]) -> list[Hold]:
    return load_lapsed_holds([level.level_id for level in levels if level.reserved], clock.now())


def sum_available(
    levels: Sequence[Level], lapsed: Sequence[Hold], own_location: str | None = None, safety_units: int = 0
) -> dict[tuple[str, str], int]:
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
    sku: str,
    locations: Sequence[Location],
    available: Mapping[tuple[str, str], int],
    distances: Mapping[str, int],
) -> dict[str, Any]:
    items = [
        {"location": location.id, "kind": location.kind, "available": available[sku, location.id]}
        | ({"distance_meters": distances[location.id]} if location.id in distances else {})
        for location in locations
    ]
    return {"sku": sku, "available": sum(item["available"] for item in items), "locations": items}


def _distances(locations: Iterable[Location], near: Point | None) -> dict[str, int]:
    if near is None:
        return {}
    locations = list(locations)
    positions = places.load_positions() if any(location.kind == "van" for location in locations) else {}
    points = {
        location.id: positions[location.id].point if location.id in positions else location.point
        for location in locations
    }
    return {location: distance_meters(near, point) for location, point in points.items() if point is not None}


def list_location_levels(
    location: str, limit: int = 100, after: dict[str, Any] | None = None, own_location: str | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return one page of a location's levels by SKU, with shards added up, and the cursor of the next page.

    `available` is that of `list_availability` for the same caller: less safety units, except at `own_location`.
    """
    page = db.query(LevelRow, f"location#{location}", index="by_list", limit=limit, after=after)
    levels = add_other_shards([row_to_level(row) for row in page.items])
    inbound, lapsed = load_inbound_levels(levels), load_lapsed_holds_of(levels)
    available = sum_available(levels, lapsed, own_location)
    return [
        _levels_to_json(_levels_at(pair, levels), _levels_at(pair, inbound), _holds_at(pair, lapsed), available[pair])
        for pair in available
    ], page.after


def _levels_to_json(
    shards: Sequence[Level], inbound: Sequence[Level], lapsed: Sequence[Hold], available: int
) -> dict[str, Any]:
    """Units that arrived in an inbound bucket count as on hand; expected units are listed by day; units of lapsed holds
    are not reserved."""
    quantities = ("on_hand", "reserved", "allocated", "display")
    sums = {name: sum(getattr(level, name) for level in shards) for name in quantities}
    sums["on_hand"] += sum(level.on_hand for level in inbound)
    sums["reserved"] -= sum(hold.quantity for hold in lapsed)
    sums["available"] = available
    days = [
        {"on": bucket_to_day(level.shard), "quantity": level.expected, "promised": level.promised}
        for level in sorted(inbound, key=lambda level: level.shard)
        if level.expected or level.on_hand
    ]
    body = {"sku": shards[0].sku, **sums, "safety": shards[0].safety, "shelves": shards[0].shard_count}
    return body | ({"expected": days} if days else {})


def list_history(
    sku: str, location: str, limit: int = 50, after: dict[str, Any] | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return one page of movements, newest first. The history is a projection and lags behind the journal."""
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
