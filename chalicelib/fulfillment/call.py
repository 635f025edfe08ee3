"""A customer wants to speak with whoever brings his order: he is called back, so neither needs the other's number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment.find import expected_by
from chalicelib.fulfillment.model import ARRIVED, CallAsked, Fulfillment, FulfillmentStatus, NobodyToCall, live
from chalicelib.fulfillment.store import load_case, tell
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal

AGAIN_AFTER = timedelta(minutes=10)  # an impatient finger must not fill somebody's phone


@db.decided_anew
def ask_for_call(principal: Principal, order_id: str) -> dict[str, Any]:
    case, now = load_case(order_id), clock.now()
    bringing = last_to_come(case.works)
    asked = [each.occurred_at for each in journal.history(case.order.subject) if each.kind == "CallAsked"]
    if not asked or now >= max(asked) + AGAIN_AFTER:
        event = CallAsked(order_id, bringing.id, bringing.location, bringing.fulfiller)
        db.commit(tell(case.order, event, actor=principal.actor, at=now))
        asked = [now]
    return {"order_id": order_id, "asked_at": clock.iso(max(asked))}


def last_to_come(works: Sequence[Fulfillment]) -> Fulfillment:
    """Whoever has begun with it and has not arrived yet."""
    coming = [
        work
        for work in live(works)
        if work.status not in ARRIVED | {FulfillmentStatus.ASSIGNED, FulfillmentStatus.BACK_AT_LOCATION}
    ]
    if not coming:
        raise NobodyToCall()
    return max(coming, key=expected_by)
