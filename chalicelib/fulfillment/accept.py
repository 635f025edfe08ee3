"""Accepting an assigned fulfillment. The same transaction closes the order's open offer."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment.model import (
    AlreadyClaimed,
    Fulfillment,
    FulfillmentStatus,
    Offer,
    OfferStatus,
    OrderFulfillment,
    WorkAccepted,
    transition_fulfillment,
    transition_offer,
)
from chalicelib.fulfillment.status_change import (
    FulfillmentContext,
    SideEffects,
    commit_status_change,
    load_fulfillment_context,
)
from chalicelib.fulfillment.store import close_offer, row_to_offer
from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Problem, StaleVersion


@db.retry_on_conflict
def accept(principal: Principal, fulfillment_id: str) -> Fulfillment:
    """Return the accepted fulfillment. Raises AlreadyClaimed when a salesman has claimed the order first."""
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == FulfillmentStatus.ACCEPTED:
        return context.fulfillment
    check_not_claimed(context.order_fulfillment, context.fulfillment)
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.ACCEPTED, fulfiller=principal.id)
    offer = find_contested_offer(context.order_fulfillment, context.fulfillment)
    side_effects = SideEffects(leading_writes=close_contested_offer(offer), has_open_offer=False if offer else None)
    return commit_status_change(context, after, build_accepted_event(context, after, offer), side_effects)


def check_not_claimed(order_fulfillment: OrderFulfillment, fulfillment: Fulfillment) -> None:
    """Raise AlreadyClaimed if a claim cancelled the fulfillment: a clearer refusal than CannotMove."""
    for offer in order_fulfillment.offers:
        if (
            offer.status == OfferStatus.CLAIMED
            and fulfillment.id in offer.fulfillment_ids
            and fulfillment.status == FulfillmentStatus.CANCELLED
        ):
            raise AlreadyClaimed(offer=offer.id)


def find_contested_offer(order_fulfillment: OrderFulfillment, fulfillment: Fulfillment) -> Offer | None:
    """Return the order's open offer if its claim would cancel this fulfillment, or None."""
    offer = order_fulfillment.open_offer
    return offer if offer and fulfillment.id in offer.fulfillment_ids else None


def close_contested_offer(offer: Offer | None) -> list[Write]:
    """Return writes that close the offer: as expired when it is due but not yet closed, else as superseded."""
    if offer is None:
        return []
    to = OfferStatus.EXPIRED if offer.is_due(clock.now()) else OfferStatus.SUPERSEDED
    return [close_offer(offer, transition_offer(offer, to), refusal=_refusal_of_late_accept)]


def _refusal_of_late_accept(row: Any) -> Problem:
    stored = row_to_offer(row) if row else None
    return AlreadyClaimed(offer=stored.id) if stored and stored.status == OfferStatus.CLAIMED else StaleVersion()


def build_accepted_event(context: FulfillmentContext, after: Fulfillment, offer: Offer | None) -> WorkAccepted:
    invited = tuple(invitation.staff for invitation in offer.invitations) if offer else ()
    return WorkAccepted(after.order_id, after.id, after.location, after.fulfiller, offer.id if offer else "", invited)
