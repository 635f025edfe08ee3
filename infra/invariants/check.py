"""All invariants together, and those that have nothing to look at yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.invariants import fulfillment, journal, money, notifications, orders, prices, stock
from infra.invariants.snapshot import Snapshot, load_snapshot

Invariant = Callable[[Snapshot], list[str]]

INVARIANTS: dict[str, Invariant] = {
    rule.__name__.partition("_")[0].upper(): rule
    for rule in (
        *prices.RULES,
        *money.RULES,
        *stock.RULES,
        *orders.RULES,
        *fulfillment.RULES,
        *notifications.RULES,
        *journal.RULES,
    )
}

# Not to be seen in tables, or not there yet; each says where it is shown instead or what has to come first.
NOT_CHECKED = {
    "M5": "no gateway yet: comes with card payments",
    "S5": "no serial numbers yet",
    "O6": "what was answered and lost leaves no row: the simulator remembers each answer, and processes are killed",
}

# Parts of formulas whose subject does not exist yet, or which no row tells of; the rest of each is checked.
PARTLY_CHECKED = {
    "M2": "refunds that are on their way (P): comes with refunds",
    "M3": "lost chargebacks (X): come with card payments",
    "M6": "a refund job for what a dead order owes back: comes with refunds",
    "M9": "gift cards and store credit: not there yet",
    "S4": "goods that came back from customers: come with returns",
    "S6": "returned ≤ shipped: comes with returns",
    "O4": "byte-equal answers and 422 for another body: no row tells; the simulator compares every answer",
    "N1": "pay links and codes: a draft goes and a code grows old, and no row says when",
    "N2": "sends ≤ 1: a table's key holds no second one; the simulator's outbox and the tests of faults count them",
    "N4": "whoever opted out is sent nothing: nobody can yet",
    "A1": "role and before/after in the entry: it names the actor, whose role his own journal tells, and what changed",
    "A2": "a second approver: nobody approves for another yet; limits go by role",
    "A3": "days to pay, price groups, names, addresses, terms, descriptions, units kept back: entries do not tell all",
}


@dataclass(frozen=True)
class Report:
    """`violated` are (invariant, what is wrong) in the order of `checked`."""

    checked: list[str] = field(default_factory=list)
    violations: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_valid(self) -> bool:
        return not self.violations

    def __str__(self) -> str:
        return "\n".join(f"{name}: {words}" for name, words in self.violations) or "everything holds"


def check(client: Any, prefix: str, now: datetime | None = None, is_idle: bool = False) -> Report:
    """`quiet` when everything that happened has been heard; else only what is older than a minute must have been."""
    return check_snapshot(load_snapshot(client, prefix, now, is_idle))


def check_snapshot(snapshot: Snapshot) -> Report:
    violated = [(name, words) for name, rule in INVARIANTS.items() for words in rule(snapshot)]
    return Report(list(INVARIANTS), violated)
