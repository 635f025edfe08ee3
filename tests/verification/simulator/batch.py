"""Many histories in one go: how many there are for each test run, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from tests.verification.simulator import swift
from tests.verification.simulator.chances import Process
from tests.verification.simulator.memory import Memory
from tests.verification.simulator.news import News
from tests.verification.simulator.sim import FAMILY, Sim, Wrong

# In every test run: as many as two cores live through in five minutes. What comes after them is for soak.
HISTORIES = int(os.environ.get("HISTORIES", "20000"))
STEPS = 100
PARTS = 20  # of them, that several processes may share


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
        for _, family in groupby(seeds, lambda seed: seed // FAMILY):
            counts += together(list(family), steps)
    return counts


def together(family: Sequence[int], steps: int = STEPS) -> Counts:
    """What they share is lived once, and counted once."""
    eldest = Sim(family[0])
    counts, wrong = lived(eldest, eldest.begin, steps)
    if wrong:
        return counts + Counts(len(family), violations=[(family[0], wrong)])
    for seed in family:
        sim = sibling(eldest, seed)
        more, wrong = lived(sim, sim.end, steps)
        counts += more + Counts(1, violations=[(seed, wrong)] if wrong else [])
    return counts


def lived(sim: Sim, part: Callable[[int], Any], steps: int) -> tuple[Counts, str]:
    """And what went wrong."""
    before, said = sim.steps, ""
    try:
        with sim.shop():
            part(steps)
    except Wrong as wrong:
        said = str(wrong).rpartition("\n")[2]
    return Counts(0, sim.steps - before, sim.sends, sim.faults, [], sim.felt, sim.commits, sim.torn), said


def sibling(eldest: Sim, seed: int) -> Sim:
    """Another history, at the place where the family parts; nothing that the one does is seen by the other."""
    sim = copy(eldest)
    vars(sim).update({name: another(value) for name, value in vars(eldest).items()})
    sim.seed = seed
    sim.sends = sim.faults = sim.felt = sim.commits = sim.torn = 0
    return sim


def another(value: Any) -> Any:
    """What stands in it may be shared: rows, answers and news never change."""
    return ANOTHER[type(value)](value) if type(value) in ANOTHER else value


ANOTHER: dict[type, Callable[[Any], Any]] = {
    dict: dict,
    list: lambda many: [another(each) for each in many],
    Memory: Memory.copy,
    News: lambda news: replace(news, waiting=list(news.waiting)),
    Process: lambda each: Process(each.skew, dict(each.places), replace(each.pricing)),
}
