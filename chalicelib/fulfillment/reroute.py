"""What somebody gave up is brought by somebody else, without anyone deciding it; `OrderStranded` when nobody can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

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
from chalicelib.places.model import distance_meters
from chalicelib.stock.model import OutOfStock
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation
from chalicelib.stock.store import load_lapsed_holds, load_levels


@db.retry_on_conflict
def reroute(order_id: str, cause: str = "WorkRejected") -> bool:
    """Looks at what is missing now, not at what the event said: a repeat finds nothing missing and does nothing. An
    order that was never routed has its goods still as placing promised them, and its first routing is on the way."""
    order_fulfillment = load_fulfillment_of_order(order_id)
    missing = unassigned_quantities(order_fulfillment.order.demand, order_fulfillment.fulfillments)
    if order_fulfillment.order.status != OrderStatus.PLACED or not order_fulfillment.fulfillments or not missing:
        return False
    try:
        return commit_reroute(order_fulfillment, missing, cause, clock.now())
    except OutOfStock as taken_meanwhile:
        raise StaleVersion() from taken_meanwhile


def commit_reroute(order_fulfillment: OrderFulfillment, missing: dict[str, int], cause: str, now: datetime) -> bool:
    plan, short = plan_replacement(order_fulfillment, missing, now)
    fulfillments = build_fulfillments(order_fulfillment, plan.allocations, now)
    routed = evaluate_candidates(order_fulfillment, missing, fulfillments, now)
    asking = order_fulfillment.open_offer
    offer = None if asking else build_offer(order_fulfillment, missing, fulfillments, routed.decision, now)
    if not (fulfillments or offer or asking):
        return record_stranded(order_fulfillment, short, now)
    goods = release_holds(plan.taken_holds) + promise(order_fulfillment.order, plan.allocations)
    every = order_fulfillment.with_changed(*fulfillments)
    status = derive_order_status(order_fulfillment.order.demand, every, has_open_offer=bool(offer or asking))
    events = build_events(order_fulfillment, fulfillments, offer, routed, goods)
    if not events:
        return False  # an offer is out that covers it, and nobody else has it: wait for its end
    changes = {"fulfillment_status": status, "pieces": allocations_of(exclude_withdrawn(every))}
    db.commit(
        [
            *(add_to_offer(asking, fulfillments) if asking and fulfillments else []),
            *(create_offer(offer) if offer else []),
            *map(create_fulfillment, fulfillments),
            *([unmark_stranded(order_fulfillment.order.id)] if is_stranded(order_fulfillment.order.id) else []),
            create_decision(order_fulfillment.order.id, now, cause, routed.inputs, routed.decision),
            *record_order_events(order_fulfillment.order, *events, actor=ROUTER, at=now, **changes),
            *goods.writes,
        ]
    )
    return True


def plan_replacement(
    order_fulfillment: OrderFulfillment, missing: dict[str, int], now: datetime
) -> tuple[Plan, tuple[Shortage, ...]]:
    """From every warehouse and store that has not said no; nothing at all rather than a part of it. An order has one
    hold at a level, so while it waits for money it takes nothing more where it holds units already, least of all them.
    """
    servers = rank_locations(order_fulfillment)
    held = (
        {
            (allocation.sku, allocation.location)
            for allocation in allocations_of(exclude_withdrawn(order_fulfillment.fulfillments))
        }
        if order_fulfillment.order.on_hold
        else set()
    )
    levels = load_levels([(sku, server) for server in servers for sku in missing if (sku, server) not in held])
    lapsed = load_lapsed_holds([level.level_id for level in levels if level.reserved], now)
    try:
        return plan_allocation(missing, AvailableStock(levels, servers, lapsed)), ()
    except OutOfStock as nobody:
        return Plan(()), tuple(Shortage(**each) for each in nobody.facts["short"])


def rank_locations(order_fulfillment: OrderFulfillment) -> list[str]:
    """Who collects at a counter comes to that counter: such an order is served nowhere else."""
    order = order_fulfillment.order
    excluded = build_exclusions(order_fulfillment)
    able = [
        one for one in places.load_locations().values() if one.active and one.kind != "van" and one.id not in excluded
    ]
    if order.delivery.method != "ship":
        return [one.id for one in able if one.id == order.delivery.location]
    where = find_destination(order)

    def rank(one: Any) -> tuple[bool, int, str]:
        away = distance_meters(one.point, where) if one.point and where else 0
        return one.kind != "warehouse", away, one.id

    return [one.id for one in sorted(able, key=rank)]


def build_events(
    order_fulfillment: OrderFulfillment,
    fulfillments: Sequence[Fulfillment],
    offer: Offer | None,
    routed: RoutingResult,
    goods: StockEffect,
) -> list[Event]:
    """Two entries when both are new: each has its own listeners."""
    events: list[Event] = []
    if fulfillments:
        told = build_rerouted_event(order_fulfillment.order.id, fulfillments)
        excluded, until = tuple(sorted(build_exclusions(order_fulfillment))), holds_until(order_fulfillment.order)
        events.append(replace(told, excluded=excluded, movements=goods.movements, holds_until=until))
    if offer:
        staff = tuple(each.staff for each in offer.invited)
        until = clock.iso(offer.expires_at)
        events.append(
            OfferOpened(order_fulfillment.order.id, offer.id, staff, expires_at=until, rule=routed.decision.rule)
        )
    return events


def build_rerouted_event(order_id: str, fulfillments: Sequence[Fulfillment]) -> WorkRerouted:
    return WorkRerouted(order_id, assigned=startable_refs(fulfillments), awaiting=awaiting_refs(fulfillments))


def add_to_offer(asking: Offer, fulfillments: Sequence[Fulfillment]) -> list[Write]:
    """Those who begin while an offer is out stand down with the rest when somebody claims it."""
    new = tuple(fulfillment.id for fulfillment in fulfillments if fulfillment.status in NOT_STARTED)
    return [close_offer(asking, replace(transition_offer(asking, OfferStatus.OPEN), assigned=asking.assigned + new))]


def record_stranded(order_fulfillment: OrderFulfillment, short: Sequence[Shortage], now: datetime) -> bool:
    if is_stranded(order_fulfillment.order.id):
        return False  # told before, and still nobody
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
    """By the clock: goods may have come in, or a van into reach."""
    return sum(reroute(order_id, "stranded") for order_id in list_stranded_orders())
