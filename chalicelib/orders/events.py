"""What the room hears: money collected for its orders, and the clock, which ends those whose time to pay is over."""

from __future__ import annotations

import json
from typing import Any

from chalice.app import Rate

from chalicelib.kit import clock, config, journal, log
from chalicelib.kit.errors import Problem
from chalicelib.kit.listen import Listeners
from chalicelib.orders import cancel, store
from chalicelib.orders.follow import follow_payments
from chalicelib.payments.model import CollectionReceived

events = Listeners(__name__)
HEARS = {"CollectionReceived"}  # topics are asked to send nothing else


@events.on_sns_message(topic=config.topic_arn("payments"))
def follow_collections(event: Any) -> None:
    if event.subject == "CollectionReceived":
        told = journal.message_to_entry(json.loads(event.message))
        follow_collection(told.event, told.actor)


def follow_collection(event: Any, actor: str) -> None:
    if isinstance(event, CollectionReceived):
        for debt in event.settled:
            if debt.order_id:  # what was owed before this shop has no order here
                follow_payments(debt.order_id, actor)


@events.schedule(Rate(1, unit=Rate.MINUTES))
def expire_unpaid_orders(event: Any) -> None:
    expire_unpaid()


def expire_unpaid() -> int:
    """How many ended. One that refuses does not keep the others waiting."""
    now = clock.now()
    return sum(_expire(order_id, now) for order_id in store.waiting_until(now))


def _expire(order_id: str, now: Any) -> bool:
    try:
        return cancel.expire(order_id, now)
    except Problem as problem:
        log.decision("not expired", order=order_id, code=problem.code)
        return False
