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
from chalicelib.notify.model import NOTICES
from chalicelib.notify.tell import tell
from chalicelib.orders.events import follow_collection
from chalicelib.payments import events as ledger
from chalicelib.payments.book import book
from chalicelib.pricing import find as pricing
from chalicelib.reporting.fold import FOLDS, fold
from chalicelib.stock import history

import_models()
SKEW = timedelta(minutes=5)
PROCESSES = 4

KINDS = sorted(name for name, kind in Event.kinds.items() if kind.__module__.startswith("chalicelib."))
MOVES = {name for name, kind in Event.kinds.items() if "movements" in kind.__dataclass_fields__}


def hear_collection(told: dict[str, Any]) -> None:
    follow_collection(journal.message_to_entry(told).event, told["actor"])


def keep_history(told: dict[str, Any]) -> None:
    """The stream brings the entry itself."""
    history.project([db.get(journal.Entry, told["subject"], told["sequence"])])


LISTENERS: dict[str, tuple[Iterable[str], Callable[[dict[str, Any]], Any]]] = {
    "fulfillment": (fulfillment.HEARD, fulfillment.hear),
    "notify": (NOTICES, lambda told: tell(journal.message_to_entry(told))),
    "orders": (
        ["CollectionReceived"],
        hear_collection,
    ),
    "the ledger": (ledger.HEARS, book),
    "the recap": (FOLDS, lambda told: fold(journal.message_to_entry(told))),
    "the history": (MOVES, keep_history),
}
BOOKS = ("the ledger", "the recap", "the history")  # nobody decides by them, and they are half of all that is heard


class Wrong(BaseException):
    """What the history showed: its story so far, and what is wrong at its end. Nobody in the shop may catch it."""


@dataclass
class Chances:
    fault: float = 0.29  # of each send
    between: float = 0.25  # that another comes in before a commit; every other time somebody with the same in mind
    again: float = 0.2  # that news come twice
    carrier: float = 0.1  # that a message does not get through
    books: float = 0.1  # of each history: that its books are kept, too
    night: float = 0.25  # that one passes before all is looked at, and ends what the clock can end


@dataclass
class Process:
    """One of those that serve the shop: its clock is wrong in its own way, and it remembers for a minute."""

    skew: timedelta
    places: dict[str, Any] = field(default_factory=dict)
    pricing: Any = field(default_factory=pricing.Remembered)
