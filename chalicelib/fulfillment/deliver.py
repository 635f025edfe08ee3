"""Delivering a fulfillment. Delivery of the last one collects the cash and completes the order."""

from __future__ import annotations

from chalicelib.fulfillment.carrier import find_carrier_name
from chalicelib.fulfillment.collect_cash import CashCollection, collect_cash
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkDelivered, transition_fulfillment
from chalicelib.fulfillment.status_change import (
    SideEffects,
    commit_status_change,
    completes_order,
    load_fulfillment_context,
)
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.orders.model import OrderStatus


@db.retry_on_conflict
def deliver(principal: Principal, fulfillment_id: str) -> Fulfillment:
    """Return the delivered fulfillment; a repeat changes nothing. Raises NotFound or CannotMove."""
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status in (FulfillmentStatus.DELIVERED, FulfillmentStatus.CONFIRMED):
        return context.fulfillment
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.DELIVERED)
    complete = completes_order(context, after)
    cash = collect_cash(principal, context.order_fulfillment) if complete else CashCollection()
    event = WorkDelivered(
        *context.event_ids,
        context.order_fulfillment.order.currency,
        claim_version=context.fulfillment.claim_version,
        completed=complete,
        payments=cash.payments,
        postings=cash.postings,
        order_location=context.order_fulfillment.order.location,
    )
    changes = cash.order_changes | ({"status": OrderStatus.COMPLETED} if complete else {})
    if name := find_carrier_name(context.order_fulfillment.with_changed(after)):
        changes |= {"carrier_name": name}  # of the part that is still on its way
    return commit_status_change(context, after, event, SideEffects(other_writes=cash.writes, order_changes=changes))
