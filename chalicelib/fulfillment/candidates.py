"""What routing looks at: every van, who drives it, where it was last seen, and what of the order it carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, OfferStatus, OrderFulfillment
from chalicelib.fulfillment.routing import (
    RoutingDecision,
    RoutingRequest,
    RoutingSettings,
    VanCandidate,
    decide_route,
    routing_inputs_to_json,
)
from chalicelib.kit import config
from chalicelib.orders.model import Order
from chalicelib.places import find as places
from chalicelib.places.model import Point
from chalicelib.stock.store import load_levels

MAX_UNANSWERED_OFFERS = (
    2  # times the same order: an offer that nobody can fall back from would otherwise go round for ever
)


@dataclass(frozen=True)
class RoutingResult:
    decision: RoutingDecision
    inputs: dict[str, Any]


def evaluate_candidates(
    order_fulfillment: OrderFulfillment, demand: dict[str, int], fulfillments: Sequence[Fulfillment], now: datetime
) -> RoutingResult:
    """`works` are those who bring it unless somebody nearer claims."""
    job = build_routing_request(order_fulfillment, demand, fulfillments)
    vans = load_vans() if job.method == "ship" else []
    stock = load_van_stock(vans, demand)
    settings = load_settings()
    return RoutingResult(
        decide_route(job, vans, stock, now, settings), routing_inputs_to_json(job, vans, stock, now, settings)
    )


def build_routing_request(
    order_fulfillment: OrderFulfillment, demand: dict[str, int], fulfillments: Sequence[Fulfillment]
) -> RoutingRequest:
    return RoutingRequest(
        order_id=order_fulfillment.order.id,
        method=order_fulfillment.order.delivery.method,
        demand=demand,
        destination=find_destination(order_fulfillment.order),
        on_hold=order_fulfillment.order.on_hold,
        pieces=sum(len(fulfillment.pieces) for fulfillment in fulfillments),
        parts=len(fulfillments),
        on_vans=not demand,
        passed_over=build_exclusions(order_fulfillment),
    )


def find_destination(order: Order) -> Point | None:
    point = order.delivery.point
    return Point(float(point["lat"]), float(point["lon"])) if point else None


def build_exclusions(order_fulfillment: OrderFulfillment) -> dict[str, str]:
    """Who said no to this order is not asked again, and who was silent not a third time."""
    silent = Counter(
        each.staff
        for offer in order_fulfillment.offers
        if offer.status == OfferStatus.EXPIRED
        for each in offer.invited
    )
    said = {staff: "silent_before" for staff, times in silent.items() if times >= MAX_UNANSWERED_OFFERS}
    said |= {staff: "declined_before" for offer in order_fulfillment.offers for staff in offer.declined}
    return said | {
        fulfillment.location: "rejected_before"
        for fulfillment in order_fulfillment.fulfillments
        if fulfillment.status == FulfillmentStatus.REJECTED
    }


def load_vans() -> list[VanCandidate]:
    driving = [each for each in places.load_locations().values() if each.kind == "van" and each.active]
    seen = places.load_positions() if driving else {}
    vans = []
    for location in driving:
        position = seen.get(location.id)
        where = (position.point, position.at) if position else (None, None)
        drivers = [each.id for each in places.list_staff_at(location.id) if each.role == "salesman"]
        vans += [VanCandidate(location.id, driver, *where) for driver in drivers or [""]]
    return vans


def load_van_stock(vans: Iterable[VanCandidate], demand: dict[str, int]) -> dict[str, dict[str, int]]:
    stock: dict[str, dict[str, int]] = {}
    for level in load_levels([(sku, van.location) for van in vans for sku in demand]):
        units = stock.setdefault(level.location, {})
        units[level.sku] = units.get(level.sku, 0) + level.available
    return stock


def load_settings() -> RoutingSettings:
    return RoutingSettings(
        offer_minutes=config.offer_minutes(),
        radius_meters=config.offer_radius_meters(),
        fresh_minutes=config.position_fresh_minutes(),
        most_invited=config.int_setting("OFFER_MOST_INVITED", RoutingSettings.most_invited),
    )
