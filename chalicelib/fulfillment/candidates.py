"""The inputs of routing: every van with its salesman and last position, every location, and their stock of the SKUs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, OfferStatus, OrderFulfillment
from chalicelib.fulfillment.routing import (
    LocationCandidate,
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

# For one order and salesman: an order without a fallback location would otherwise be offered again forever.
MAX_UNANSWERED_OFFERS = 2


@dataclass(frozen=True)
class RoutingResult:
    """A routing decision with its inputs as JSON, as they are stored."""

    decision: RoutingDecision
    inputs: dict[str, Any]


def evaluate_candidates(
    order_fulfillment: OrderFulfillment,
    demand: dict[str, int],
    fulfillments: Sequence[Fulfillment],
    now: datetime,
    *,
    promised: bool,
) -> RoutingResult:
    """Load the vans, the locations and their stock, and decide who is invited.

    `fulfillments` serve the order unless one claims it; with `promised` their units are subtracted from stock already.
    """
    request = build_routing_request(order_fulfillment, demand, fulfillments)
    vans = load_vans() if request.method == "ship" else []
    stock = load_van_stock(vans, demand)
    locations = load_locations(demand, fulfillments, promised)
    facts = (request, vans, stock, now, load_settings(), locations)
    return RoutingResult(decide_route(*facts), routing_inputs_to_json(*facts))


def build_routing_request(
    order_fulfillment: OrderFulfillment, demand: dict[str, int], fulfillments: Sequence[Fulfillment]
) -> RoutingRequest:
    return RoutingRequest(
        order_id=order_fulfillment.order.id,
        method=order_fulfillment.order.delivery.method,
        demand=demand,
        destination=find_destination(order_fulfillment.order),
        on_hold=order_fulfillment.order.on_hold,
        pieces=sum(len(fulfillment.allocations) for fulfillment in fulfillments),
        parts=len(fulfillments),
        on_vans=not demand,
        passed_over=build_exclusions(order_fulfillment),
    )


def find_destination(order: Order) -> Point | None:
    """Return the delivery point of an order, or None."""
    point = order.delivery.point
    return Point(float(point["lat"]), float(point["lon"])) if point else None


def build_exclusions(order_fulfillment: OrderFulfillment) -> dict[str, str]:
    """Return {staff or location: verdict} of those not to ask again.

    They declined or rejected the order before, or left two offers of it unanswered.
    """
    unanswered = Counter(
        invitation.staff
        for offer in order_fulfillment.offers
        if offer.status == OfferStatus.EXPIRED
        for invitation in offer.invitations
    )
    exclusions = {staff: "silent_before" for staff, count in unanswered.items() if count >= MAX_UNANSWERED_OFFERS}
    exclusions |= {staff: "declined_before" for offer in order_fulfillment.offers for staff in offer.declined_by}
    return exclusions | {
        fulfillment.location: "rejected_before"
        for fulfillment in order_fulfillment.fulfillments
        if fulfillment.status == FulfillmentStatus.REJECTED
    }


def load_vans() -> list[VanCandidate]:
    """Return every active van with its last position, once for each of its salesmen."""
    locations = [place for place in places.load_locations().values() if place.kind == "van" and place.active]
    positions = places.load_positions() if locations else {}
    vans = []
    for location in locations:
        position = positions.get(location.id)
        last_position = (position.point, position.at) if position else (None, None)
        salesmen = [staff.id for staff in places.list_staff_at(location.id) if staff.role == "salesman"]
        vans += [VanCandidate(location.id, salesman, *last_position) for salesman in salesmen or [""]]
    return vans


def load_van_stock(vans: Iterable[VanCandidate], demand: dict[str, int]) -> dict[str, dict[str, int]]:
    """Return {van: {SKU: available units}} for the SKUs of `demand`."""
    stock: dict[str, dict[str, int]] = {}
    for level in load_levels([(sku, van.location) for van in vans for sku in demand]):
        units = stock.setdefault(level.location, {})
        units[level.sku] = units.get(level.sku, 0) + level.available
    return stock


def load_locations(
    demand: dict[str, int], fulfillments: Sequence[Fulfillment], promised: bool
) -> list[LocationCandidate]:
    """Return every warehouse and store, closed ones included, with what it could promise and what it serves."""
    places_by_id = {place.id: place for place in places.load_locations().values() if place.kind != "van"}
    serves = sum_served(fulfillments)
    skus = sorted({*demand, *(sku for units in serves.values() for sku in units)})
    stock: dict[str, dict[str, int]] = {location: dict.fromkeys(skus, 0) for location in places_by_id}
    for level in load_levels([(sku, location) for location in places_by_id for sku in skus]):
        stock[level.location][level.sku] += level.available
    if promised:
        for location, units in serves.items():
            for sku, quantity in units.items():
                stock.setdefault(location, {})[sku] = stock.get(location, {}).get(sku, 0) + quantity
    return [
        LocationCandidate(place.id, place.kind, place.point, place.active, stock[place.id], serves.get(place.id, {}))
        for place in places_by_id.values()
    ]


def sum_served(fulfillments: Iterable[Fulfillment]) -> dict[str, dict[str, int]]:
    """Return {location: {SKU: units}} of the fulfillments."""
    serves: dict[str, dict[str, int]] = {}
    for fulfillment in fulfillments:
        units = serves.setdefault(fulfillment.location, {})
        for allocation in fulfillment.allocations:
            units[allocation.sku] = units.get(allocation.sku, 0) + allocation.quantity
    return serves


def load_settings() -> RoutingSettings:
    return RoutingSettings(
        offer_minutes=config.offer_minutes(),
        radius_meters=config.offer_radius_meters(),
        fresh_minutes=config.position_fresh_minutes(),
        most_invited=config.int_setting("OFFER_MOST_INVITED", RoutingSettings.most_invited),
    )
