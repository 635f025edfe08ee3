"""Reading the work: a location's list, an offer as the invited see it, why an order was routed so, who brings it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chalicelib.fulfillment.candidates import destination
from chalicelib.fulfillment.model import (
    ARRIVED,
    ENDED,
    UNTOUCHED,
    Case,
    Fulfillment,
    FulfillmentStatus,
    NotInvited,
    Offer,
    OfferStatus,
    live,
    order_of,
    why_closed,
)
from chalicelib.fulfillment.step import may_serve
from chalicelib.fulfillment.store import load_case, load_decisions, open_work
from chalicelib.kit import clock, config
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order
from chalicelib.payments.model import Payment
from chalicelib.payments.pay import cash_to_collect, unpaid_before_dispatch
from chalicelib.payments.store import load_payments
from chalicelib.stock.model import day_of


def bringer(order_id: str) -> dict[str, Any] | None:
    """First name and the latest time to expect him; None before anybody is sure to come."""
    case = load_case(order_id)
    coming = [work for work in live(case.works) if work.status not in (*UNTOUCHED, FulfillmentStatus.BACK_AT_LOCATION)]
    if not (case.order.bringer and coming):
        return None
    last = max(coming, key=expected_by)
    arrived = all(work.status in ARRIVED for work in coming)
    when = None if arrived else clock.iso(expected_by(last))
    return {"first_name": case.order.bringer, "when": when, "status": last.status}


def expected_by(work: Fulfillment) -> datetime:
    """A van is near already; a parcel takes days. Both are the shop's to set."""
    name, usual = ("VAN_DELIVERY_MINUTES", 180) if work.kind == "van" else ("DELIVERY_MINUTES", 2880)
    return work.assigned_at + clock.minutes(config.number(name, usual))


def routing(order_id: str) -> dict[str, Any]:
    """Every decision with every candidate, newest first, and what became of the offers and the work."""
    case = load_case(order_id)
    decisions = [_decision_json(each) for each in reversed(load_decisions(order_id))]
    return {
        "order_id": order_id,
        "fulfillment_status": case.order.fulfillment_status,
        "decisions": decisions,
        "offers": [_offer_brief(offer) for offer in case.offers],
        "fulfillments": [brief(work) for work in case.works],
    }


def work_list(principal: Principal, location: str, after: Any, of: str = "work") -> tuple[list[dict[str, Any]], Any]:
    """Open work, oldest first; only the people of the place, couriers and the owner have a list to look at."""
    if not _may_look(principal, location):
        raise NotFound()
    works, more = open_work(location, after=after, of=of)
    return told(principal, works), more


def _may_look(principal: Principal, location: str) -> bool:
    roams = principal.role == "owner" or (principal.role == "courier" and not principal.location)
    return bool(location) and (roams or principal.location == location)


def told(principal: Principal, works: Sequence[Fulfillment]) -> list[dict[str, Any]]:
    """Two batch reads for a whole page."""
    found = orders.orders(dict.fromkeys(work.order_id for work in works))
    payments = load_payments(each for order in found.values() for each in order.payment_ids)
    return [
        work_json(work, found[work.order_id], _of(payments, work.order_id))
        for work in works
        if work.order_id in found and may_serve(principal, work)
    ]


def _of(payments: Iterable[Payment], order_id: str) -> list[Payment]:
    return [payment for payment in payments if payment.order_id == order_id]


def work_json(work: Fulfillment, order: Order, payments: Sequence[Payment]) -> dict[str, Any]:
    """Whom to bring it to is told as long as somebody has it to bring."""
    units = _units(work)
    said = brief(work) | {
        "number": order.number,
        "channel": order.channel,
        "lines": lines_json(order, units),
        "payment_status": order.payment_status,
        "cash_to_collect": cash_to_collect(payments, order.currency).as_json(),
        "pays_first": bool(unpaid_before_dispatch(payments)),
        "reserved_until": clock.iso(order.reserved_until) if order.reserved_until else None,
        "note": order.note or None,
    }
    reach = {} if work.status in ENDED else {"customer": order.contact or None, "address": order.delivery.address}
    return said | _with_last(order, units) | reach


