"""The probabilities of a history, the event handlers it runs, and the server processes it simulates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import tests.environment  # noqa: F401 - before the first import of the shop
from chalicelib.fulfillment import events as fulfillment
from chalicelib.kit import db, journal
from chalicelib.kit.events import Event
from chalicelib.kit.packages import import_models
from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.model import NOTICES
from chalicelib.orders.events import handle_collection
from chalicelib.payments import events as ledger
from chalicelib.payments.project_ledger import update_ledger
from chalicelib.pricing import find as pricing
from chalicelib.reporting.project_recap import PROJECTIONS, project_entry
from chalicelib.stock import history

import_models()
MAX_CLOCK_SKEW = timedelta(minutes=5)
PROCESS_COUNT = 4

EVENT_KINDS = sorted(name for name, kind in Event.kinds.items() if kind.__module__.startswith("chalicelib."))
KINDS_WITH_MOVEMENTS = {name for name, kind in Event.kinds.items() if "movements" in kind.__dataclass_fields__}


def handle_collection_message(message: dict[str, Any]) -> None:
    handle_collection(journal.message_to_entry(message).event, message["actor"])


def project_stock_history(message: dict[str, Any]) -> None:
    """Project the entry itself; the stream delivers entries, not messages."""
    history.project_history([db.get(journal.EntryRow, message["subject"], message["sequence"])])


HANDLERS: dict[str, tuple[Iterable[str], Callable[[dict[str, Any]], Any]]] = {
    "fulfillment": (fulfillment.HANDLERS, fulfillment.handle_message),
    "notify": (NOTICES, lambda message: deliver_messages(journal.message_to_entry(message))),
    "orders": (
        ["CollectionReceived"],
        handle_collection_message,
    ),
    "the ledger": (ledger.SUBSCRIBED_KINDS, update_ledger),
    "the recap": (PROJECTIONS, lambda message: project_entry(journal.message_to_entry(message))),
    "the history": (KINDS_WITH_MOVEMENTS, project_stock_history),
}
# No use case reads these projections, and they are half of all deliveries, so most histories skip them.
REPORTING_HANDLERS = ("the ledger", "the recap", "the history")
REPORTING_EFFECTS = ("ledger", "recap", "stock_history")  # the same, as the sweep names them
SWEEP_AFTER = timedelta(minutes=15) + 2 * MAX_CLOCK_SKEW  # until both passes of the sweep have examined an entry


class Violation(BaseException):
    """A violated invariant, with the trace so far. A BaseException, so that the product does not catch it."""


@dataclass
class Probabilities:
    fault: float = 0.29  # of each send
    interleave: float = 0.25  # that another action runs before a commit; every other time the same one
    redeliver: float = 0.2  # that an event is delivered again
    carrier_failure: float = 0.1  # that a carrier fails
    lose_messages: float = 0.3  # of each history: that some of its messages are lost for good
    lost_message: float = 0.15  # of each message of such a history
    run_reporting: float = 0.1  # of each history: that the reporting handlers run too
    pass_a_day: float = 0.25  # that a day passes before the final checks, so that everything due expires


@dataclass
class Process:
    """A server process with its own clock skew and its own caches."""

    skew: timedelta
    places: dict[str, Any] = field(default_factory=dict)
    pricing: Any = field(default_factory=pricing.PromotionCache)
