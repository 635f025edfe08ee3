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


def check_reconciled(case: OrderFulfillment) -> None:
    """Before goods move by a fulfillment: if they lie elsewhere by now, the work is put right first."""
    if not is_reconciled(case) and reconcile(case.order.id):
        raise StaleVersion()


def is_reconciled(case: OrderFulfillment) -> bool:
    return sorted(map(_allocation_key, case.order.pieces)) == sorted(
        map(_allocation_key, allocations_of(exclude_withdrawn(case.fulfillments)))
    )


@db.retry_on_conflict
def reconcile(order_id: str) -> bool:
    """Moves no goods: they are where the order says. Nothing to do is the rule."""
    case = load_fulfillment_of_order(order_id)
    if case.order.status != OrderStatus.PLACED or not case.fulfillments or is_reconciled(case):
        return False
    now = clock.now()
    wrong = [
        work
        for work in exclude_withdrawn(case.fulfillments)
        if work.status in BEFORE_DISPATCH and not _is_allocated(case, work)
    ]
    kept = [work for work in exclude_withdrawn(case.fulfillments) if work not in wrong]
    down = [transition_fulfillment(work, FulfillmentStatus.CANCELLED, reason="goods_elsewhere") for work in wrong]
    works = build_fulfillments(case, _subtract(case.order.pieces, allocations_of(kept)), now)
    events: list[Event] = [build_rerouted_event(order_id, works)] if works else []
    events += [WorkCancelled(order_id, stood_down=fulfillment_refs(down))] if down else []
    asking = case.open_offer
    status = derive_order_status(case.order.demand, case.with_changed(*down, *works), has_open_offer=asking is not None)
    if not events:
        return False
    db.commit(
        [
            *(add_to_offer(asking, works) if asking and works else []),
            *[update_fulfillment(before, after) for before, after in zip(wrong, down)],
            *map(create_fulfillment, works),
            *record_order_events(case.order, *events, actor=ROUTER, at=now, fulfillment_status=status),
        ]
    )
    return True


def _is_allocated(case: OrderFulfillment, work: Fulfillment) -> bool:
    promised = [_allocation_key(piece) for piece in case.order.pieces]
    return all(_allocation_key(piece) in promised for piece in work.pieces)


def _subtract(pieces: Sequence[Allocation], taken: Sequence[Allocation]) -> list[Allocation]:
    """Late money may have found more of it where some was promised already: two pieces of one place."""
    left: dict[LevelId, int] = {}
    for piece in pieces:
        left[piece.level_id] = left.get(piece.level_id, 0) + piece.quantity
    for piece in taken:
        left[piece.level_id] = left.get(piece.level_id, 0) - piece.quantity
    return [Allocation(sku, location, units, shelf) for (sku, location, shelf), units in left.items() if units > 0]


def _allocation_key(piece: Allocation) -> tuple[str, str, int, int]:
    return piece.sku, piece.location, piece.shard, piece.quantity
