"""Reads of fulfillment as JSON: a location's list, an offer, the routing of an order, and who delivers it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chalicelib.fulfillment.candidates import find_destination
from chalicelib.fulfillment.model import (
    ARRIVED,
    ENDED,
    NOT_STARTED,
    Fulfillment,
    FulfillmentStatus,
    NotInvited,
    Offer,
    OfferStatus,
    OrderFulfillment,
    OrderWasCancelled,
    exclude_withdrawn,
    is_ready_to_collect,
    order_id_from,
    refusal_if_closed,
    refusal_if_order_cancelled,
)
from chalicelib.fulfillment.routing import decision_to_json, replay_decision
from chalicelib.fulfillment.status_change import can_serve
from chalicelib.fulfillment.store import list_open_fulfillments, load_decisions, load_fulfillment_of_order
from chalicelib.kit import clock, config
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order, OrderStatus
from chalicelib.payments.lifecycle import cash_to_collect, unpaid_before_dispatch
from chalicelib.payments.model import Payment
from chalicelib.payments.store import load_payments
from chalicelib.places import find as places
from chalicelib.stock.model import bucket_to_day

WORK_PAGE_SIZE = 50


def load_delivery(order_id: str) -> dict[str, Any]:
    """Return who brings an order or, under `pickup`, where its goods can be collected and whether they are ready."""
    order_fulfillment = load_fulfillment_of_order(order_id)
    return {
        "order_id": order_id,
        "brought_by": find_carrier(order_fulfillment),
        "pickup": pickup_to_json(order_fulfillment),
    }


def pickup_to_json(order_fulfillment: OrderFulfillment) -> dict[str, Any] | None:
    """Return the store of a pickup order and whether all of its goods wait there; None for other orders."""
    delivery = order_fulfillment.order.delivery
    if delivery.method != "pickup":
        return None
    store = places.load_locations().get(delivery.location or "")
    place = {name: getattr(store, name, "") for name in ("name", "address", "hours", "phone")}
    ready = is_ready_to_collect(order_fulfillment.order, order_fulfillment.fulfillments)
    return {"location": delivery.location, "ready": ready} | place


def find_carrier(order_fulfillment: OrderFulfillment) -> dict[str, Any] | None:
    """Return the first name of the person who delivers, the latest expected time and the status.

    None while no fulfillment has started.
    """
    underway = [
        fulfillment
        for fulfillment in exclude_withdrawn(order_fulfillment.fulfillments)
        if fulfillment.status not in (*NOT_STARTED, FulfillmentStatus.BACK_AT_LOCATION)
    ]
    if not (order_fulfillment.order.carrier_name and underway):
        return None
    last = max(underway, key=estimate_arrival)
    arrived = all(fulfillment.status in ARRIVED for fulfillment in underway)
    when = None if arrived else clock.iso(estimate_arrival(last))
    return {"first_name": order_fulfillment.order.carrier_name, "when": when, "status": last.status}


def estimate_arrival(fulfillment: Fulfillment) -> datetime:
    """Return the latest expected arrival, from the shop's settings for vans and for parcels."""
    name, default = ("VAN_DELIVERY_MINUTES", 180) if fulfillment.kind == "van" else ("DELIVERY_MINUTES", 2880)
    return fulfillment.assigned_at + clock.minutes(config.int_setting(name, default))


def load_routing(order_id: str) -> dict[str, Any]:
    """Return all routing decisions of an order, newest first, with its offers and fulfillments. Raises NotFound."""
    order_fulfillment = load_fulfillment_of_order(order_id)
    decisions = [_stored_decision_to_json(stored) for stored in reversed(load_decisions(order_id))]
    return {
        "order_id": order_id,
        "fulfillment_status": order_fulfillment.order.fulfillment_status,
        "decisions": decisions,
        "offers": [_offer_summary_to_json(offer) for offer in order_fulfillment.offers],
        "fulfillments": [summary_to_json(fulfillment) for fulfillment in order_fulfillment.fulfillments],
    }


