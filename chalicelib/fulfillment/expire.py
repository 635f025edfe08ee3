"""An offer's end: nobody claimed in time, so those who were assigned at placement bring it. No human is asked."""

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

CLOCK = "clock"


def expire_due() -> int:
    """Every offer whose end has passed. One that cannot be closed now does not keep the others open."""
    now = clock.now()
    return sum(_try_expire(offer, now) for offer in list_due_offers(now))


def expire_if_due(offer: Offer, now: datetime) -> bool:
    """For those who come upon an ended offer before the clock does."""
    return offer.is_due(now) and _try_expire(offer, now)


def _try_expire(offer: Offer, now: datetime) -> bool:
    try:
        return expire(offer.id, now)
    except Refused as refused:
        log.info("an offer could not be closed now", offer=offer.id, code=refused.code)
        return False


@db.retry_on_conflict
def expire(offer_id: str, now: datetime) -> bool:
    order_fulfillment = load_fulfillment_of_order(order_id_from(offer_id))
    offer = order_fulfillment.offer(offer_id)
    if not offer.is_due(now):
        return False
    begins = startable_refs(order_fulfillment.list_not_started(offer))
    event = OfferExpired(order_fulfillment.order.id, offer.id, tuple(each.staff for each in offer.invited), begins)
    db.commit(
        [
            close_offer(offer, transition_offer(offer, OfferStatus.EXPIRED)),
            *record_order_events(
                order_fulfillment.order, event, actor=CLOCK, at=now, **order_changes_without_offer(order_fulfillment)
            ),
        ]
    )
    return True


def order_changes_without_offer(order_fulfillment: OrderFulfillment) -> dict[str, OrderFulfillmentStatus]:
    """The order's status once nobody is asked any more; an order that is over keeps the one it has."""
    if order_fulfillment.order.status != OrderStatus.PLACED:
        return {}
    return {
        "fulfillment_status": derive_order_status(
            order_fulfillment.order.demand, order_fulfillment.fulfillments, has_open_offer=False
        )
    }
