"""Goods that orders were promised for a day have come: whoever waits longest gets his first, and his work can begin.

What came was kept for them in the very commit that wrote it down, so nobody else can have bought it meanwhile.
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
from chalicelib.stock.store import list_arrived, load_levels_by_id, unlist_arrived


def fill_on_event(told: JournalEntry) -> int:
    """On whatever moved goods or promises on a day's shelf: some came, or somebody no longer waits for them."""
    movements: tuple[Movement, ...] = getattr(told.event, "movements", ())
    kind, _, order_id = told.subject.partition("#")
    return fill_at_levels(
        {one.level_id for one in movements if is_inbound_bucket(one.shelf)}, order_id if kind == "order" else ""
    )


def fill_all_arrived() -> int:
    """By the clock: for those whose work was not yet in the list when their goods came."""
    places = list_arrived()
    filled = fill_at_levels(places)
    for place, units in load_on_hand(places).items():
        if not units:
            db.commit([unlist_arrived(place)])
    return filled


def fill_at_levels(places: Iterable[LevelId], order_id: str = "") -> int:
    """How many orders were given their goods; what nobody waits for is anybody's then. The list of those who wait lags,
    so the order that is heard of is looked at itself."""
    came = [place for place, units in load_on_hand(places).items() if units]
    if not came:
        return 0
    own = (
        [
            fulfillment
            for fulfillment in load_fulfillment_of_order(order_id).fulfillments
            if fulfillment.status == FulfillmentStatus.AWAITING
        ]
        if order_id
        else []
    )
    filled = sum(_fill_at_location(location, own) for location in sorted({location for _, location, _ in came}))
    release_unclaimed(came)
    return filled


def load_on_hand(places: Iterable[LevelId]) -> dict[LevelId, int]:
    wanted = list(places)
    return dict.fromkeys(wanted, 0) | {place: level.on_hand for place, level in load_levels_by_id(wanted).items()}


def _fill_at_location(location: str, own: Sequence[Fulfillment]) -> int:
    """An order whose work needs more than came keeps what is there of it from those behind it, unless it has not been
    paid yet."""
    filled, left = 0, dict[LevelId, int]()
    for fulfillment in sort_oldest_first(
        (
            *list_awaiting_fulfillments(location),
            *(fulfillment for fulfillment in own if fulfillment.location == location),
        )
    ):
        left |= load_on_hand(
            allocation.level_id for allocation in fulfillment.pieces if allocation.level_id not in left
        )
        if not any(left[allocation.level_id] for allocation in fulfillment.pieces) or _is_unpaid(fulfillment.order_id):
            continue
        whole = all(left[allocation.level_id] >= allocation.quantity for allocation in fulfillment.pieces)
        if whole and not fill_fulfillment(fulfillment):
            continue
        filled += whole
        for allocation in fulfillment.pieces:
            left[allocation.level_id] = max(0, left[allocation.level_id] - allocation.quantity)
    return filled


def sort_oldest_first(fulfillments: Iterable[Fulfillment]) -> list[Fulfillment]:
    """Each once; their ids begin with their order's, and that with the instant it was placed."""
    return [
        fulfillment for _, fulfillment in sorted({fulfillment.id: fulfillment for fulfillment in fulfillments}.items())
    ]


def _is_unpaid(order_id: str) -> bool:
    order = find_order(order_id)
    return order is None or order.on_hold


@db.retry_on_conflict
def fill_fulfillment(fulfillment: Fulfillment) -> bool:
    """Only firm promises: who has not paid yet keeps his hold, and gets his goods when the money comes."""
    order_fulfillment = load_fulfillment_of_order(fulfillment.order_id)
    waits = order_fulfillment.fulfillment(fulfillment.id)
    if (
        waits.status != FulfillmentStatus.AWAITING
        or order_fulfillment.order.status != OrderStatus.PLACED
        or order_fulfillment.order.on_hold
    ):
        return False
    check_reconciled(order_fulfillment)
    try:
        commit_filled(order_fulfillment, waits)
    except (OutOfStock, NotPromised):
        return False  # given to somebody else by another who heard of it
    return True


def commit_filled(order_fulfillment: OrderFulfillment, waits: Fulfillment) -> None:
    allocations = tuple(map(on_first_shard, waits.pieces))
    begins = replace(
        transition_fulfillment(waits, FulfillmentStatus.ASSIGNED), pieces=allocations, assigned_at=clock.now()
    )
    goods = (
        release(order_fulfillment.order, waits.pieces)
        + StockEffect(tuple(move_to_first_shard(waits.pieces)))
        + promise(order_fulfillment.order, allocations)
    )
    fulfillments = order_fulfillment.with_changed(begins)
    status = derive_order_status(
        order_fulfillment.order.demand, fulfillments, has_open_offer=order_fulfillment.open_offer is not None
    )
    event = BackorderFilled(order_fulfillment.order.id, fulfillment_refs([begins]), goods.movements)
    changes = {"pieces": allocations_of(exclude_withdrawn(fulfillments)), "fulfillment_status": status}
    db.commit(
        [
            update_fulfillment(waits, begins),
            *record_order_events(order_fulfillment.order, event, actor=ROUTER, at=clock.now(), **changes),
            *goods.writes,
        ]
    )
