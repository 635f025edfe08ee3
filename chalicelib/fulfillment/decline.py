"""A salesman says no. When the last of them has, there is nothing left to wait for."""

from __future__ import annotations

from chalicelib.fulfillment.expire import expire_if_due, without_offer
from chalicelib.fulfillment.model import Offer, OfferDeclined, OfferEnded, OfferStatus, declined, order_of, who_begins
from chalicelib.fulfillment.store import close_offer, load_case, tell
from chalicelib.kit import clock, db


@db.decided_anew
def decline(staff_id: str, offer_id: str) -> Offer:
    now = clock.now()
    case = load_case(order_of(offer_id))
    offer = case.offer(offer_id)
    offer.invitation(staff_id)
    if staff_id in offer.declined:
        return offer
    try:
        after = declined(offer, staff_id, now)
    except OfferEnded:
        expire_if_due(offer, now)
        raise
    by_all = after.status == OfferStatus.DECLINED_BY_ALL
    begins = who_begins(case.waiting(offer)) if by_all else ()
    event = OfferDeclined(case.order.id, offer.id, staff_id, by_all, begins)
    changes = without_offer(case) if by_all else {}
    db.commit([close_offer(offer, after), *tell(case.order, event, actor=staff_id, at=now, **changes)])
    return after
