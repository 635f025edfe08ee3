"""Requesting a call from the person who delivers an order, so the customer does not need their phone number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment.find import estimate_arrival
from chalicelib.fulfillment.model import (
    BEFORE_DISPATCH,
    NOT_STARTED,
    ON_THE_WAY,
    CallRequested,
    Fulfillment,
    NobodyToCall,
)
from chalicelib.fulfillment.store import load_fulfillment_of_order, record_order_events
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal

IN_PREPARATION = set(BEFORE_DISPATCH) - set(NOT_STARTED)
CALL_INTERVAL = timedelta(minutes=10)  # repeated requests within it are ignored


@db.retry_on_conflict
def request_call(principal: Principal, order_id: str) -> dict[str, Any]:
    """Record a CallRequested, at most one per interval, and return when it was requested. Raises NobodyToCall."""
    order_fulfillment, now = load_fulfillment_of_order(order_id), clock.now()
    called = choose_fulfillment_to_call(order_fulfillment.fulfillments)
    entries = journal.history(order_fulfillment.order.subject)
    requested_at = max((entry.occurred_at for entry in entries if entry.kind == "CallRequested"), default=None)
    if requested_at is None or now >= requested_at + CALL_INTERVAL:
        event = CallRequested(order_id, called.id, called.location, called.carrier or called.fulfiller)
        db.commit(record_order_events(order_fulfillment.order, event, actor=principal.actor, at=now))
        requested_at = now
    return {"order_id": order_id, "asked_at": clock.iso(requested_at)}


def choose_fulfillment_to_call(fulfillments: Sequence[Fulfillment]) -> Fulfillment:
    """Return the fulfillment on its way to the customer, or else the one being prepared. Raises NobodyToCall.

    Of several, it is the one whose arrival is estimated last.
    """
    on_the_way = [fulfillment for fulfillment in fulfillments if fulfillment.status in ON_THE_WAY]
    candidates = on_the_way or [fulfillment for fulfillment in fulfillments if fulfillment.status in IN_PREPARATION]
    if not candidates:
        raise NobodyToCall()
    return max(candidates, key=estimate_arrival)
