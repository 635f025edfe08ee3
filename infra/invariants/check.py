"""All invariants together, and a list of what they do not cover yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

# Cannot be checked from the tables, or the feature does not exist yet.
NOT_CHECKED = {
    "M5": "there is no payment gateway yet",
    "S5": "there are no serial numbers yet",
    "O6": "a lost response leaves no row; the simulator records every response, and the fault tests kill processes",
}

# Parts of a formula that cannot be checked yet. The rest of each formula is checked.
PARTLY_CHECKED = {
    "M2": "pending refunds (P): there are no refunds yet",
    "M3": "lost chargebacks (X): there are no card payments yet",
    "M6": "a refund job for what a cancelled order owes back: there are no refunds yet",
    "M9": "gift cards and store credit: they do not exist yet",
    "S4": "goods returned by customers: there are no returns yet",
    "S6": "returned ≤ shipped: there are no returns yet",
    "O4": "byte-equal responses and 422 for another body: no row shows it; the simulator compares every response",
    "N1": "pay links and verification codes: drafts are deleted and codes expire, and no row records when",
    "N2": "sends ≤ 1: the table's key rules out a second one; the simulator's outbox and the fault tests count sends",
    "N4": "nothing is sent to customers who opted out: there is no opt-out yet",
    "A1": "role and before/after in the entry: it names the actor, whose journal has the role, and the changes",
    "A2": "a second approver: approvals do not exist yet; limits depend on the role",
    "A3": "days to pay, price groups, names, addresses, terms, descriptions, safety units: not all are in entries",
}


@dataclass(frozen=True)
class Report:
    """The names of the checked invariants, and the violations as (invariant, sentence) in the order of `checked`."""

    checked: list[str] = field(default_factory=list)
    violations: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_valid(self) -> bool:
        return not self.violations

    def __str__(self) -> str:
        return "\n".join(f"{name}: {sentence}" for name, sentence in self.violations) or "everything holds"


def check(client: Any, prefix: str, now: datetime | None = None, is_idle: bool = False) -> Report:
    """Return the report on the tables that begin with `prefix`.

    With `is_idle` every event must have been delivered; otherwise only events older than a minute.
    """
    return check_snapshot(load_snapshot(client, prefix, now, is_idle))


def check_snapshot(snapshot: Snapshot, rules: Mapping[str, Invariant] = INVARIANTS) -> Report:
    violations = [(name, sentence) for name, rule in rules.items() for sentence in rule(snapshot)]
    return Report(list(rules), violations)
