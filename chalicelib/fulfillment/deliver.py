"""The goods are with the customer. With the last of them the cash is collected and the order is complete."""

from __future__ import annotations

from chalicelib.fulfillment.collect import Collected, collect
from chalicelib.fulfillment.model import Fulfillment, WorkDelivered, stepped
from chalicelib.fulfillment.step import completes, scene, take_step
from chalicelib.kit import db
from chalicelib.kit.auth import Principal


@db.decided_anew
def deliver(principal: Principal, fulfillment_id: str) -> Fulfillment:
    at = scene(principal, fulfillment_id)
    if at.work.status in ("delivered", "confirmed"):
        return at.work
    after = stepped(at.work, "delivered")
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
    changes = cash.changes | ({"status": "completed"} if complete else {})
    return take_step(at, after, event, beside=cash.writes, **changes)
