"""Filling backorders: arrived goods are allocated to the orders that await them, oldest first.

The transaction that received the goods reserved them for these orders, so no other order can have taken them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.fulfillment.assign import ROUTER
from chalicelib.fulfillment.model import (
    BackorderFilled,
    Fulfillment,
    FulfillmentStatus,
    OrderFulfillment,
    derive_order_status,
    exclude_withdrawn,
    fulfillment_refs,
    transition_fulfillment,
)
from chalicelib.fulfillment.reconcile import check_reconciled
from chalicelib.fulfillment.stock_effects import StockEffect, promise, release
from chalicelib.fulfillment.store import (
    allocations_of,
    list_awaiting_fulfillments,
    load_fulfillment_of_order,
    record_order_events,
    update_fulfillment,
)
from chalicelib.kit import clock, db
from chalicelib.kit.journal import JournalEntry
from chalicelib.orders.model import OrderStatus
from chalicelib.orders.store import find_order
from chalicelib.stock.inbound import move_to_first_shard, on_first_shard
from chalicelib.stock.model import LevelId, Movement, NotPromised, OutOfStock, is_inbound_bucket
from chalicelib.stock.release_unclaimed import release_unclaimed
from chalicelib.stock.store import list_arrived_buckets, load_levels_by_id, unlist_arrived_bucket


def fill_on_event(entry: JournalEntry) -> int:
    """Fill backorders after an event that moved inbound stock: goods arrived, or an order no longer awaits them.

    Returns the number of fulfillments filled.
    """
    movements: tuple[Movement, ...] = getattr(entry.event, "movements", ())
    kind, _, order_id = entry.subject.partition("#")
    return fill_at_levels(
        {movement.level_id for movement in movements if is_inbound_bucket(movement.shelf)},
        order_id if kind == "order" else "",
    )


def fill_all_arrived() -> int:
    """Fill backorders at every level with arrived goods, and unlist empty levels. Returns the number filled.

    It runs by schedule, for fulfillments that the event handler missed because the index was not yet up to date.
    """
    level_ids = list_arrived_buckets()
    filled = fill_at_levels(level_ids)
    for level_id, units in load_on_hand(level_ids).items():
        if not units:
            db.commit([unlist_arrived_bucket(level_id)])
    return filled


def fill_at_levels(level_ids: Iterable[LevelId], order_id: str = "") -> int:
    """Fill backorders at these levels and return the number filled. Unclaimed units return to general stock.

    `order_id` is the order of the event: the index may not list its fulfillments yet, so they are read directly.
    """
    arrived = [level_id for level_id, units in load_on_hand(level_ids).items() if units]
    if not arrived:
        return 0
    order_fulfillments = (
        [
            fulfillment
            for fulfillment in load_fulfillment_of_order(order_id).fulfillments
            if fulfillment.status == FulfillmentStatus.AWAITING
        ]
        if order_id
        else []
    )
    locations = sorted({location for _, location, _ in arrived})
    filled = sum(_fill_at_location(location, order_fulfillments) for location in locations)
    release_unclaimed(arrived)
    return filled


def load_on_hand(level_ids: Iterable[LevelId]) -> dict[LevelId, int]:
    """Return the units on hand at each level, 0 for a level that does not exist."""
    ids = list(level_ids)
    return dict.fromkeys(ids, 0) | {level_id: level.on_hand for level_id, level in load_levels_by_id(ids).items()}


def _fill_at_location(location: str, order_fulfillments: Sequence[Fulfillment]) -> int:
    """Fill listed fulfillments and those of the event's order, oldest order first, and return the number filled.

    A fulfillment that still lacks units reserves the arrived ones, so that later fulfillments do not take them. Unpaid
    orders are skipped.
    """
    filled, remaining = 0, dict[LevelId, int]()
    of_order = [fulfillment for fulfillment in order_fulfillments if fulfillment.location == location]
    for fulfillment in sort_oldest_first((*list_awaiting_fulfillments(location), *of_order)):
        allocations = fulfillment.allocations
        remaining |= load_on_hand(item.level_id for item in allocations if item.level_id not in remaining)
        if not any(remaining[item.level_id] for item in allocations) or _is_unpaid(fulfillment.order_id):
            continue
        is_complete = all(remaining[item.level_id] >= item.quantity for item in allocations)
        if is_complete and not fill_fulfillment(fulfillment):
            continue
        filled += is_complete
        for item in allocations:
            remaining[item.level_id] = max(0, remaining[item.level_id] - item.quantity)
    return filled


def sort_oldest_first(fulfillments: Iterable[Fulfillment]) -> list[Fulfillment]:
    """Return the fulfillments without duplicates, oldest order first: their ids begin with the order's ULID."""
    by_id = {fulfillment.id: fulfillment for fulfillment in fulfillments}
    return [by_id[fulfillment_id] for fulfillment_id in sorted(by_id)]


def _is_unpaid(order_id: str) -> bool:
    order = find_order(order_id)
    return order is None or order.on_hold


@db.retry_on_conflict
def fill_fulfillment(fulfillment: Fulfillment) -> bool:
    """Move a fulfillment's allocations to the arrived goods, so it can begin. Returns whether it did.

    An order on hold keeps its holds and is filled after payment.
    """
    order_fulfillment = load_fulfillment_of_order(fulfillment.order_id)
    awaiting = order_fulfillment.fulfillment(fulfillment.id)
    if (
        awaiting.status != FulfillmentStatus.AWAITING
        or order_fulfillment.order.status != OrderStatus.PLACED
        or order_fulfillment.order.on_hold
    ):
        return False
    check_reconciled(order_fulfillment)
    try:
        commit_filled(order_fulfillment, awaiting)
    except (OutOfStock, NotPromised):
        return False  # a concurrent handler has already used these units
    return True


def commit_filled(order_fulfillment: OrderFulfillment, awaiting: Fulfillment) -> None:
    """Commit an awaiting fulfillment as assigned, with its units on the first shard of their level."""
    allocations = tuple(map(on_first_shard, awaiting.allocations))
    assigned = replace(
        transition_fulfillment(awaiting, FulfillmentStatus.ASSIGNED), allocations=allocations, assigned_at=clock.now()
    )
    stock_effect = (
        release(order_fulfillment.order, awaiting.allocations)
        + StockEffect(tuple(move_to_first_shard(awaiting.allocations)))
        + promise(order_fulfillment.order, allocations)
    )
    fulfillments = order_fulfillment.with_changed(assigned)
    status = derive_order_status(
        order_fulfillment.order.demand, fulfillments, has_open_offer=order_fulfillment.open_offer is not None
    )
    event = BackorderFilled(order_fulfillment.order.id, fulfillment_refs([assigned]), stock_effect.movements)
    changes = {"allocations": allocations_of(exclude_withdrawn(fulfillments)), "fulfillment_status": status}
    db.commit(
        [
            update_fulfillment(awaiting, assigned),
            *record_order_events(order_fulfillment.order, event, actor=ROUTER, at=clock.now(), **changes),
            *stock_effect.writes,
        ]
    )
