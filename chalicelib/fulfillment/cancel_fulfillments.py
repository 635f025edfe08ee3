"""Cancelling the fulfillments and the offer of a cancelled order."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.fulfillment.assign import ROUTER
from chalicelib.fulfillment.model import (
    BEFORE_DISPATCH,
    Fulfillment,
    FulfillmentStatus,
    Offer,
    OfferStatus,
    WorkCancelled,
    WorkReturned,
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
from chalicelib.kit.events import Event
from chalicelib.orders.model import OrderStatus


@db.retry_on_conflict
def cancel_fulfillments(order_id: str) -> None:
    """End the fulfillments of a cancelled order that have not been dispatched or whose goods came back.

    Their units were released when the order was cancelled, or returned to stock when they came back.
    """
    order_fulfillment = load_fulfillment_of_order(order_id)
    if order_fulfillment.order.status != OrderStatus.CANCELLED:
        return
    cancelled = [
        (fulfillment, transition_fulfillment(fulfillment, FulfillmentStatus.CANCELLED, reason="order_cancelled"))
        for fulfillment in order_fulfillment.fulfillments
        if fulfillment.status in BEFORE_DISPATCH
    ]
    returned = [
        (fulfillment, transition_fulfillment(fulfillment, FulfillmentStatus.RETURNED))
        for fulfillment in order_fulfillment.fulfillments
        if fulfillment.status == FulfillmentStatus.BACK_AT_LOCATION
    ]
    offer = order_fulfillment.open_offer
    events = build_events(order_id, [before for before, _ in cancelled], offer, [before for before, _ in returned])
    unmark = [unmark_stranded(order_id)] if is_stranded(order_id) else []
    if not (events or unmark):
        return
    db.commit(
        [
            *([close_offer(offer, transition_offer(offer, OfferStatus.SUPERSEDED))] if offer else []),
            *[update_fulfillment(before, after) for before, after in (*cancelled, *returned)],
            *unmark,
            *(record_order_events(order_fulfillment.order, *events, actor=ROUTER, at=clock.now()) if events else []),
        ]
    )


def build_events(
    order_id: str, cancelled: Sequence[Fulfillment], offer: Offer | None, returned: Sequence[Fulfillment]
) -> list[Event]:
    events: list[Event] = [
        WorkReturned(order_id, fulfillment.id, fulfillment.location, fulfillment.fulfiller) for fulfillment in returned
    ]
    if cancelled or offer:
        invited = tuple(invitation.staff for invitation in offer.invitations) if offer else ()
        offer_id = offer.id if offer else ""
        events.append(WorkCancelled(order_id, fulfillment_refs(cancelled), offer_id, invited))
    return events
