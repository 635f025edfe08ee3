"""Levels taken over from elsewhere: an import or a demo says what stands where, and saying it twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.stock.count import expected
from chalicelib.stock.model import (
    Level,
    Movement,
    Piece,
    SafetyUnits,
    StockAdjusted,
    adjusted,
    applied,
    displayed,
    from_display,
    missing,
    put_back,
)
from chalicelib.stock.move import at_work, by_sku, known, not_yet_shelved, taken_from, write_down
from chalicelib.stock.store import change, load_expected, load_levels, take_hold

AT_ONCE = 40


@dataclass(frozen=True)
class Kept:
    sku: str
    on_hand: int
    safety: int = 0
    display: int = 0


def keep_levels(principal: Principal, location: str, kept: Sequence[Kept], reason: str = "import") -> int:
    """How many levels were not yet so. Each forty of them are one commit."""
    at_work(principal, location)
    known(each.sku for each in kept)
    kept = list({each.sku: each for each in kept}.values())
    batches = [kept[start : start + AT_ONCE] for start in range(0, len(kept), AT_ONCE)]
    return sum(_keep(principal, location, batch, reason) for batch in batches)


@db.decided_anew
def _keep(principal: Principal, location: str, kept: Sequence[Kept], reason: str) -> int:
    skus = {each.sku: each.on_hand for each in kept}
    levels = load_levels((sku, location) for sku in skus)
    beside = not_yet_shelved(load_expected(levels))
    kept = [replace(each, on_hand=each.on_hand - beside.get(each.sku, 0)) for each in kept]
    shelves = by_sku(location, skus, levels)
    different = [each for each in kept if _differs(each, shelves[each.sku])]
    if different:
        _write(principal, location, different, shelves, reason)
    return len(different)


def _differs(kept: Kept, shelves: Sequence[Level]) -> bool:
    shown = sum(level.display for level in shelves)
    return (expected(shelves), shown, shelves[0].safety) != (kept.on_hand, kept.display, kept.safety)


def _write(
    principal: Principal, location: str, kept: Sequence[Kept], shelves: dict[str, list[Level]], reason: str
) -> None:
    levels = [level for each in kept for level in shelves[each.sku]]
    back = [movement for each in kept for movement in _less_shown(each, shelves[each.sku])]
    more = [movement for each in kept for movement in _more(each, shelves[each.sku])]
    lost = {each.sku: expected(shelves[each.sku]) - each.on_hand for each in kept}
    gone = {sku: quantity for sku, quantity in lost.items() if quantity > 0}
    plan = taken_from(location, gone, applied(levels, back))
    movements = [*back, *more, *plan.moved_by(missing)]
    safety = {(each.sku, location): {"safety": each.safety} for each in kept}
    kept_back = tuple(SafetyUnits(each.sku, each.safety) for each in kept)
    event = StockAdjusted(location, reason, tuple(movements), kept_back)
    writes = [*map(take_hold, plan.takes), *change(movements, as_read=levels, settings=safety)]
    write_down(principal, event, writes)


def _less_shown(kept: Kept, shelves: Sequence[Level]) -> list[Movement]:
    surplus = sum(level.display for level in shelves) - kept.display
    return [put_back(piece) for piece in from_display(shelves, surplus)] if surplus > 0 else []


def _more(kept: Kept, shelves: Sequence[Level]) -> list[Movement]:
    """On shelf 0, where what arrives in the same commit can go on display at once."""
    place = kept.sku, shelves[0].location
    found = kept.on_hand - expected(shelves)
    shown = kept.display - sum(level.display for level in shelves)
    arriving = [adjusted(Piece(*place, found))] if found > 0 else []
    return arriving + ([displayed(Piece(*place, shown))] if shown > 0 else [])
