"""Runs many histories and counts what happened in them."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.verification.simulator.event_queue import DELIVERY_MARK
from tests.verification.simulator.full_stack import FullStackSim
from tests.verification.simulator.full_stack import run_history as run_full_stack_history
from tests.verification.simulator.full_stack_probabilities import Violation as FullStackViolation
from tests.verification.simulator.probabilities import Violation
from tests.verification.simulator.sim import Sim, Step, run_history

HISTORY_STEPS, FULL_STACK_STEPS = 100, 40
# The names of these counts in .local/soak.json, which outlives versions of this code.
JSON_KEYS = {"visible_faults": "felt", "faulted_commits": "torn", "occurrences": "reached"}


@dataclass
class Counts:
    """The totals of a number of histories.

    `visible_faults` are the faults that the application observes, `faulted_commits` the commits that met one of these.
    `occurrences` counts events by kind, deliveries by handler, successful actions by name, and successful responses by
    route.
    """

    histories: int = 0
    steps: int = 0
    sends: int = 0
    faults: int = 0
    violations: list[tuple[int, str]] = field(default_factory=list)  # (seed, message)
    visible_faults: int = 0
    commits: int = 0
    faulted_commits: int = 0
    occurrences: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in vars(self)))

    def to_json(self) -> dict[str, Any]:
        values = vars(self) | {"violations": [list(violation) for violation in self.violations]}
        return {JSON_KEYS.get(name, name): value for name, value in values.items()}

    @classmethod
    def from_json(cls, counts: dict[str, Any]) -> Counts:
        values = {name: counts[JSON_KEYS.get(name, name)] for name in vars(cls())}
        values["violations"] = [(seed, message) for seed, message in counts["violations"]]
        return cls(**values | {"occurrences": Counter(values["occurrences"])})


def run_fast_histories(seeds: Iterable[int], steps: int = HISTORY_STEPS) -> Counts:
    """Run one history per seed. A violation ends its own history only."""
    freeze_imported_objects()
    counts = Counts()
    for seed in seeds:
        try:
            counts += count_history(run_history(seed, steps))
        except Violation as violation:
            counts += Counts(1, steps, violations=[(seed, str(violation).rpartition("\n")[2])])
    return counts


def run_full_stack_histories(seeds: Iterable[int], steps: int = FULL_STACK_STEPS) -> Counts:
    freeze_imported_objects()
    counts = Counts()
    for seed in seeds:
        try:
            counts += count_full_stack_history(run_full_stack_history(seed, steps), steps)
        except FullStackViolation as violation:
            counts += Counts(1, steps, violations=[(seed, str(violation).rpartition("\n")[2])])
    return counts


def count_history(sim: Sim) -> Counts:
    steps = [step for step in sim.trace if isinstance(step, Step) and not step.outcome.startswith("no, ")]
    occurrences = Counter(item["kind"]["S"] for item in sim.memory.stream)
    occurrences.update(step.action.__name__ for step in steps)
    occurrences.update(step.outcome.partition(DELIVERY_MARK)[0] for step in steps if DELIVERY_MARK in step.outcome)
    return Counts(
        1, sim.steps, sim.sends, sim.faults, [], sim.visible_faults, sim.commits, sim.faulted_commits, occurrences
    )


def count_full_stack_history(history: FullStackSim, steps: int) -> Counts:
    occurrences = Counter(f"{method} {path}" for method, path in history.client.covered)
    return Counts(1, steps, history.sends, history.faults, occurrences=occurrences)


@cache
def freeze_imported_objects() -> None:
    """Exempt everything imported so far from garbage collection, which speeds up the histories."""
    gc.collect()
    gc.freeze()