def _with_last(order: Order, units: dict[str, int]) -> dict[str, Any]:
    """Who brings only a part is told that the cash comes with the last part, so that nobody asks for it twice."""
    whole = sum(line.quantity for line in order.lines)
    return {"cash_with_last": True} if sum(units.values()) < whole else {}


def offer_for(staff: str, offer_id: str) -> dict[str, Any]:
    """Goods, distance, cash and deadline; nothing of the customer, for anyone but the winner."""
    case = load_case(order_of(offer_id))
    offer = case.offer(offer_id)
    return offer_json(case, offer, staff)


def offer_json(case: Case, offer: Offer, staff: str) -> dict[str, Any]:
    invitation = offer.invitation(staff)
    closed = why_closed(offer, clock.now())
    payments = load_payments(case.order.payment_ids)
    said = _offer_brief(offer) | {
        "status": "claimed_by_you" if offer.claimed_by == staff else closed.code if closed else OfferStatus.OPEN,
        "number": case.order.number,
        "location": invitation.location,
        "distance_meters": invitation.distance_meters,
        "lines": lines_json(case.order, offer.wanted),
        "cash_to_collect": cash_to_collect(payments, case.order.currency).as_json(),
        "pays_first": bool(unpaid_before_dispatch(payments)),
    }
    said.pop("invited"), said.pop("claimed_by")
    said |= _with_last(case.order, offer.wanted)
    return said | {"fulfillment": his(case, offer, staff, payments)}


def his(case: Case, offer: Offer, staff: str, payments: Sequence[Payment]) -> dict[str, Any] | None:
    if offer.claimed_by != staff:
        return None
    work = next((each for each in case.works if each.offer_id == offer.id), None)
    if work is None:
        raise NotInvited(offer=offer.id)
    point = destination(case.order)
    told_now = work_json(work, case.order, payments)
    return told_now | ({"position": point.as_json()} if point and work.status not in ENDED else {})


def lines_json(order: Order, units: dict[str, int]) -> list[dict[str, Any]]:
    names = {line.sku: line.name for line in order.lines}
    return [{"sku": sku, "name": names.get(sku, sku), "quantity": quantity} for sku, quantity in units.items()]


def _units(work: Fulfillment) -> dict[str, int]:
    units: dict[str, int] = {}
    for piece in work.pieces:
        units[piece.sku] = units.get(piece.sku, 0) + piece.quantity
    return units


def brief(work: Fulfillment) -> dict[str, Any]:
    return {
        "id": work.id,
        "order_id": work.order_id,
        "status": work.status,
        "method": work.method,
        "location": work.location,
        "kind": work.kind,
        "fulfiller": work.fulfiller or None,
        "offer_id": work.offer_id or None,
        "claim_version": work.claim_version or None,
        "reason": work.reason or None,
        "pieces": [piece.as_json() for piece in work.pieces],
        "assigned_at": clock.iso(work.assigned_at),
    } | ({"expected_on": day_of(work.pieces[0].shelf)} if work.status == FulfillmentStatus.AWAITING else {})


def _offer_brief(offer: Offer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "order_id": offer.order_id,
        "status": offer.status,
        "opened_at": clock.iso(offer.opened_at),
        "expires_at": clock.iso(offer.expires_at),
        "invited": [each.staff for each in offer.invited],
        "claimed_by": offer.claimed_by or None,
    }


def _decision_json(kept: dict[str, Any]) -> dict[str, Any]:
    """What it was decided from lies beside it in the table; the door shows what was seen and said."""
    return {"at": kept["at"], "cause": kept["cause"], **kept["decision"]}
