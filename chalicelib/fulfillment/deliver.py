"""The goods are with the customer. With the last of them the cash is collected and the order is complete."""

from __future__ import annotations

from chalicelib.fulfillment.collect import Collected, collect
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkDelivered, stepped
from chalicelib.fulfillment.step import StepChange, completes, scene, take_step
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.orders.model import OrderStatus


@db.decided_anew
def deliver(principal: Principal, fulfillment_id: str) -> Fulfillment:
    at = scene(principal, fulfillment_id)
    if at.work.status in (FulfillmentStatus.DELIVERED, FulfillmentStatus.CONFIRMED):
        return at.work
    after = stepped(at.work, FulfillmentStatus.DELIVERED)
    complete = completes(at, after)
    cash = collect(principal, at.case) if complete else Collected()
    event = WorkDelivered(
        *at.ids,
        at.case.order.currency,
        claim_version=at.work.claim_version,
        completed=complete,
        payments=cash.payments,
        postings=cash.postings,
    )
    changes = cash.changes | ({"status": OrderStatus.COMPLETED} if complete else {})
    return take_step(at, after, event, StepChange(beside=cash.writes, order=changes))
