"""The fulfiller says no, with a reason that decides what becomes of the units. Who brings it then is decided by
`reroute`, from the event that this writes."""

from __future__ import annotations

from collections.abc import Sequence

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

MAX_WRITTEN_OFF_LEVELS = 40  # shelves; the transaction that releases the pieces has room for no more


@db.retry_on_conflict
def reject(principal: Principal, fulfillment_id: str, reason: str, skus: Sequence[str] = ()) -> Fulfillment:
    """`skus` are those that were not found or are damaged; without them, all of this fulfillment's."""
    if reason not in REJECTION_REASONS:
        raise UnknownReason(("reason", reason), reasons=", ".join(REJECTION_REASONS))
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == FulfillmentStatus.REJECTED:
        return context.fulfillment
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.REJECTED, reason=reason)
    check_reconciled(context.order_fulfillment)
    wanting = [allocation for allocation in context.fulfillment.pieces if not skus or allocation.sku in skus]
    goods = release(context.order_fulfillment.order, context.fulfillment.pieces) + build_write_off(reason, wanting)
    unfit = tuple(sorted({allocation.sku for allocation in wanting}))
    event = WorkRejected(*context.event_ids, reason=reason, skus=unfit, movements=goods.movements)
    try:
        return commit_status_change(context, after, event, SideEffects(goods, order_changes={"bringer": ""}))
    except OutOfStock as sold_meanwhile:
        raise StaleVersion() from sold_meanwhile  # what was to be written off is somebody's now: look again


def build_write_off(reason: str, wanting: Sequence[Allocation]) -> StockEffect:
    if reason == "damaged":
        return write_off(wanting)
    if reason == "not_found":
        return write_off(list_unsellable(wanting))
    return StockEffect()


def list_unsellable(wanting: Sequence[Allocation]) -> list[Allocation]:
    """All that could still be promised of these SKUs here, besides the pieces given up: nothing of it was found."""
    given_up: dict[tuple[str, str, int], int] = {}
    for allocation in wanting:
        given_up[allocation.level_id] = given_up.get(allocation.level_id, 0) + allocation.quantity
    levels = load_levels({(allocation.sku, allocation.location) for allocation in wanting})
    left = [(level, level.available + given_up.get(level.level_id, 0)) for level in _largest_levels(levels)]
    return [Allocation(level.sku, level.location, quantity, level.shard) for level, quantity in left if quantity > 0]


def _largest_levels(levels: Sequence[Level]) -> list[Level]:
    return sorted(levels, key=lambda level: -level.on_hand)[:MAX_WRITTEN_OFF_LEVELS]