def replay_routing(order_id: str) -> list[dict[str, Any]]:
    """Return each stored decision of an order, newest first, decided again from its stored inputs."""
    return [_replay_to_json(stored) for stored in reversed(load_decisions(order_id))]


def _replay_to_json(stored: dict[str, Any]) -> dict[str, Any]:
    decision = decision_to_json(replay_decision(stored["asked"]))
    same = decision == {"locations": []} | stored["decision"]
    return {"at": stored["at"], "cause": stored["cause"], "same": same, **decision}


def list_fulfillments(
    principal: Principal, location: str, after: Any, list_name: str = "work"
) -> tuple[list[dict[str, Any]], Any]:
    """Return a page of a location's `work` or `awaiting` fulfillments that the caller can serve and the cursor of the
    next page, oldest first. An empty page has no next one.

    Raises NotFound unless the caller is the owner, a courier without a location, or staff of the location.
    """
    if not _can_list(principal, location):
        raise NotFound()
    while True:
        fulfillments, after = list_open_fulfillments(location, WORK_PAGE_SIZE, after, list_name=list_name)
        items = fulfillments_to_json(principal, fulfillments)
        if items or after is None:
            return items, after


def _can_list(principal: Principal, location: str) -> bool:
    is_everywhere = principal.role == "owner" or (principal.role == "courier" and not principal.location)
    return bool(location) and (is_everywhere or principal.location == location)


def fulfillments_to_json(principal: Principal, fulfillments: Sequence[Fulfillment]) -> list[dict[str, Any]]:
    """Return those that the caller can serve, with their orders and payments, which are read in two batches."""
    servable = [fulfillment for fulfillment in fulfillments if can_serve(principal, fulfillment)]
    orders_by_id = orders.load_orders(dict.fromkeys(fulfillment.order_id for fulfillment in servable))
    payments = load_payments(payment_id for order in orders_by_id.values() for payment_id in order.payment_ids)
    return [
        fulfillment_to_json(
            fulfillment, orders_by_id[fulfillment.order_id], _payments_of(payments, fulfillment.order_id)
        )
        for fulfillment in servable
        if fulfillment.order_id in orders_by_id
    ]


def _payments_of(payments: Iterable[Payment], order_id: str) -> list[Payment]:
    return [payment for payment in payments if payment.order_id == order_id]


def fulfillment_to_json(fulfillment: Fulfillment, order: Order, payments: Sequence[Payment]) -> dict[str, Any]:
    """Return a fulfillment with its order. The customer and the address are included until the fulfillment ends."""
    units = _quantities(fulfillment)
    body = summary_to_json(fulfillment) | {
        "number": order.number,
        "channel": order.channel,
        "lines": lines_to_json(order, units),
        "payment_status": order.payment_status,
        "cash_to_collect": cash_to_collect(payments, order.currency).to_json(),
        "pays_first": bool(unpaid_before_dispatch(payments)),
        "reserved_until": clock.iso(order.reserved_until) if order.reserved_until else None,
        "note": order.note or None,
    }
    contact = (
        {} if fulfillment.status in ENDED else {"customer": order.contact or None, "address": order.delivery.address}
    )
    return body | _cash_with_last_to_json(order, units) | contact


def _cash_with_last_to_json(order: Order, units: dict[str, int]) -> dict[str, Any]:
    """Return `cash_with_last` for a part of an order: cash is collected once, with the last part."""
    ordered = sum(line.quantity for line in order.lines)
    return {"cash_with_last": True} if sum(units.values()) < ordered else {}


def load_offer_as_json(staff: str, offer_id: str) -> dict[str, Any]:
    """Return an offer as an invited salesman sees it. Raises NotFound or NotInvited."""
    order_fulfillment = load_fulfillment_of_order(order_id_from(offer_id))
    offer = order_fulfillment.offer(offer_id)
    return offer_to_json(order_fulfillment, offer, staff)


