"""Whether histories come everywhere."""

from __future__ import annotations

from tests.verification.simulator import weighted_actions
from tests.verification.simulator.batch import Counts
from tests.verification.simulator.probabilities import EVENT_KINDS, HANDLERS

MIN_OCCURRENCES = 3


def find_uncovered(counts: Counts) -> list[str]:
    """Kinds of events, listeners and deeds that happened less than three times."""
    names = [*EVENT_KINDS, *HANDLERS, *(deed.__name__ for _, deed in weighted_actions.WEIGHTED_ACTIONS)]
    return [name for name in names if counts.occurrences[name] < MIN_OCCURRENCES]
