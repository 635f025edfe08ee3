"""What soak does for as long as it is let: each job takes seeds and returns what they came to.

A job is added by a line in `JOBS`. Its first seed comes after those of `make verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.verification.simulator.batch import (
    FULL_STACK_STEPS,
    HISTORY_STEPS,
    Counts,
    run_fast_histories,
    run_full_stack_histories,
)

FAST_HISTORIES, FULL_STACK_HISTORIES = 20_000, 500  # histories of `make verify`


@dataclass(frozen=True)
class Job:
    run: Callable[[Sequence[int]], Counts]
    first_seed: int
    batch_size: int  # seeds at once: a few seconds of work, for what is under way is lost when soak is stopped
    share: float  # of the time
    goal: int
    replay: str  # the command that tells the story of a seed


def run_hostile_requests(seeds: Sequence[int]) -> Counts:
    """A history is one round of made-up requests to all routes, a step one request."""
    from tests.verification.attacks import generated_requests as attack

    counts = Counts()
    for seed in seeds:
        try:
            for _, answers in attack.soak(1, seed):
                counts += Counts(1, answers.total())
        except AssertionError as let_in:
            counts += Counts(1, violations=[(seed, str(let_in).partition("\n")[0])])
    return counts


JOBS = {
    "fast": Job(
        run_fast_histories, FAST_HISTORIES, 20, 0.6, 1_000_000, f"make sim SEED={{seed}} STEPS={HISTORY_STEPS}"
    ),
    "full": Job(
        run_full_stack_histories,
        FULL_STACK_HISTORIES,
        5,
        0.25,
        20_000,
        f"python -m tests.verification.simulator.full_stack {{seed}} {FULL_STACK_STEPS}",
    ),
    "hostile": Job(run_hostile_requests, 1_000, 1, 0.15, 70, "make verify ONLY=requests SEED={seed}"),
}
