"""The ledger listens to everything that may carry money: orders, work at the door, collections and drawers."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kit import config
from chalicelib.kit.listen import Listeners
from chalicelib.payments.book import book

events = Listeners(__name__)
# What may carry money; topics are asked to send nothing else.
HEARS = {
    *("OrderPlaced", "OrderCancelled", "PaymentCaptured", "WorkDelivered", "WorkHandedOver"),
    "CollectionReceived",
    "CashHandedOver",
}


@events.on_sns_message(topic=config.topic_arn("orders"))
def book_orders(event: Any) -> None:
    book(json.loads(event.message))


@events.on_sns_message(topic=config.topic_arn("fulfillment"))
def book_work(event: Any) -> None:
    book(json.loads(event.message))


@events.on_sns_message(topic=config.topic_arn("payments"))
def book_payments(event: Any) -> None:
    book(json.loads(event.message))
