"""Sending goods again that came back after a failed delivery. The units are routed like those of a new order."""

from __future__ import annotations

from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkReturned, transition_fulfillment
from chalicelib.fulfillment.status_change import commit_status_change, load_fulfillment_context
from chalicelib.kit import db
from chalicelib.kit.auth import Principal


@db.retry_on_conflict
def send_again(principal: Principal, fulfillment_id: str) -> Fulfillment:
    """Return the returned fulfillment; a repeat changes nothing. Raises NotFound, OrderWasCancelled or CannotMove.

    The returned units are in stock again, so `reroute` allocates units again, at this location or another, or marks the
    order as stranded.
    """
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == FulfillmentStatus.RETURNED:
        return context.fulfillment
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.RETURNED)
    return commit_status_change(context, after, WorkReturned(*context.event_ids, send_again=True))
