"""Many histories in one go, and what they come to."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.verification.simulator.chances import Wrong
from tests.verification.simulator.full import Full
from tests.verification.simulator.full import live as live_full_history
from tests.verification.simulator.full_chances import Wrong as FullWrong
from tests.verification.simulator.sim import Sim, Step, run

STEPS, FULL_STEPS = 100, 40


@dataclass
class Counts:
    """`torn` are the commits that met a fault which the shop sees, `felt` all such faults. `reached` says how often
    each kind of event happened, each listener heard, each deed succeeded, and each route gave a good answer."""

    histories: int = 0
    steps: int = 0
    sends: int = 0
    faults: int = 0
    violations: list[tuple[int, str]] = field(default_factory=list)  # seeds, and what was wrong
    felt: int = 0
    commits: int = 0
    torn: int = 0
    reached: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in vars(self)))

    def to_json(self) -> dict[str, Any]:
        return vars(self) | {"violations": [list(each) for each in self.violations], "reached": dict(self.reached)}

    @classmethod
    def from_json(cls, counts: dict[str, Any]) -> Counts:
        violations = [(seed, words) for seed, words in counts["violations"]]
        return cls(**counts | {"violations": violations, "reached": Counter(counts["reached"])})


def live_fast(seeds: Iterable[int], steps: int = STEPS) -> Counts:
    """A history that goes wrong does not keep the others from being lived."""
    leave_imports_alone()
    counts = Counts()
    for seed in seeds:
        try:
            counts += counts_of(run(seed, steps))
        except Wrong as wrong:
            counts += Counts(1, steps, violations=[(seed, str(wrong).rpartition("\n")[2])])
    return counts


def live_full(seeds: Iterable[int], steps: int = FULL_STEPS) -> Counts:
    leave_imports_alone()
    counts = Counts()
    for seed in seeds:
        try:
            counts += counts_of_full(live_full_history(seed, steps), steps)
        except FullWrong as wrong:
            counts += Counts(1, steps, violations=[(seed, str(wrong).rpartition("\n")[2])])
    return counts


def counts_of(sim: Sim) -> Counts:
    steps = [step for step in sim.story if isinstance(step, Step) and not step.outcome.startswith("no, ")]
    reached = Counter(item["kind"]["S"] for item in sim.memory.stream)
    reached.update(step.deed.__name__ for step in steps)
    reached.update(step.outcome.partition(" hears ")[0] for step in steps if " hears " in step.outcome)
    return Counts(1, sim.steps, sim.sends, sim.faults, [], sim.felt, sim.commits, sim.torn, reached)


def counts_of_full(history: Full, steps: int) -> Counts:
    reached = Counter(f"{method} {path}" for method, path in history.doors.opened)
    return Counts(1, steps, history.sends, history.faults, reached=reached)


@cache
def leave_imports_alone() -> None:
    """What has been imported by now stays, so the collector need not look at it each time."""
    gc.collect()
    gc.freeze()
