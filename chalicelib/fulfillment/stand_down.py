"""The order ended before its goods left: everyone still at it is sent home."""

from __future__ import annotations

from chalicelib.fulfillment.model import (
    NOT_YET_GONE,
    FulfillmentStatus,
    OfferStatus,
    WorkCancelled,
    at,
    live,
    moved,
    stepped,
)
from chalicelib.fulfillment.offer import ROUTER
from chalicelib.fulfillment.store import change_work, close_offer, is_stranded, load_case, tell, unstrand
from chalicelib.kit import clock, db
from chalicelib.orders.model import OrderStatus


@db.decided_anew
def stand_down(order_id: str) -> None:
    """Stock was given back with the order; here only the work ends. A repeat finds nobody at it."""
    case = load_case(order_id)
    if case.order.status != OrderStatus.CANCELLED:
        return
    busy = [work for work in live(case.works) if work.status in NOT_YET_GONE]
    offer = case.open_offer
    if not (busy or offer):
        return
    event = WorkCancelled(
        order_id,
        stood_down=at(busy),
        offer_id=offer.id if offer else "",
        invited=tuple(each.staff for each in offer.invited) if offer else (),
    )
    db.commit(
        [
            *([close_offer(offer, moved(offer, OfferStatus.SUPERSEDED))] if offer else []),
            *[change_work(work, stepped(work, FulfillmentStatus.CANCELLED, reason="order_cancelled")) for work in busy],
            *([unstrand(order_id)] if is_stranded(order_id) else []),
            *tell(case.order, event, actor=ROUTER, at=clock.now()),
        ]
    )
