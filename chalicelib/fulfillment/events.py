"""Event handlers of fulfillment, and the schedule that expires offers, retries stranded orders and fills backorders."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.fulfillment.assign import assign_order
from chalicelib.fulfillment.cancel_fulfillments import cancel_fulfillments
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.fill_backorders import fill_all_arrived, fill_on_event
from chalicelib.fulfillment.reconcile import reconcile
from chalicelib.fulfillment.reroute import reroute, retry_stranded
from chalicelib.kit import config, journal, log
from chalicelib.kit.effects import Effect
from chalicelib.kit.errors import Problem, StaleVersion, Unavailable
from chalicelib.kit.event_handlers import EventHandlers
from chalicelib.kit.journal import EntryRow, JournalEntry
from chalicelib.orders.find import load_orders
from chalicelib.orders.model import OrderFulfillmentStatus

handlers = EventHandlers(__name__)


def _order_id(entry: JournalEntry) -> str:
    return entry.subject.removeprefix("order#")


def _and_fill_backorders(handler: Callable[[JournalEntry], Any]) -> Callable[[JournalEntry], None]:
    """Return a handler that also fills backorders: a new order may await goods that arrived meanwhile, and an ended
    order may free goods for others."""

    def handle(entry: JournalEntry) -> None:
        handler(entry)
        fill_on_event(entry)

    return handle


HANDLERS: dict[str, Callable[[JournalEntry], Any]] = {
    "OrderPlaced": _and_fill_backorders(assign_order),
    "OrderCancelled": _and_fill_backorders(lambda entry: cancel_fulfillments(_order_id(entry))),
    # Units of goods that came back and were not cancelled are missing now.
    "OrderReduced": _and_fill_backorders(lambda entry: reroute(_order_id(entry), "OrderReduced")),
    "PaymentCaptured": _and_fill_backorders(lambda entry: reconcile(_order_id(entry))),
    # Units returned or rejected during an offer that did not name them are missing after its claim.
    "OfferClaimed": _and_fill_backorders(lambda entry: reroute(_order_id(entry), "OfferClaimed")),
    "StockReceived": fill_on_event,
    "TransferReceived": fill_on_event,
    "WorkRejected": lambda entry: reroute(_order_id(entry)),
    "WorkReturned": lambda entry: reroute(_order_id(entry), "WorkReturned"),
    # Units rejected during an offer may still be covered by it, so they are rerouted when it ends.
    "OfferExpired": lambda entry: reroute(_order_id(entry), "OfferExpired"),
    "OfferDeclined": lambda entry: reroute(_order_id(entry), "OfferDeclined"),
}
SUBSCRIBED_KINDS = set(HANDLERS)  # the filter policy of the topic subscriptions


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
    """Call the handler of a message's kind, if any.

    A refusal is logged and not raised: the work is done or no longer needed. Unavailable, StaleVersion and unexpected
    errors are raised, so the message is delivered again.
    """
    handler = HANDLERS.get(message["kind"])
    if handler is None:
        return
    try:
        handler(journal.message_to_entry(message))
    except (Unavailable, StaleVersion):
        raise
    except Problem as refused:
        log.info("event_skipped", kind=message["kind"], subject=message["subject"], code=refused.code)


def start_effect(row: EntryRow) -> None:
    """Do what the entry's message does. A refusal to assign a placed order is raised: the order has no work then."""
    if row.kind == "OrderPlaced":
        HANDLERS[row.kind](journal.row_to_entry(row))
    else:
        handle_message(journal.row_to_message(row))


def find_assigned(rows: Sequence[EntryRow]) -> set[str]:
    """Return the ids of the OrderPlaced events whose orders show that they were assigned.

    A handed-over order shows `delivered` from its placement on, an order that awaits goods `unassigned`: both are left
    to `assign_order`.
    """
    placed = {row.event_id: row.pk.removeprefix("order#") for row in rows if row.kind == "OrderPlaced"}
    orders = load_orders(placed.values())
    return {
        event_id
        for event_id, order_id in placed.items()
        if order_id in orders
        and orders[order_id].delivery.method != "handover"
        and orders[order_id].fulfillment_status != OrderFulfillmentStatus.UNASSIGNED
    }


EFFECT = Effect("fulfillment", SUBSCRIBED_KINDS, start_effect, find_assigned)
