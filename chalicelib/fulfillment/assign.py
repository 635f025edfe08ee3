"""Assigning a placed order: the locations with its units get fulfillments at once, and salesmen near the customer with
all units on their van are invited to claim it instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.fulfillment.candidates import evaluate_candidates
from chalicelib.fulfillment.model import (
    NOT_STARTED,
    Fulfillment,
    FulfillmentStatus,
    Invitation,
    Offer,
    OfferOpened,
    OfferStatus,
    OrderFulfillment,
    WorkHandedOver,
    assigned_quantities,
    awaiting_refs,
    build_fulfillment_id,
    build_offer_id,
    derive_order_status,
    startable_refs,
)
from chalicelib.fulfillment.routing import RoutingDecision
from chalicelib.fulfillment.store import (
    create_decision,
    create_fulfillment,
    create_offer,
    load_fulfillment_of_order,
    record_order_events,
)
from chalicelib.kit import clock, db
from chalicelib.kit.errors import NotFound
from chalicelib.kit.journal import JournalEntry
from chalicelib.orders.model import Order, OrderStatus
from chalicelib.places import find as places
from chalicelib.stock.model import Allocation, is_inbound_bucket

ROUTER = "router"  # the actor of automatic decisions in the journal


def assign_order(entry: JournalEntry) -> None:
    """Assign the order of an OrderPlaced entry."""
    assign(entry.subject.removeprefix("order#"))


@db.retry_on_conflict
def assign(order_id: str) -> None:
    """Assign a placed order. A repeat, an order cancelled since, or one sold in an earlier system changes nothing."""
    order_fulfillment = load_fulfillment_of_order(order_id)
    if order_fulfillment.fulfillments or not needs_work(order_fulfillment.order):
        return
    if order_fulfillment.order.delivery.method == "handover":
        record_counter_handover(order_fulfillment)
    else:
        assign_and_offer(order_fulfillment)


def needs_work(order: Order) -> bool:
    """Return whether the order is to be fulfilled, or was completed at the counter by its placement. Pure."""
    sold_at_counter = order.status == OrderStatus.COMPLETED and order.delivery.method == "handover"
    return not order.historical and (order.status == OrderStatus.PLACED or sold_at_counter)


def record_counter_handover(order_fulfillment: OrderFulfillment) -> None:
    """Record a handed-over fulfillment with its fulfiller for goods that placement issued at the counter.

    A return uses it as the default return address.
    """
    order, now = order_fulfillment.order, clock.now()
    fulfillments = [
        _build_fulfillment(order_fulfillment, part, FulfillmentStatus.HANDED_OVER, now, order.actor, number)
        for number, part in enumerate(split_by_location_and_day(order.allocations))
    ]
    events = [
        WorkHandedOver(
            order.id,
            fulfillment.id,
            fulfillment.location,
            fulfillment.fulfiller,
            order.currency,
            completed=True,
            order_location=order.location,
        )
        for fulfillment in fulfillments
    ]
    db.commit([*map(create_fulfillment, fulfillments), *record_order_events(order, *events, actor=order.actor, at=now)])


def assign_and_offer(order_fulfillment: OrderFulfillment) -> None:
    """Create the fulfillments of an order, an offer if salesmen are invited, and the routing decision."""
    order, now = order_fulfillment.order, clock.now()
    fulfillments = build_fulfillments(order_fulfillment, order.allocations, now)
    wanted = assigned_quantities(fulfillment for fulfillment in fulfillments if fulfillment.status in NOT_STARTED)
    routing_result = evaluate_candidates(order_fulfillment, wanted, fulfillments, now, promised=True)
    offer = build_offer(order_fulfillment, wanted, fulfillments, routing_result.decision, now)
    event = OfferOpened(
        order.id,
        offer_id=offer.id if offer else "",
        invited=tuple(invitation.staff for invitation in offer.invitations) if offer else (),
        assigned=startable_refs(fulfillments),
        awaiting=awaiting_refs(fulfillments),
        expires_at=clock.iso(offer.expires_at) if offer else "",
        rule=routing_result.decision.rule,
    )
    status = derive_order_status(order.demand, fulfillments, offer is not None)
    db.commit(
        [
            *map(create_fulfillment, fulfillments),
            *(create_offer(offer) if offer else []),
            create_decision(order.id, now, "OrderPlaced", routing_result.inputs, routing_result.decision),
            *record_order_events(order, event, actor=ROUTER, at=now, fulfillment_status=status),
        ]
    )


def build_fulfillments(
    order_fulfillment: OrderFulfillment, allocations: Sequence[Allocation], now: datetime
) -> list[Fulfillment]:
    """Return one fulfillment for each location, and one more for each day on which its units are expected there.

    A fulfillment from a van is accepted at once, because its salesman has the goods.
    """
    fulfillments: list[Fulfillment] = []
    for part in split_by_location_and_day(allocations):
        salesman = _find_salesman(part[0].location)
        initial_status = FulfillmentStatus.ACCEPTED if salesman else FulfillmentStatus.ASSIGNED
        status = FulfillmentStatus.AWAITING if is_inbound_bucket(part[0].shard) else initial_status
        fulfillments.append(_build_fulfillment(order_fulfillment, part, status, now, salesman, len(fulfillments)))
    return fulfillments


def build_offer(
    order_fulfillment: OrderFulfillment,
    demand: dict[str, int],
    fulfillments: Sequence[Fulfillment],
    decision: RoutingDecision,
    now: datetime,
) -> Offer | None:
    """Return the offer of a routing decision, or None when no one is invited."""
    if decision.expires_at is None:
        return None
    return Offer(
        id=build_offer_id(order_fulfillment.order.id, len(order_fulfillment.offers) + 1),
        order_id=order_fulfillment.order.id,
        status=OfferStatus.OPEN,
        demand=demand,
        invitations=_deduplicate(decision.invitations),
        fulfillment_ids=tuple(fulfillment.id for fulfillment in fulfillments if fulfillment.status in NOT_STARTED),
        opened_at=now,
        expires_at=decision.expires_at,
    )


def split_by_location_and_day(allocations: Sequence[Allocation]) -> list[list[Allocation]]:
    """Return the allocations grouped by location and by the day on which they are expected."""
    groups: dict[tuple[str, int], list[Allocation]] = {}
    for allocation in allocations:
        day = allocation.shard if is_inbound_bucket(allocation.shard) else 0
        groups.setdefault((allocation.location, day), []).append(allocation)
    return list(groups.values())


def _build_fulfillment(
    order_fulfillment: OrderFulfillment,
    part: Sequence[Allocation],
    status: FulfillmentStatus,
    now: datetime,
    fulfiller: str = "",
    position: int = 0,
) -> Fulfillment:
    location = part[0].location
    return Fulfillment(
        id=build_fulfillment_id(order_fulfillment.order.id, len(order_fulfillment.fulfillments) + position + 1),
        order_id=order_fulfillment.order.id,
        location=location,
        kind=_location_kind(location),
        method=order_fulfillment.order.delivery.method,
        status=status,
        allocations=tuple(part),
        assigned_at=now,
        fulfiller=fulfiller,
    )


def _location_kind(location: str) -> str:
    try:
        return places.load_location(location).kind
    except NotFound:
        return "warehouse"  # imported orders may name a location that was never saved


def _find_salesman(location: str) -> str:
    if _location_kind(location) != "van":
        return ""
    return next((staff.id for staff in places.list_staff_at(location) if staff.role == "salesman"), "")


def _deduplicate(invited: Sequence[Invitation]) -> tuple[Invitation, ...]:
    return tuple({invitation.staff: invitation for invitation in invited}.values())
