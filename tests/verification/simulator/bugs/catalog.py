"""All planted bugs, in the order of their kinds."""

from __future__ import annotations

from tests.verification.simulator.bugs import (
    aggregation,
    audit,
    backorders,
    claims,
    commits,
    expiry,
    idempotency,
    journal_mismatches,
    lost_messages,
    missed_notifications,
    money,
    notifications,
    prices,
    projections,
    stock,
    transitions,
)
from tests.verification.simulator.bugs.bug import Bug

MODULES = (
    idempotency,
    expiry,
    claims,
    commits,
    aggregation,
    transitions,
    notifications,
    missed_notifications,
    prices,
    money,
    stock,
    backorders,
    audit,
    projections,
    journal_mismatches,
    lost_messages,
)
BUGS: tuple[Bug, ...] = tuple(bug for module in MODULES for bug in module.BUGS)
