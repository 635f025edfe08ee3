"""Which events, handlers and actions the histories do not cover."""

from __future__ import annotations

from tests.verification.simulator import weighted_actions
from tests.verification.simulator.batch import Counts
from tests.verification.simulator.probabilities import EVENT_KINDS, HANDLERS

MIN_OCCURRENCES = 3
# They change neither orders, stock nor money; tests/sessions and tests/customers cover them.
NOT_SIMULATED = {
    "SalesmanAssigned",
    "SalesmanUnassigned",
    "SessionEnded",
    "SignInRequested",
    "SignedIn",
    "StaffInvited",
}


def find_uncovered(counts: Counts) -> list[str]:
    """Return the kinds of events, handlers and actions that occurred fewer than MIN_OCCURRENCES times."""
    kinds = [kind for kind in EVENT_KINDS if kind not in NOT_SIMULATED]
    names = [*kinds, *HANDLERS, *(action.__name__ for _, action in weighted_actions.WEIGHTED_ACTIONS)]
    return [name for name in names if counts.occurrences[name] < MIN_OCCURRENCES]
