"""Expiring offers that were not claimed in time. The locations assigned at placement then serve the order."""

from __future__ import annotations

from datetime import datetime

from chalicelib.fulfillment.model import (
    Offer,
    OfferExpired,
    OfferStatus,
    OrderFulfillment,
    derive_order_status,
    order_id_from,
    startable_refs,
    transition_offer,
)
from chalicelib.fulfillment.store import close_offer, list_due_offers, load_fulfillment_of_order, record_order_events
from chalicelib.kit import clock, db, log
from chalicelib.kit.errors import Refused
from chalicelib.orders.model import OrderFulfillmentStatus, OrderStatus

SCHEDULER = "clock"  # the actor of scheduled changes in the journal


def expire_due() -> int:
    """Close every due offer and return how many were closed. A refusal for one does not stop the others."""
    now = clock.now()
    return sum(_try_expire(offer, now) for offer in list_due_offers(now))


def expire_if_due(offer: Offer, now: datetime) -> bool:
    """Close a due offer before the schedule does. Returns whether it was closed."""
    return offer.is_due(now) and _try_expire(offer, now)


def _try_expire(offer: Offer, now: datetime) -> bool:
    try:
        return expire(offer.id, now)
    except Refused as refused:
        log.info("offer_not_expired", offer=offer.id, code=refused.code)
        return False


@db.retry_on_conflict
def expire(offer_id: str, now: datetime) -> bool:
    """Close an offer as expired. Returns False if it is not open or not due at `now`."""
    order_fulfillment = load_fulfillment_of_order(order_id_from(offer_id))
    offer = order_fulfillment.offer(offer_id)
    if not offer.is_due(now):
        return False
    assigned = startable_refs(order_fulfillment.list_not_started(offer))
    invited = tuple(invitation.staff for invitation in offer.invitations)
    event = OfferExpired(order_fulfillment.order.id, offer.id, invited, assigned)
    changes = order_changes_without_offer(order_fulfillment)
    db.commit(
        [
            close_offer(offer, transition_offer(offer, OfferStatus.EXPIRED)),
            *record_order_events(order_fulfillment.order, event, actor=SCHEDULER, at=now, **changes),
        ]
    )
    return True


def order_changes_without_offer(order_fulfillment: OrderFulfillment) -> dict[str, OrderFulfillmentStatus]:
    """Return the change of the order's row when its offer closes; none for an order that is completed or cancelled."""
    if order_fulfillment.order.status != OrderStatus.PLACED:
        return {}
    return {
        "fulfillment_status": derive_order_status(
            order_fulfillment.order.demand, order_fulfillment.fulfillments, has_open_offer=False
        )
    }
