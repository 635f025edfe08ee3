"""What the room hears: orders placed, ended and paid, work given up, offers that ran out, goods that came, and the
clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.fill import fill_arrived, fill_what_came
from chalicelib.fulfillment.offer import open_offer
from chalicelib.fulfillment.realign import realign
from chalicelib.fulfillment.reroute import reroute, try_stranded
from chalicelib.fulfillment.stand_down import stand_down
from chalicelib.kit import config, journal, log
from chalicelib.kit.errors import Moved, Problem, Unavailable
from chalicelib.kit.journal import JournalEntry
from chalicelib.kit.listen import Listeners

events = Listeners(__name__)


def _order(told: JournalEntry) -> str:
    return told.subject.removeprefix("order#")


def _then_fill(first: Callable[[JournalEntry], Any]) -> Callable[[JournalEntry], None]:
    """New work may wait for goods that have come, and work that ended may leave some to the next."""

    def both(told: JournalEntry) -> None:
        first(told)
        fill_what_came(told)

    return both


HEARD: dict[str, Callable[[JournalEntry], Any]] = {
    "OrderPlaced": _then_fill(open_offer),
    "OrderCancelled": _then_fill(lambda told: stand_down(_order(told))),
    "PaymentCaptured": _then_fill(lambda told: realign(_order(told))),
    "OfferClaimed": fill_what_came,
    "StockReceived": fill_what_came,
    "TransferReceived": fill_what_came,
    "WorkRejected": lambda told: reroute(_order(told)),
    # An offer may have been the last hope of what was rejected meanwhile.
    "OfferExpired": lambda told: reroute(_order(told), "OfferExpired"),
    "OfferDeclined": lambda told: reroute(_order(told), "OfferDeclined"),
}
HEARS = set(HEARD)  # topics are asked to send nothing else


@events.on_sns_message(topic=config.topic_arn("orders"))
def route_orders(event: Any) -> None:
    hear(json.loads(event.message))


@events.on_sns_message(topic=config.topic_arn("fulfillment"))
def route_again_orders(event: Any) -> None:
    hear(json.loads(event.message))


@events.on_sns_message(topic=config.topic_arn("stock"))
def fill_backorders(event: Any) -> None:
    hear(json.loads(event.message))


@events.schedule("rate(1 minute)")
def end_offers(event: Any) -> None:
    expire_due()
    try_stranded()
    fill_arrived()


def hear(message: dict[str, Any]) -> None:
    """A refusal here means done already or no longer wanted. A busy store, an order that somebody changes all the time
    or a bug fails this message alone, and it comes again."""
    listener = HEARD.get(message["kind"])
    if listener is None:
        return
    try:
        listener(journal.message_to_entry(message))
    except (Unavailable, Moved):
        raise
    except Problem as refused:
        log.decision("no longer wanted", kind=message["kind"], subject=message["subject"], code=refused.code)
