"""The jobs of a soak: each runs a batch of seeds and returns its counts.

To add a job, add an entry to `JOBS`. Its first seed follows those of `make verify`.
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
    batch_size: int  # seeds per batch; a few seconds of work, because stopping waits for running batches
    share: float  # of the time
    goal: int
    replay: str  # the command that replays a seed


def run_hostile_requests(seeds: Sequence[int]) -> Counts:
    """Count one round of generated requests to all routes as a history, and each request as a step."""
    from tests.verification.attacks import generated_requests

    counts = Counts()
    for seed in seeds:
        try:
            for _, answers in generated_requests.soak(1, seed):
                counts += Counts(1, answers.total())
        except AssertionError as error:
            counts += Counts(1, violations=[(seed, str(error).partition("\n")[0])])
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
