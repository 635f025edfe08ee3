"""Whether histories come everywhere."""

from __future__ import annotations

from tests.verification.simulator import actors
from tests.verification.simulator.batch import Counts
from tests.verification.simulator.chances import KINDS, LISTENERS

LEAST = 3


def unreached(counts: Counts) -> list[str]:
    """Kinds of events, listeners and deeds that happened less than three times."""
    names = [*KINDS, *LISTENERS, *(deed.__name__ for _, deed in actors.ACTORS)]
    return [name for name in names if counts.reached[name] < LEAST]
