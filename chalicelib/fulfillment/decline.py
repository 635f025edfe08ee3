"""Declining an offer. The decline of the last invited salesman closes it."""

from __future__ import annotations

from chalicelib.fulfillment.expire import expire_if_due, order_changes_without_offer
from chalicelib.fulfillment.model import (
    Offer,
    OfferDeclined,
    OfferEnded,
    OfferStatus,
    apply_decline,
    check_not_cancelled,
    order_id_from,
    startable_refs,
)
from chalicelib.fulfillment.store import close_offer, load_fulfillment_of_order, record_order_events
from chalicelib.kit import clock, db


@db.retry_on_conflict
def decline(staff_id: str, offer_id: str) -> Offer:
    """Return the offer after the decline; a repeat changes nothing. Raises NotInvited, or why the offer is closed."""
    now = clock.now()
    order_fulfillment = load_fulfillment_of_order(order_id_from(offer_id))
    offer = order_fulfillment.offer(offer_id)
    offer.invitation(staff_id)
    if staff_id in offer.declined_by:
        return offer
    check_not_cancelled(order_fulfillment.order, offer)
    try:
        after = apply_decline(offer, staff_id, now)
    except OfferEnded:
        expire_if_due(offer, now)
        raise
    by_all = after.status == OfferStatus.DECLINED_BY_ALL
    assigned = startable_refs(order_fulfillment.list_not_started(offer)) if by_all else ()
    event = OfferDeclined(order_fulfillment.order.id, offer.id, staff_id, by_all, assigned)
    changes = order_changes_without_offer(order_fulfillment) if by_all else {}
    db.commit(
        [
            close_offer(offer, after),
            *record_order_events(order_fulfillment.order, event, actor=staff_id, at=now, **changes),
        ]
    )
    return after
