"""A customer wants to speak with whoever brings his order: he is called back, so neither needs the other's number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment.find import estimate_arrival
from chalicelib.fulfillment.model import (
    ARRIVED,
    CallRequested,
    Fulfillment,
    FulfillmentStatus,
    NobodyToCall,
    exclude_withdrawn,
)
from chalicelib.fulfillment.store import load_fulfillment_of_order, record_order_events
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal

CALL_INTERVAL = timedelta(minutes=10)  # an impatient finger must not fill somebody's phone


@db.retry_on_conflict
def request_call(principal: Principal, order_id: str) -> dict[str, Any]:
    order_fulfillment, now = load_fulfillment_of_order(order_id), clock.now()
    bringing = choose_last_underway(order_fulfillment.fulfillments)
    asked = [
        each.occurred_at for each in journal.history(order_fulfillment.order.subject) if each.kind == "CallRequested"
    ]
    if not asked or now >= max(asked) + CALL_INTERVAL:
        event = CallRequested(order_id, bringing.id, bringing.location, bringing.fulfiller)
        db.commit(record_order_events(order_fulfillment.order, event, actor=principal.actor, at=now))
        asked = [now]
    return {"order_id": order_id, "asked_at": clock.iso(max(asked))}


def choose_last_underway(fulfillments: Sequence[Fulfillment]) -> Fulfillment:
    """Whoever has begun with it and has not arrived yet."""
    coming = [
        fulfillment
        for fulfillment in exclude_withdrawn(fulfillments)
        if fulfillment.status not in ARRIVED | {FulfillmentStatus.ASSIGNED, FulfillmentStatus.BACK_AT_LOCATION}
    ]
    if not coming:
        raise NobodyToCall()
    return max(coming, key=estimate_arrival)
