"""Late money may find an order's units gone and take others elsewhere; then the work follows the goods."""

from __future__ import annotations

from collections.abc import Sequence

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
    """Before goods move by a fulfillment: if they lie elsewhere by now, the work is put right first."""
    if not is_reconciled(order_fulfillment) and reconcile(order_fulfillment.order.id):
        raise StaleVersion()


def is_reconciled(order_fulfillment: OrderFulfillment) -> bool:
    return sorted(map(_allocation_key, order_fulfillment.order.pieces)) == sorted(
        map(_allocation_key, allocations_of(exclude_withdrawn(order_fulfillment.fulfillments)))
    )


@db.retry_on_conflict
def reconcile(order_id: str) -> bool:
    """Moves no goods: they are where the order says. Nothing to do is the rule."""
    order_fulfillment = load_fulfillment_of_order(order_id)
    if (
        order_fulfillment.order.status != OrderStatus.PLACED
        or not order_fulfillment.fulfillments
        or is_reconciled(order_fulfillment)
    ):
        return False
    now = clock.now()
    wrong = [
        fulfillment
        for fulfillment in exclude_withdrawn(order_fulfillment.fulfillments)
        if fulfillment.status in BEFORE_DISPATCH and not _is_allocated(order_fulfillment, fulfillment)
    ]
    kept = [
        fulfillment for fulfillment in exclude_withdrawn(order_fulfillment.fulfillments) if fulfillment not in wrong
    ]
    down = [
        transition_fulfillment(fulfillment, FulfillmentStatus.CANCELLED, reason="goods_elsewhere")
        for fulfillment in wrong
    ]
    fulfillments = build_fulfillments(
        order_fulfillment, _subtract(order_fulfillment.order.pieces, allocations_of(kept)), now
    )
    events: list[Event] = [build_rerouted_event(order_id, fulfillments)] if fulfillments else []
    events += [WorkCancelled(order_id, stood_down=fulfillment_refs(down))] if down else []
    asking = order_fulfillment.open_offer
    status = derive_order_status(
        order_fulfillment.order.demand,
        order_fulfillment.with_changed(*down, *fulfillments),
        has_open_offer=asking is not None,
    )
    if not events:
        return False
    db.commit(
        [
            *(add_to_offer(asking, fulfillments) if asking and fulfillments else []),
            *[update_fulfillment(before, after) for before, after in zip(wrong, down)],
            *map(create_fulfillment, fulfillments),
            *record_order_events(order_fulfillment.order, *events, actor=ROUTER, at=now, fulfillment_status=status),
        ]
    )
    return True


def _is_allocated(order_fulfillment: OrderFulfillment, fulfillment: Fulfillment) -> bool:
    promised = [_allocation_key(allocation) for allocation in order_fulfillment.order.pieces]
    return all(_allocation_key(allocation) in promised for allocation in fulfillment.pieces)


def _subtract(allocations: Sequence[Allocation], taken: Sequence[Allocation]) -> list[Allocation]:
    """Late money may have found more of it where some was promised already: two pieces of one place."""
    left: dict[LevelId, int] = {}
    for allocation in allocations:
        left[allocation.level_id] = left.get(allocation.level_id, 0) + allocation.quantity
    for allocation in taken:
        left[allocation.level_id] = left.get(allocation.level_id, 0) - allocation.quantity
    return [Allocation(sku, location, units, shelf) for (sku, location, shelf), units in left.items() if units > 0]


def _allocation_key(allocation: Allocation) -> tuple[str, str, int, int]:
    return allocation.sku, allocation.location, allocation.shard, allocation.quantity
