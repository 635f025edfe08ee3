"""What the room hears: orders placed, ended and paid, work given up, offers that ran out, goods that came, and the
clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalicelib.fulfillment.assign import assign_order
from chalicelib.fulfillment.cancel_fulfillments import cancel_fulfillments
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.fill_backorders import fill_all_arrived, fill_on_event
from chalicelib.fulfillment.reconcile import reconcile
from chalicelib.fulfillment.reroute import reroute, retry_stranded
from chalicelib.kit import config, journal, log
from chalicelib.kit.errors import Problem, StaleVersion, Unavailable
from chalicelib.kit.event_handlers import EventHandlers
from chalicelib.kit.journal import JournalEntry

handlers = EventHandlers(__name__)


def _order_id(told: JournalEntry) -> str:
    return told.subject.removeprefix("order#")


def _and_fill_backorders(first: Callable[[JournalEntry], Any]) -> Callable[[JournalEntry], None]:
    """New work may wait for goods that have come, and work that ended may leave some to the next."""

    def both(told: JournalEntry) -> None:
        first(told)
        fill_on_event(told)

    return both


HANDLERS: dict[str, Callable[[JournalEntry], Any]] = {
    "OrderPlaced": _and_fill_backorders(assign_order),
    "OrderCancelled": _and_fill_backorders(lambda told: cancel_fulfillments(_order_id(told))),
    "PaymentCaptured": _and_fill_backorders(lambda told: reconcile(_order_id(told))),
    "OfferClaimed": fill_on_event,
    "StockReceived": fill_on_event,
    "TransferReceived": fill_on_event,
    "WorkRejected": lambda told: reroute(_order_id(told)),
    # An offer may have been the last hope of what was rejected meanwhile.
    "OfferExpired": lambda told: reroute(_order_id(told), "OfferExpired"),
    "OfferDeclined": lambda told: reroute(_order_id(told), "OfferDeclined"),
}
SUBSCRIBED_KINDS = set(HANDLERS)  # topics are asked to send nothing else


@handlers.on_sns_message(topic=config.topic_arn("orders"))
def route_orders(event: Any) -> None:
    handle_message(json.loads(event.message))


@handlers.on_sns_message(topic=config.topic_arn("fulfillment"))
def reroute_orders(event: Any) -> None:
    handle_message(json.loads(event.message))


@handlers.on_sns_message(topic=config.topic_arn("stock"))
def fill_backorders(event: Any) -> None:
    handle_message(json.loads(event.message))


@handlers.schedule("rate(1 minute)")
def end_offers(event: Any) -> None:
    expire_due()
    retry_stranded()
    fill_all_arrived()


def handle_message(message: dict[str, Any]) -> None:
    """A refusal here means done already or no longer wanted. A busy store, an order that somebody changes all the time
    or a bug fails this message alone, and it comes again."""
    listener = HANDLERS.get(message["kind"])
    if listener is None:
        return
    try:
        listener(journal.message_to_entry(message))
    except (Unavailable, StaleVersion):
        raise
    except Problem as refused:
        log.info("no longer wanted", kind=message["kind"], subject=message["subject"], code=refused.code)
