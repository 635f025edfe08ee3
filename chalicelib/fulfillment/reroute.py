"""Routing an order's unassigned units again, automatically. `OrderStranded` is recorded when no one can serve them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.fulfillment.assign import ROUTER, build_fulfillments, build_offer
from chalicelib.fulfillment.candidates import RoutingResult, build_exclusions, evaluate_candidates, find_destination
from chalicelib.fulfillment.model import (
    NOT_STARTED,
    Fulfillment,
    Offer,
    OfferOpened,
    OfferStatus,
    OrderFulfillment,
    OrderStranded,
    Shortage,
    WorkRerouted,
    awaiting_refs,
    derive_order_status,
    exclude_withdrawn,
    startable_refs,
    transition_offer,
    unassigned_quantities,
)
from chalicelib.fulfillment.stock_effects import StockEffect, holds_until, promise, release_holds
from chalicelib.fulfillment.store import (
    allocations_of,
    close_offer,
    create_decision,
    create_fulfillment,
    create_offer,
    is_stranded,
    list_stranded_orders,
    load_fulfillment_of_order,
    mark_stranded,
    record_order_events,
    unmark_stranded,
)
from chalicelib.kit import clock, db
from chalicelib.kit.db import Write
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.events import Event
from chalicelib.orders.model import OrderStatus
from chalicelib.places import find as places
from chalicelib.places.model import Location, distance_meters
from chalicelib.stock.model import OutOfStock
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation
from chalicelib.stock.store import load_lapsed_holds, load_levels


@db.retry_on_conflict
def reroute(order_id: str, cause: str = "WorkRejected") -> bool:
    """Route what no fulfillment covers now. Returns whether anything was assigned or offered.

    A repeat finds nothing missing and changes nothing. An order without fulfillments is left to `assign_order`.
    """
    order_fulfillment = load_fulfillment_of_order(order_id)
    missing = unassigned_quantities(order_fulfillment.order.demand, order_fulfillment.fulfillments)
    if order_fulfillment.order.status != OrderStatus.PLACED or not order_fulfillment.fulfillments or not missing:
        return False
    try:
        return commit_reroute(order_fulfillment, missing, cause, clock.now())
    except OutOfStock as taken_meanwhile:
        raise StaleVersion() from taken_meanwhile


def commit_reroute(order_fulfillment: OrderFulfillment, missing: dict[str, int], cause: str, now: datetime) -> bool:
    """Assign the missing units to other locations, offer them to salesmen, or mark the order as stranded."""
    plan, short = plan_replacement(order_fulfillment, missing, now)
    fulfillments = build_fulfillments(order_fulfillment, plan.allocations, now)
    routing_result = evaluate_candidates(order_fulfillment, missing, fulfillments, now, promised=False)
    open_offer = order_fulfillment.open_offer
    offer = None if open_offer else build_offer(order_fulfillment, missing, fulfillments, routing_result.decision, now)
    if not (fulfillments or offer or open_offer):
        return record_stranded(order_fulfillment, short, now)
    stock_effect = release_holds(plan.taken_holds) + promise(order_fulfillment.order, plan.allocations)
    updated = order_fulfillment.with_changed(*fulfillments)
    status = derive_order_status(order_fulfillment.order.demand, updated, has_open_offer=bool(offer or open_offer))
    events = build_events(order_fulfillment, fulfillments, offer, routing_result, stock_effect)
    if not events:
        return False  # the open offer covers the units and no other location has them: wait until it ends
    changes = {"fulfillment_status": status, "allocations": allocations_of(exclude_withdrawn(updated))}
    db.commit(
        [
            *(add_to_offer(open_offer, fulfillments) if open_offer and fulfillments else []),
            *(create_offer(offer) if offer else []),
            *map(create_fulfillment, fulfillments),
            *([unmark_stranded(order_fulfillment.order.id)] if is_stranded(order_fulfillment.order.id) else []),
            create_decision(order_fulfillment.order.id, now, cause, routing_result.inputs, routing_result.decision),
            *record_order_events(order_fulfillment.order, *events, actor=ROUTER, at=now, **changes),
            *stock_effect.writes,
        ]
    )
    return True


def plan_replacement(
    order_fulfillment: OrderFulfillment, missing: dict[str, int], now: datetime
) -> tuple[Plan, tuple[Shortage, ...]]:
    """Return the plan that allocates all missing units, or an empty plan and the shortages.

    It uses warehouses and stores that have not rejected the order. An order can have one hold per level, so an order on
    hold takes no units at a location where it already holds the SKU.
    """
    locations = rank_locations(order_fulfillment)
    held = (
        {
            (allocation.sku, allocation.location)
            for allocation in allocations_of(exclude_withdrawn(order_fulfillment.fulfillments))
        }
        if order_fulfillment.order.on_hold
        else set()
    )
    levels = load_levels([(sku, place) for place in locations for sku in missing if (sku, place) not in held])
    lapsed = load_lapsed_holds([level.level_id for level in levels if level.reserved], now)
    try:
        return plan_allocation(missing, AvailableStock(levels, locations, lapsed)), ()
    except OutOfStock as refused:
        return Plan(()), tuple(Shortage(**shortage) for shortage in refused.facts["short"])


def rank_locations(order_fulfillment: OrderFulfillment) -> list[str]:
    """Return the ids of the locations that may serve the order: warehouses first, then by distance.

    A pickup or handover order is served only by its own location.
    """
    order = order_fulfillment.order
    excluded = build_exclusions(order_fulfillment)
    locations = [place for place in places.list_selling_locations() if place.id not in excluded]
    if order.delivery.method != "ship":
        return [place.id for place in locations if place.id == order.delivery.location]
    destination = find_destination(order)

    def rank(place: Location) -> tuple[bool, int, str]:
        distance = distance_meters(place.point, destination) if place.point and destination else 0
        return place.kind != "warehouse", distance, place.id

    return [place.id for place in sorted(locations, key=rank)]


def build_events(
    order_fulfillment: OrderFulfillment,
    fulfillments: Sequence[Fulfillment],
    offer: Offer | None,
    routing_result: RoutingResult,
    stock_effect: StockEffect,
) -> list[Event]:
    """Return WorkRerouted for new fulfillments and OfferOpened for a new offer."""
    events: list[Event] = []
    if fulfillments:
        event = build_rerouted_event(order_fulfillment.order.id, fulfillments)
        excluded, until = tuple(sorted(build_exclusions(order_fulfillment))), holds_until(order_fulfillment.order)
        events.append(replace(event, excluded=excluded, movements=stock_effect.movements, holds_until=until))
    if offer:
        staff = tuple(invitation.staff for invitation in offer.invitations)
        until = clock.iso(offer.expires_at)
        events.append(
            OfferOpened(
                order_fulfillment.order.id, offer.id, staff, expires_at=until, rule=routing_result.decision.rule
            )
        )
    return events


def build_rerouted_event(order_id: str, fulfillments: Sequence[Fulfillment]) -> WorkRerouted:
    return WorkRerouted(order_id, assigned=startable_refs(fulfillments), awaiting=awaiting_refs(fulfillments))


def add_to_offer(open_offer: Offer, fulfillments: Sequence[Fulfillment]) -> list[Write]:
    """Return writes that add new fulfillments to an open offer, so that its claim cancels them too."""
    new = tuple(fulfillment.id for fulfillment in fulfillments if fulfillment.status in NOT_STARTED)
    extended = transition_offer(open_offer, OfferStatus.OPEN, fulfillment_ids=open_offer.fulfillment_ids + new)
    return [close_offer(open_offer, extended)]


def record_stranded(order_fulfillment: OrderFulfillment, short: Sequence[Shortage], now: datetime) -> bool:
    """Record OrderStranded once. Returns False, because nothing was assigned."""
    if is_stranded(order_fulfillment.order.id):
        return False
    event = OrderStranded(order_fulfillment.order.id, tuple(short), tuple(sorted(build_exclusions(order_fulfillment))))
    status = derive_order_status(order_fulfillment.order.demand, order_fulfillment.fulfillments, has_open_offer=False)
    changes = {"fulfillment_status": status}
    db.commit(
        [
            mark_stranded(order_fulfillment.order.id, now),
            *record_order_events(order_fulfillment.order, event, actor=ROUTER, at=now, **changes),
        ]
    )
    return False


def retry_stranded() -> int:
    """Reroute every stranded order, because stock or vans in range may have changed. Returns how many were routed."""
    return sum(reroute(order_id, "stranded") for order_id in list_stranded_orders())
