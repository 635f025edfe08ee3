"""Requesting a call from the person who delivers an order, so the customer does not need their phone number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.fulfillment.carrier import find_current_fulfillment, find_person_to_call
from chalicelib.fulfillment.model import CallRequested, NobodyToCall
from chalicelib.fulfillment.store import load_fulfillment_of_order, record_order_events
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal

CALL_INTERVAL = timedelta(minutes=10)  # repeated requests within it are ignored


@db.retry_on_conflict
def request_call(principal: Principal, order_id: str) -> dict[str, Any]:
    """Record a CallRequested, at most one per interval, and return when it was requested. Raises NobodyToCall."""
    order_fulfillment, now = load_fulfillment_of_order(order_id), clock.now()
    called = find_current_fulfillment(order_fulfillment.fulfillments)
    if called is None:
        raise NobodyToCall()
    entries = journal.history(order_fulfillment.order.subject)
    requested_at = max((entry.occurred_at for entry in entries if entry.kind == "CallRequested"), default=None)
    if requested_at is None or now >= requested_at + CALL_INTERVAL:
        event = CallRequested(order_id, called.id, called.location, find_person_to_call(called))
        db.commit(record_order_events(order_fulfillment.order, event, actor=principal.actor, at=now))
        requested_at = now
    return {"order_id": order_id, "asked_at": clock.iso(requested_at)}
