"""Matching fulfillments to the order's allocations.

A late payment may find the order's holds lapsed and allocate units at other locations. The fulfillments then follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.fulfillment.assign import ROUTER, build_fulfillments
from chalicelib.fulfillment.model import (
    BEFORE_DISPATCH,
    Fulfillment,
    FulfillmentStatus,
    OrderFulfillment,
    WorkCancelled,
    derive_order_status,
    exclude_withdrawn,
    fulfillment_refs,
    transition_fulfillment,
)
from chalicelib.fulfillment.reroute import add_to_offer, build_rerouted_event
from chalicelib.fulfillment.store import (
    allocations_of,
    create_fulfillment,
    load_fulfillment_of_order,
    record_order_events,
    update_fulfillment,
)
from chalicelib.kit import clock, db
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.events import Event
from chalicelib.orders.model import OrderStatus
from chalicelib.stock.model import Allocation, LevelId


def check_reconciled(order_fulfillment: OrderFulfillment) -> None:
    """Reconcile an order before its goods move. Raises StaleVersion if that changed its fulfillments."""
    if not is_reconciled(order_fulfillment) and reconcile(order_fulfillment.order.id):
        raise StaleVersion()


def is_reconciled(order_fulfillment: OrderFulfillment) -> bool:
    """Return whether the active fulfillments cover exactly the order's allocations."""
    return sorted(map(_allocation_key, order_fulfillment.order.allocations)) == sorted(
        map(_allocation_key, allocations_of(exclude_withdrawn(order_fulfillment.fulfillments)))
    )


@db.retry_on_conflict
def reconcile(order_id: str) -> bool:
    """Cancel fulfillments whose units are allocated elsewhere and create new ones. Returns whether anything changed.

    Stock does not move. Usually there is nothing to change.
    """
    order_fulfillment = load_fulfillment_of_order(order_id)
    if order_fulfillment.order.status != OrderStatus.PLACED or not order_fulfillment.fulfillments:
        return False
    if is_reconciled(order_fulfillment):
        return False
    return commit_reconciled(order_fulfillment, clock.now())


def commit_reconciled(order_fulfillment: OrderFulfillment, now: datetime) -> bool:
    """Commit the cancelled and the new fulfillments. Returns False if there are none."""
    order, active = order_fulfillment.order, exclude_withdrawn(order_fulfillment.fulfillments)
    misplaced = [
        fulfillment
        for fulfillment in active
        if fulfillment.status in BEFORE_DISPATCH and not _is_allocated(order_fulfillment, fulfillment)
    ]
    remaining = [fulfillment for fulfillment in active if fulfillment not in misplaced]
    cancelled = [
        transition_fulfillment(fulfillment, FulfillmentStatus.CANCELLED, reason="goods_elsewhere")
        for fulfillment in misplaced
    ]
    uncovered = _subtract(order.allocations, allocations_of(remaining))
    fulfillments = build_fulfillments(order_fulfillment, uncovered, now)
    events: list[Event] = [build_rerouted_event(order.id, fulfillments)] if fulfillments else []
    events += [WorkCancelled(order.id, stood_down=fulfillment_refs(cancelled))] if cancelled else []
    if not events:
        return False
    open_offer = order_fulfillment.open_offer
    updated = order_fulfillment.with_changed(*cancelled, *fulfillments)
    status = derive_order_status(order.demand, updated, has_open_offer=open_offer is not None)
    db.commit(
        [
            *(add_to_offer(open_offer, fulfillments) if open_offer and fulfillments else []),
            *[update_fulfillment(before, after) for before, after in zip(misplaced, cancelled)],
            *map(create_fulfillment, fulfillments),
            *record_order_events(order, *events, actor=ROUTER, at=now, fulfillment_status=status),
        ]
    )
    return True


def _is_allocated(order_fulfillment: OrderFulfillment, fulfillment: Fulfillment) -> bool:
    allocated = [_allocation_key(allocation) for allocation in order_fulfillment.order.allocations]
    return all(_allocation_key(allocation) in allocated for allocation in fulfillment.allocations)


def _subtract(allocations: Sequence[Allocation], taken: Sequence[Allocation]) -> list[Allocation]:
    """Return the allocations less those taken, summed by level: a late payment may allocate twice at one level."""
    remaining: dict[LevelId, int] = {}
    for allocation in allocations:
        remaining[allocation.level_id] = remaining.get(allocation.level_id, 0) + allocation.quantity
    for allocation in taken:
        remaining[allocation.level_id] = remaining.get(allocation.level_id, 0) - allocation.quantity
    return [Allocation(sku, location, units, shard) for (sku, location, shard), units in remaining.items() if units > 0]


def _allocation_key(allocation: Allocation) -> tuple[str, str, int, int]:
    return allocation.sku, allocation.location, allocation.shard, allocation.quantity
