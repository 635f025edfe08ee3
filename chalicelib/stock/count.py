"""Somebody counted. A variance becomes one adjustment; what was right is written down as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.kit import db, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.requests import Asked
from chalicelib.stock.model import (
    CountedLine,
    Level,
    MorePromised,
    Movement,
    OutOfStock,
    Piece,
    StockCounted,
    adjusted,
    missing,
)
from chalicelib.stock.move import at_work, by_sku, known, not_yet_shelved, taken_from, write_down
from chalicelib.stock.plan import Plan
from chalicelib.stock.store import change, load_expected, load_levels, take_hold

Quantities = Mapping[str, int]
Shelves = Mapping[str, Sequence[Level]]


@db.decided_anew
def count(
    principal: Principal, location: str, counted: Quantities, reason: str, asked: Asked | None = None
) -> dict[str, Any]:
    """Counts what is physically there: free, promised and displayed together, over all shelves."""
    requests.look_up(asked)
    at_work(principal, location)
    known(sku for sku, quantity in counted.items() if quantity)
    levels = load_levels((sku, location) for sku in counted)
    coming = load_expected(levels)
    shelves, kept = by_sku(location, counted, levels), not_yet_shelved(coming)
    shelved = {sku: counted[sku] - kept.get(sku, 0) for sku in counted}
    plan = _found_missing(location, shelved, shelves)
    movements = plan.moved_by(missing) + _found_more(location, shelved, shelves)
    lines = [_line(sku, expected(shelves[sku]) + kept.get(sku, 0), counted[sku]) for sku in counted]
    counts = tuple(CountedLine(line["sku"], line["expected"], line["counted"]) for line in lines)
    event = StockCounted(location, reason, counts, tuple(movements))
    as_read = [*(level for standing in shelves.values() for level in standing), *coming]
    writes = [*map(take_hold, plan.takes), *change(movements, as_read=as_read)]
    return write_down(principal, event, writes, asked, counted=lines)


def expected(shelves: Sequence[Level]) -> int:
    return sum(level.on_hand for level in shelves)


def _found_missing(location: str, counted: Quantities, shelves: Shelves) -> Plan:
    short = {sku: expected(shelves[sku]) - counted[sku] for sku in counted}
    levels = [level for standing in shelves.values() for level in standing]
    try:
        return taken_from(location, {sku: lost for sku, lost in short.items() if lost > 0}, levels)
    except OutOfStock as refusal:
        sku = refusal.facts["short"][0]["sku"]
        promised = expected(shelves[sku]) - refusal.facts["short"][0]["available"]
        raise MorePromised(sku=sku, location=location, promised=promised, counted=counted[sku]) from refusal


def _found_more(location: str, counted: Quantities, shelves: Shelves) -> list[Movement]:
    over = {sku: counted[sku] - expected(shelves[sku]) for sku in counted}
    return [adjusted(Piece(sku, location, found)) for sku, found in over.items() if found > 0]


def _line(sku: str, books: int, found: int) -> dict[str, Any]:
    return {"sku": sku, "expected": books, "counted": found, "variance": found - books}
