"""Set levels to given quantities, for imports and demo data. Saving the same levels twice changes nothing."""

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
from chalicelib.stock.shared_steps import (
    group_by_sku,
    plan_removal,
    record_stock_event,
    require_known_skus,
    require_location_access,
    sum_arrived_for_orders,
)
from chalicelib.stock.store import build_level_writes, load_inbound_levels, load_levels, take_lapsed_hold

LEVELS_PER_COMMIT = 40


@dataclass(frozen=True)
class TargetLevel:
    """The quantities that a SKU is to have at a location, over all shards. None is the quantity that it has."""

    sku: str
    on_hand: int
    safety: int | None = 0
    display: int | None = 0


def save_levels(principal: Principal, location: str, targets: Sequence[TargetLevel], reason: str = "import") -> int:
    """Return the number of levels that changed, committed in batches. If a SKU occurs twice, the last one applies."""
    require_location_access(principal, location)
    require_known_skus(target.sku for target in targets)
    targets = list({target.sku: target for target in targets}.values())
    batches = [targets[start : start + LEVELS_PER_COMMIT] for start in range(0, len(targets), LEVELS_PER_COMMIT)]
    return sum(_save_batch(principal, location, batch, reason) for batch in batches)


@db.retry_on_conflict
def _save_batch(principal: Principal, location: str, targets: Sequence[TargetLevel], reason: str) -> int:
    skus = {target.sku: target.on_hand for target in targets}
    levels = load_levels((sku, location) for sku in skus)
    arrived = sum_arrived_for_orders(load_inbound_levels(levels))
    targets = [replace(target, on_hand=target.on_hand - arrived.get(target.sku, 0)) for target in targets]
    shards = group_by_sku(location, skus, levels)
    full_targets = [_fill_target(target, shards[target.sku]) for target in targets]
    changed = [target for target in full_targets if _is_different(target, shards[target.sku])]
    if changed:
        _commit_differences(principal, location, changed, shards, reason)
    return len(changed)


@dataclass(frozen=True)
class FullTarget:
    """A target without open quantities."""

    sku: str
    on_hand: int
    safety: int
    display: int


def _fill_target(target: TargetLevel, shards: Sequence[Level]) -> FullTarget:
    safety = shards[0].safety if target.safety is None else target.safety
    display = sum(level.display for level in shards) if target.display is None else target.display
    return FullTarget(target.sku, target.on_hand, safety, display)


def _is_different(target: FullTarget, shards: Sequence[Level]) -> bool:
    display = sum(level.display for level in shards)
    return (sum_on_hand(shards), display, shards[0].safety) != (target.on_hand, target.display, target.safety)


def _commit_differences(
    principal: Principal, location: str, targets: Sequence[FullTarget], shards: dict[str, list[Level]], reason: str
) -> None:
    levels = [level for target in targets for level in shards[target.sku]]
    display_returns = [
        movement for target in targets for movement in _build_display_returns(target, shards[target.sku])
    ]
    additions = [movement for target in targets for movement in _build_additions(target, shards[target.sku])]
    missing = {target.sku: sum_on_hand(shards[target.sku]) - target.on_hand for target in targets}
    removed = {sku: quantity for sku, quantity in missing.items() if quantity > 0}
    plan = plan_removal(location, removed, apply_movements(levels, display_returns))
    movements = [*display_returns, *additions, *plan.to_movements(shortage_movement)]
    settings = {(target.sku, location): {"safety": target.safety} for target in targets}
    safety = tuple(SafetyUnits(target.sku, target.safety) for target in targets)
    event = StockAdjusted(location, reason, tuple(movements), safety)
    writes = [
        *map(take_lapsed_hold, plan.taken_holds),
        *build_level_writes(movements, unchanged_levels=levels, settings=settings),
    ]
    record_stock_event(principal, event, writes)


def _build_display_returns(target: FullTarget, shards: Sequence[Level]) -> list[Movement]:
    surplus = sum(level.display for level in shards) - target.display
    returned = take_from_display(shards, surplus) if surplus > 0 else []
    return [display_return_movement(allocation) for allocation in returned]


def _build_additions(target: FullTarget, shards: Sequence[Level]) -> list[Movement]:
    """Return movements in shard 0, so that units added in the same commit can go on display."""
    sku, location = target.sku, shards[0].location
    surplus = target.on_hand - sum_on_hand(shards)
    display = target.display - sum(level.display for level in shards)
    added = [surplus_movement(Allocation(sku, location, surplus))] if surplus > 0 else []
    return added + ([display_movement(Allocation(sku, location, display))] if display > 0 else [])
