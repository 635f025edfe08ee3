"""What soak does for as long as it is let: each job takes seeds and tells what they came to.

A job is added by a line in `JOBS`. Its first seed comes after those that every test run takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.verification.simulator.batch import HISTORIES, STEPS, Counts, live_through


@dataclass(frozen=True)
class Job:
    run: Callable[[Sequence[int]], Counts]
    first: int
    batch: int  # seeds at once: a few seconds of work, for what is under way is lost when soak is stopped
    share: float  # of the time
    goal: int
    replay: str  # the command that tells the story of a seed


def fast(seeds: Sequence[int]) -> Counts:
    return live_through(seeds)


def full(seeds: Sequence[int]) -> Counts:
    from tests.verification.simulator import full as path
    from tests.verification.simulator.test_full import STEPS as STEPS_THERE

    counts = Counts()
    for seed in seeds:
        try:
            told = path.run([seed], STEPS_THERE)
            counts += Counts(1, told["steps"], told["sends"], told["faults"])
        except path.Wrong as wrong:
            counts += Counts(1, STEPS_THERE, violations=[(seed, str(wrong).rpartition("\n")[2])])
    return counts


def hostile(seeds: Sequence[int]) -> Counts:
    """A history is one round of made-up requests over all doors, a step one request."""
    from tests.verification.attacks import hostile as attack

    counts = Counts()
    for seed in seeds:
        try:
            for _, answers in attack.soak(1, seed):
                counts += Counts(1, answers.total())
        except AssertionError as let_in:
            counts += Counts(1, violations=[(seed, str(let_in).partition("\n")[0])])
    return counts


JOBS = {
    "fast": Job(fast, HISTORIES, 40, 0.6, 1_000_000, f"make sim SEED={{seed}} STEPS={STEPS}"),
    "full": Job(full, 500, 5, 0.25, 20_000, "python -m tests.verification.simulator.full {seed} 40"),
    "hostile": Job(hostile, 1_000, 1, 0.15, 70, "make verify ONLY=requests SEED={seed}"),
}
