"""What may happen to a simulated shop, and the processes that serve it; who hears its news."""

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


def handle_collection_message(told: dict[str, Any]) -> None:
    handle_collection(journal.message_to_entry(told).event, told["actor"])


def project_stock_history(told: dict[str, Any]) -> None:
    """The stream brings the entry itself."""
    history.project_history([db.get(journal.EntryRow, told["subject"], told["sequence"])])


HANDLERS: dict[str, tuple[Iterable[str], Callable[[dict[str, Any]], Any]]] = {
    "fulfillment": (fulfillment.HANDLERS, fulfillment.handle_message),
    "notify": (NOTICES, lambda told: deliver_messages(journal.message_to_entry(told))),
    "orders": (
        ["CollectionReceived"],
        handle_collection_message,
    ),
    "the ledger": (ledger.SUBSCRIBED_KINDS, update_ledger),
    "the recap": (PROJECTIONS, lambda told: project_entry(journal.message_to_entry(told))),
    "the history": (KINDS_WITH_MOVEMENTS, project_stock_history),
}
REPORTING_HANDLERS = (
    "the ledger",
    "the recap",
    "the history",
)  # nobody decides by them, and they are half of all that is heard


class Violation(BaseException):
    """What the history showed: its story so far, and what is wrong at its end. Nobody in the shop may catch it."""


@dataclass
class Probabilities:
    fault: float = 0.29  # of each send
    interleave: float = 0.25  # that another comes in before a commit; every other time somebody with the same in mind
    redeliver: float = 0.2  # that news come twice
    carrier_failure: float = 0.1  # that a message does not get through
    run_reporting: float = 0.1  # of each history: that its books are kept, too
    pass_a_day: float = 0.25  # that one passes before all is looked at, and ends what the clock can end


@dataclass
class Process:
    """One of those that serve the shop: its clock is wrong in its own way, and it remembers for a minute."""

    skew: timedelta
    places: dict[str, Any] = field(default_factory=dict)
    pricing: Any = field(default_factory=pricing.PromotionCache)
