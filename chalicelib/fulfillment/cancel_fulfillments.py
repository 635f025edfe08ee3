"""Cancelling the fulfillments and the offer of a cancelled order."""

from __future__ import annotations

from chalicelib.fulfillment.assign import ROUTER
from chalicelib.fulfillment.model import (
    BEFORE_DISPATCH,
    FulfillmentStatus,
    OfferStatus,
    WorkCancelled,
    exclude_withdrawn,
    fulfillment_refs,
    transition_fulfillment,
    transition_offer,
)
from chalicelib.fulfillment.store import (
    close_offer,
    is_stranded,
    load_fulfillment_of_order,
    record_order_events,
    unmark_stranded,
    update_fulfillment,
)
from chalicelib.kit import clock, db
from chalicelib.orders.model import OrderStatus


@db.retry_on_conflict
def cancel_fulfillments(order_id: str) -> None:
    """Cancel fulfillments that have not been dispatched. The units were released when the order was cancelled."""
    order_fulfillment = load_fulfillment_of_order(order_id)
    if order_fulfillment.order.status != OrderStatus.CANCELLED:
        return
    active = [
        fulfillment
        for fulfillment in exclude_withdrawn(order_fulfillment.fulfillments)
        if fulfillment.status in BEFORE_DISPATCH
    ]
    offer = order_fulfillment.open_offer
    if not (active or offer):
        return
    event = WorkCancelled(
        order_id,
        stood_down=fulfillment_refs(active),
        offer_id=offer.id if offer else "",
        invited=tuple(invitation.staff for invitation in offer.invitations) if offer else (),
    )
    db.commit(
        [
            *([close_offer(offer, transition_offer(offer, OfferStatus.SUPERSEDED))] if offer else []),
            *[
                update_fulfillment(
                    fulfillment,
                    transition_fulfillment(fulfillment, FulfillmentStatus.CANCELLED, reason="order_cancelled"),
                )
                for fulfillment in active
            ],
            *([unmark_stranded(order_id)] if is_stranded(order_id) else []),
            *record_order_events(order_fulfillment.order, event, actor=ROUTER, at=clock.now()),
        ]
    )
