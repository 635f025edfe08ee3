"""An offer's end: nobody claimed in time, so those who were assigned at placement bring it. No human is asked."""

from __future__ import annotations

from datetime import datetime

from chalicelib.fulfillment.model import (
    Case,
    Offer,
    OfferExpired,
    OfferStatus,
    moved,
    order_of,
    status_of_order,
    who_begins,
)
from chalicelib.fulfillment.store import close_offer, due_offers, load_case, tell
from chalicelib.kit import clock, db, log
from chalicelib.kit.errors import Refused
from chalicelib.orders.model import OrderFulfillmentStatus, OrderStatus

CLOCK = "clock"


def expire_due() -> int:
    """Every offer whose end has passed. One that cannot be closed now does not keep the others open."""
    now = clock.now()
    return sum(_tried(offer, now) for offer in due_offers(now))


def expire_if_due(offer: Offer, now: datetime) -> bool:
    """For those who come upon an ended offer before the clock does."""
    return offer.is_due(now) and _tried(offer, now)


def _tried(offer: Offer, now: datetime) -> bool:
    try:
        return expire(offer.id, now)
    except Refused as refused:
        log.decision("an offer could not be closed now", offer=offer.id, code=refused.code)
        return False


@db.decided_anew
def expire(offer_id: str, now: datetime) -> bool:
    case = load_case(order_of(offer_id))
    offer = case.offer(offer_id)
    if not offer.is_due(now):
        return False
    begins = who_begins(case.waiting(offer))
    event = OfferExpired(case.order.id, offer.id, tuple(each.staff for each in offer.invited), begins)
    db.commit(
        [
            close_offer(offer, moved(offer, OfferStatus.EXPIRED)),
            *tell(case.order, event, actor=CLOCK, at=now, **without_offer(case)),
        ]
    )
    return True


def without_offer(case: Case) -> dict[str, OrderFulfillmentStatus]:
    """The order's status once nobody is asked any more; an order that is over keeps the one it has."""
    if case.order.status != OrderStatus.PLACED:
        return {}
    return {"fulfillment_status": status_of_order(case.order.demand, case.works, offered=False)}
