"""Requesting a call from the person who delivers an order, so the customer does not need their phone number."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.fulfillment.carrier import find_current_fulfillment, find_person_to_call
from chalicelib.fulfillment.model import CallRequested, NobodyToCall
from chalicelib.fulfillment.store import load_fulfillment_of_order, record_order_events
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal

CALL_INTERVAL = timedelta(minutes=10)  # within it, repeated requests to the same recipient are ignored


@db.retry_on_conflict
def request_call(principal: Principal, order_id: str) -> dict[str, Any]:
    """Record a CallRequested, at most one per recipient and interval, and return when it was requested.

    Raises NobodyToCall.
    """
    order_fulfillment, now = load_fulfillment_of_order(order_id), clock.now()
    called = find_current_fulfillment(order_fulfillment.fulfillments)
    if called is None:
        raise NobodyToCall()
    event = CallRequested(order_id, called.id, called.location, find_person_to_call(called))
    requested_at = find_last_request(order_fulfillment.order.subject, event)
    if requested_at is None or now >= requested_at + CALL_INTERVAL:
        db.commit(record_order_events(order_fulfillment.order, event, actor=principal.actor, at=now))
        requested_at = now
    return {"order_id": order_id, "asked_at": clock.iso(requested_at)}


def find_last_request(subject: str, request: CallRequested) -> datetime | None:
    """Return when the recipient of this request, a person or the team of a location, was last asked to call."""
    entries = [journal.row_to_entry(row) for row in journal.history(subject) if row.kind == CallRequested.__name__]
    times = [
        entry.occurred_at
        for entry in entries
        if isinstance(entry.event, CallRequested) and recipient(entry.event) == recipient(request)
    ]
    return max(times, default=None)


def recipient(request: CallRequested) -> str:
    return request.fulfiller or request.location
