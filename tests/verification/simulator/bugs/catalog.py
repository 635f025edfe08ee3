"""All planted bugs, kind by kind."""

from __future__ import annotations

from tests.verification.simulator.bugs import (
    audit,
    claims,
    commits,
    expiry,
    idempotency,
    kept,
    later,
    money,
    notifications,
    prices,
    projections,
    stock,
    sums,
    transitions,
    unheard,
)
from tests.verification.simulator.bugs.bug import Bug

ROOMS = (
    idempotency,
    expiry,
    claims,
    commits,
    sums,
    transitions,
    notifications,
    unheard,
    prices,
    money,
    stock,
    later,
    audit,
    projections,
    kept,
)
BUGS: tuple[Bug, ...] = tuple(bug for room in ROOMS for bug in room.BUGS)
