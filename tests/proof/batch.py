"""Many histories in one go: how many there are for each test run, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.proof import swift
from tests.proof.sim import Chances, Sim, Wrong

# In every test run: as many as two cores live through in five minutes. What comes after them is for soak.
HISTORIES = int(os.environ.get("HISTORIES", "15000"))
STEPS = 100
PARTS = 16  # of them, that several processes may share


@dataclass
class Counts:
    histories: int = 0
    steps: int = 0
    sends: int = 0
    faults: int = 0
    violations: list[tuple[int, str]] = field(default_factory=list)  # seeds, and what was wrong
    felt: int = 0  # of the faults, those that the shop itself sees
    commits: int = 0
    torn: int = 0  # commits that met a fault which the shop sees

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in vars(self)))

    def as_json(self) -> dict[str, Any]:
        return vars(self) | {"violations": [list(each) for each in self.violations]}


def part(number: int) -> range:
    """The seeds of one part; parts together are all of them, once each."""
    return range(HISTORIES * number // PARTS, HISTORIES * (number + 1) // PARTS)


def live_through(seeds: Iterable[int], steps: int = STEPS) -> Counts:
    """A history that goes wrong does not keep the others from being lived."""
    counts = Counts()
    with swift.settled_down():
        for seed in seeds:
            counts += one(seed, steps)
    return counts


def one(seed: int, steps: int = STEPS) -> Counts:
    sim, violations = Sim(seed, Chances()), []
    try:
        with sim.shop():
            sim.live(steps)
    except Wrong as wrong:
        violations = [(seed, str(wrong).rpartition("\n")[2])]
    return Counts(1, steps, sim.sends, sim.faults, violations, sim.felt, sim.commits, sim.torn)
