"""Event handlers of orders: money collected for them, and a schedule that expires unpaid orders."""

from __future__ import annotations

import json
from typing import Any

from chalice.app import Rate

from chalicelib.kit import clock, config, journal, log
from chalicelib.kit.effects import Effect
from chalicelib.kit.errors import Problem
from chalicelib.kit.event_handlers import EventHandlers
from chalicelib.kit.journal import EntryRow
from chalicelib.orders import cancel, store
from chalicelib.orders.update_payment_status import update_payment_status
from chalicelib.payments.model import CollectionReceived

handlers = EventHandlers(__name__)
SUBSCRIBED_KINDS = {"CollectionReceived"}  # the subscription filters out all other kinds


@handlers.on_sns_message(topic=config.topic_arn("payments"))
def handle_collections(event: Any) -> None:
    if event.subject == "CollectionReceived":
        entry = journal.message_to_entry(json.loads(event.message))
        handle_collection(entry.event, entry.actor)


def handle_collection(event: Any, actor: str) -> None:
    if isinstance(event, CollectionReceived):
        for debt in event.settled:
            if debt.order_id:  # a debt from before this system has no order
                update_payment_status(debt.order_id, actor)


def start_effect(row: EntryRow) -> None:
    handle_collection(journal.row_to_entry(row).event, row.actor)


EFFECT = Effect("payment_status", SUBSCRIBED_KINDS, start_effect)


@handlers.schedule(Rate(1, unit=Rate.MINUTES))
def expire_unpaid_orders(event: Any) -> None:
    expire_unpaid()


def expire_unpaid() -> int:
    """Cancel the orders whose payment deadline has passed and return their number. A refusal is logged and skipped."""
    now = clock.now()
    return sum(_expire(order_id, now) for order_id in store.list_unpaid_order_ids(now))


def _expire(order_id: str, now: Any) -> bool:
    try:
        return cancel.expire(order_id, now)
    except Problem as problem:
        log.info("order_not_expired", order=order_id, code=problem.code)
        return False
