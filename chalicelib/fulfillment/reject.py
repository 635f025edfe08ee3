"""Rejecting a fulfillment. The reason decides what happens to its units; `reroute` then reassigns the order."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.fulfillment.carrier import find_carrier_name
from chalicelib.fulfillment.model import (
    REJECTION_REASONS,
    Fulfillment,
    FulfillmentStatus,
    UnknownReason,
    WorkRejected,
    transition_fulfillment,
)
from chalicelib.fulfillment.reconcile import check_reconciled
from chalicelib.fulfillment.status_change import SideEffects, commit_status_change, load_fulfillment_context
from chalicelib.fulfillment.stock_effects import StockEffect, release, write_off
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import StaleVersion
from chalicelib.stock.model import Allocation, Level, OutOfStock
from chalicelib.stock.store import load_levels

MAX_WRITTEN_OFF_LEVELS = 40  # of one rejection; more would not fit in its transaction


@db.retry_on_conflict
def reject(principal: Principal, fulfillment_id: str, reason: str, skus: Sequence[str] = ()) -> Fulfillment:
    """Return the rejected fulfillment; a repeat changes nothing. Raises UnknownReason, NotFound or CannotMove.

    `skus` are those not found or damaged; empty means all of the fulfillment's SKUs.
    """
    if reason not in REJECTION_REASONS:
        raise UnknownReason(("reason", reason), reasons=", ".join(REJECTION_REASONS))
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == FulfillmentStatus.REJECTED:
        return context.fulfillment
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.REJECTED, reason=reason)
    check_reconciled(context.order_fulfillment)
    rejected = [allocation for allocation in context.fulfillment.allocations if not skus or allocation.sku in skus]
    released = release(context.order_fulfillment.order, context.fulfillment.allocations)
    stock_effect = released + build_write_off(reason, rejected)
    rejected_skus = tuple(sorted({allocation.sku for allocation in rejected}))
    event = WorkRejected(*context.event_ids, reason=reason, skus=rejected_skus, movements=stock_effect.movements)
    try:
        name = find_carrier_name(context.order_fulfillment.with_changed(after))
        side_effects = SideEffects(stock_effect, order_changes={"carrier_name": name})
        return commit_status_change(context, after, event, side_effects)
    except OutOfStock as sold_meanwhile:
        raise StaleVersion() from sold_meanwhile  # units to be written off were sold since they were read


def build_write_off(reason: str, rejected: Sequence[Allocation]) -> StockEffect:
    """Return the write-off for a reason: the rejected units if damaged, all available units if not found."""
    if reason == "damaged":
        return write_off(rejected)
    if reason == "not_found":
        return write_off(list_available_units(rejected))
    return StockEffect()


def list_available_units(rejected: Sequence[Allocation]) -> list[Allocation]:
    """Return all available units of the rejected SKUs at their location, the rejected units included."""
    released: dict[tuple[str, str, int], int] = {}
    for allocation in rejected:
        released[allocation.level_id] = released.get(allocation.level_id, 0) + allocation.quantity
    levels = load_levels({(allocation.sku, allocation.location) for allocation in rejected})
    quantities = [(level, level.available + released.get(level.level_id, 0)) for level in _largest_levels(levels)]
    return [
        Allocation(level.sku, level.location, quantity, level.shard) for level, quantity in quantities if quantity > 0
    ]


def _largest_levels(levels: Sequence[Level]) -> list[Level]:
    return sorted(levels, key=lambda level: -level.on_hand)[:MAX_WRITTEN_OFF_LEVELS]