def offer_to_json(order_fulfillment: OrderFulfillment, offer: Offer, staff: str) -> dict[str, Any]:
    """Return the offer's goods, distance, cash and expiry. Only its winner sees the customer, under `fulfillment`."""
    invitation = offer.invitation(staff)
    payments = load_payments(order_fulfillment.order.payment_ids)
    body = _offer_summary_to_json(offer) | {
        "status": offer_status(order_fulfillment, offer, staff),
        "number": order_fulfillment.order.number,
        "location": invitation.location,
        "distance_meters": invitation.distance_meters,
        "lines": lines_to_json(order_fulfillment.order, offer.demand),
        "cash_to_collect": cash_to_collect(payments, order_fulfillment.order.currency).to_json(),
        "pays_first": bool(unpaid_before_dispatch(payments)),
    }
    body.pop("invited"), body.pop("claimed_by")
    body |= _cash_with_last_to_json(order_fulfillment.order, offer.demand)
    return body | {"fulfillment": won_fulfillment_to_json(order_fulfillment, offer, staff, payments)}


def offer_status(order_fulfillment: OrderFulfillment, offer: Offer, staff: str) -> str:
    """Return `open`, `claimed_by_you`, or the code of the reason why the offer is closed."""
    order = order_fulfillment.order
    if offer.claimed_by == staff:
        return OrderWasCancelled.code if order.status == OrderStatus.CANCELLED else "claimed_by_you"
    closed = refusal_if_order_cancelled(order, offer) or refusal_if_closed(offer, clock.now())
    return closed.code if closed else OfferStatus.OPEN


def won_fulfillment_to_json(
    order_fulfillment: OrderFulfillment, offer: Offer, staff: str, payments: Sequence[Payment]
) -> dict[str, Any] | None:
    """Return the winner's fulfillment with the delivery position while it is open, or None for other salesmen."""
    if offer.claimed_by != staff:
        return None
    fulfillment = next((item for item in order_fulfillment.fulfillments if item.offer_id == offer.id), None)
    if fulfillment is None:
        raise NotInvited(offer=offer.id)
    point = find_destination(order_fulfillment.order)
    body = fulfillment_to_json(fulfillment, order_fulfillment.order, payments)
    return body | ({"position": point.to_json()} if point and fulfillment.status not in ENDED else {})


def lines_to_json(order: Order, units: dict[str, int]) -> list[dict[str, Any]]:
    names = {line.sku: line.name for line in order.lines}
    return [{"sku": sku, "name": names.get(sku, sku), "quantity": quantity} for sku, quantity in units.items()]


def _quantities(fulfillment: Fulfillment) -> dict[str, int]:
    units: dict[str, int] = {}
    for allocation in fulfillment.allocations:
        units[allocation.sku] = units.get(allocation.sku, 0) + allocation.quantity
    return units


def summary_to_json(fulfillment: Fulfillment) -> dict[str, Any]:
    return {
        "id": fulfillment.id,
        "order_id": fulfillment.order_id,
        "status": fulfillment.status,
        "method": fulfillment.method,
        "location": fulfillment.location,
        "kind": fulfillment.kind,
        "fulfiller": fulfillment.fulfiller or None,
        "offer_id": fulfillment.offer_id or None,
        "claim_version": fulfillment.claim_version or None,
        "reason": fulfillment.reason or None,
        "pieces": [allocation.to_json() for allocation in fulfillment.allocations],
        "assigned_at": clock.iso(fulfillment.assigned_at),
    } | (
        {"expected_on": bucket_to_day(fulfillment.allocations[0].shard)}
        if fulfillment.status == FulfillmentStatus.AWAITING
        else {}
    )


def _offer_summary_to_json(offer: Offer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "order_id": offer.order_id,
        "status": offer.status,
        "opened_at": clock.iso(offer.opened_at),
        "expires_at": clock.iso(offer.expires_at),
        "invited": [invitation.staff for invitation in offer.invitations],
        "claimed_by": offer.claimed_by or None,
    }


def _stored_decision_to_json(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a stored decision without its inputs."""
    return {"at": stored["at"], "cause": stored["cause"], **stored["decision"]}
