"""Levels taken over from elsewhere: an import or a demo says what stands where, and saying it twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.stock.count import sum_on_hand
from chalicelib.stock.model import (
    Allocation,
    Level,
    Movement,
    SafetyUnits,
    StockAdjusted,
    apply_movements,
    display_movement,
    display_return_movement,
    shortage_movement,
    surplus_movement,
    take_from_display,
)
from chalicelib.stock.move import (
    group_by_sku,
    plan_removal,
    record_stock_event,
    require_known_skus,
    require_location_access,
    sum_kept_for_orders,
)
from chalicelib.stock.store import build_level_writes, load_inbound_levels, load_levels, take_lapsed_hold

LEVELS_PER_COMMIT = 40


@dataclass(frozen=True)
class TargetLevel:
    sku: str
    on_hand: int
    safety: int = 0
    display: int = 0


def save_levels(principal: Principal, location: str, kept: Sequence[TargetLevel], reason: str = "import") -> int:
    """How many levels were not yet so. Each forty of them are one commit."""
    require_location_access(principal, location)
    require_known_skus(each.sku for each in kept)
    kept = list({each.sku: each for each in kept}.values())
    batches = [kept[start : start + LEVELS_PER_COMMIT] for start in range(0, len(kept), LEVELS_PER_COMMIT)]
    return sum(_save_batch(principal, location, batch, reason) for batch in batches)


@db.retry_on_conflict
def _save_batch(principal: Principal, location: str, kept: Sequence[TargetLevel], reason: str) -> int:
    skus = {each.sku: each.on_hand for each in kept}
    levels = load_levels((sku, location) for sku in skus)
    beside = sum_kept_for_orders(load_inbound_levels(levels))
    kept = [replace(each, on_hand=each.on_hand - beside.get(each.sku, 0)) for each in kept]
    shelves = group_by_sku(location, skus, levels)
    different = [each for each in kept if _is_different(each, shelves[each.sku])]
    if different:
        _commit_differences(principal, location, different, shelves, reason)
    return len(different)


def _is_different(kept: TargetLevel, shelves: Sequence[Level]) -> bool:
    shown = sum(level.display for level in shelves)
    return (sum_on_hand(shelves), shown, shelves[0].safety) != (kept.on_hand, kept.display, kept.safety)


def _commit_differences(
    principal: Principal, location: str, kept: Sequence[TargetLevel], shelves: dict[str, list[Level]], reason: str
) -> None:
    levels = [level for each in kept for level in shelves[each.sku]]
    back = [movement for each in kept for movement in _build_display_returns(each, shelves[each.sku])]
    more = [movement for each in kept for movement in _build_additions(each, shelves[each.sku])]
    lost = {each.sku: sum_on_hand(shelves[each.sku]) - each.on_hand for each in kept}
    gone = {sku: quantity for sku, quantity in lost.items() if quantity > 0}
    plan = plan_removal(location, gone, apply_movements(levels, back))
    movements = [*back, *more, *plan.to_movements(shortage_movement)]
    safety = {(each.sku, location): {"safety": each.safety} for each in kept}
    kept_back = tuple(SafetyUnits(each.sku, each.safety) for each in kept)
    event = StockAdjusted(location, reason, tuple(movements), kept_back)
    writes = [
        *map(take_lapsed_hold, plan.taken_holds),
        *build_level_writes(movements, unchanged_levels=levels, settings=safety),
    ]
    record_stock_event(principal, event, writes)


def _build_display_returns(kept: TargetLevel, shelves: Sequence[Level]) -> list[Movement]:
    surplus = sum(level.display for level in shelves) - kept.display
    return [display_return_movement(piece) for piece in take_from_display(shelves, surplus)] if surplus > 0 else []


def _build_additions(kept: TargetLevel, shelves: Sequence[Level]) -> list[Movement]:
    """On shelf 0, where what arrives in the same commit can go on display at once."""
    place = kept.sku, shelves[0].location
    found = kept.on_hand - sum_on_hand(shelves)
    shown = kept.display - sum(level.display for level in shelves)
    arriving = [surplus_movement(Allocation(*place, found))] if found > 0 else []
    return arriving + ([display_movement(Allocation(*place, shown))] if shown > 0 else [])
