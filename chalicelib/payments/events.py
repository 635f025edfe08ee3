"""Event handlers that update the ledger from every topic whose events can carry money."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kit import config, journal
from chalicelib.kit.effects import Effect
from chalicelib.kit.event_handlers import EventHandlers
from chalicelib.payments.project_ledger import find_booked, update_ledger

handlers = EventHandlers(__name__)
# Event kinds that can carry money. The subscriptions filter by them, so a missing kind is never delivered.
SUBSCRIBED_KINDS = {
    "OrderPlaced",
    "OrderCancelled",
    "OrderReduced",
    "PaymentCaptured",
    "RefundRecorded",
    "WorkDelivered",
    "WorkHandedOver",
    "CollectionReceived",
    "CashHandedOver",
}


EFFECT = Effect(
    "ledger",
    SUBSCRIBED_KINDS,
    start=lambda row: update_ledger(journal.row_to_message(row)),
    find_done=lambda rows: find_booked([journal.row_to_message(row) for row in rows]),
)


@handlers.on_sns_message(topic=config.topic_arn("orders"))
def update_ledger_from_orders(event: Any) -> None:
    update_ledger(json.loads(event.message))


@handlers.on_sns_message(topic=config.topic_arn("fulfillment"))
def update_ledger_from_fulfillment(event: Any) -> None:
    update_ledger(json.loads(event.message))


@handlers.on_sns_message(topic=config.topic_arn("payments"))
def update_ledger_from_payments(event: Any) -> None:
    update_ledger(json.loads(event.message))
