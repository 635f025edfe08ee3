"""The full amounts of `make verify`: `run(part)` gives the figures that go into docs/verification.md.

`python -m tests.verification.simulator [PART …] [--amount N] [--json]` prints them, and exits with 1 if one does not hold.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import tests.environment  # noqa: F401 - before the first import of the shop
from infra.invariants.check import INVARIANTS
from tests.verification.simulator import actors
from tests.verification.simulator.batch import FULL_STEPS, STEPS, Counts, live_fast, live_full
from tests.verification.simulator.bugs.bug import Bug, Found, clean, found, shows_in_histories
from tests.verification.simulator.bugs.catalog import BUGS
from tests.verification.simulator.chances import KINDS, LISTENERS
from tests.verification.simulator.full_client import closed_routes

BATCH = 20  # histories that a worker takes at once
LEAST = 3  # times that each kind of event happens, each listener hears and each deed succeeds
BY_HISTORIES = 40  # bugs that histories find which know no story of them


@dataclass(frozen=True)
class Figures:
    """What one part came to. It holds when nothing is wrong; each line of `wrong` says how to see it again."""

    part: str
    what: str
    facts: dict[str, int]
    wrong: list[str]
    seconds: float
    cpu_seconds: float

    @property
    def holds(self) -> bool:
        return not self.wrong

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"holds": self.holds}


Outcome = tuple[dict[str, int], list[str], float]  # facts, what is wrong, CPU seconds


def run(part: str, amount: int | None = None) -> Figures:
    what, usual, measure = PARTS[part]
    began = time.monotonic()
    facts, wrong, cpu_seconds = measure(amount or usual)
    return Figures(part, what, facts, wrong, round(time.monotonic() - began, 1), round(cpu_seconds, 1))


def fast(histories: int) -> Outcome:
    counts, cpu_seconds = lived(live_fast, histories)
    replay = f"make sim SEED={{seed}} STEPS={STEPS}"
    missed = unreached(counts) if histories >= 1_000 else []
    return facts_of(counts), [*violations(counts, replay), *(f"too seldom: {name}" for name in missed)], cpu_seconds


def full(histories: int) -> Outcome:
    counts, cpu_seconds = lived(live_full, histories)
    replay = f"python -m tests.verification.simulator.full {{seed}} {FULL_STEPS}"
    closed = closed_routes(counts.reached) if histories >= 500 else []
    wrong = [*violations(counts, replay), *(f"never answered: {route}" for route in closed)]
    return facts_of(counts), wrong, cpu_seconds


def planted(amount: int) -> Outcome:
    """Each bug is found by what its entry says and nothing is found without it; each invariant is the only one that
    reports some bug; and histories alone find many."""
    logging.getLogger("satukanal").setLevel(logging.CRITICAL)
    bugs = BUGS[:amount]
    results, cpu_seconds = shared(examined, range(len(bugs)))
    reports = [(bugs[number], seen, without) for number, seen, without, _ in results]
    caught = [bug for bug, seen, without in reports if bug.by in seen.by and not without]
    wrong = [f"not found as it should be: {bug.says}" for bug, _, _ in reports if bug not in caught]
    alone = {bug.by for bug, seen, _ in reports if seen.by & INVARIANTS.keys() == {bug.by}}
    wrong += [f"no bug shows by {name} alone" for name in INVARIANTS if name not in alone and amount >= len(BUGS)]
    by_histories = sum(by for *_, by in results)
    if by_histories < BY_HISTORIES <= amount:
        wrong.append(f"histories alone find {by_histories}")
    facts = {"planted": len(bugs), "found": len(caught), "kinds": len({bug.kind for bug in bugs})}
    return facts | {"found by histories alone": by_histories}, wrong, cpu_seconds


def examined(number: int) -> tuple[int, Found, frozenset[str], bool]:
    bug = BUGS[number]
    seen = found(bug)
    return number, seen, clean(bug, seen.where), shows_in_histories(bug)


PARTS: dict[str, tuple[str, int, Callable[[int], Outcome]]] = {
    "fast": (f"histories × {STEPS} steps on the use cases", 20_000, fast),
    "full": (f"histories × {FULL_STEPS} steps over the full path", 500, full),
    "planted": ("bugs planted in the product", len(BUGS), planted),
}


def unreached(counts: Counts) -> list[str]:
    names = [*KINDS, *LISTENERS, *(deed.__name__ for _, deed in actors.ACTORS)]
    return [name for name in names if counts.reached[name] < LEAST]


def violations(counts: Counts, replay: str) -> list[str]:
    return [f"{words} ({replay.format(seed=seed)})" for seed, words in counts.violations]


def facts_of(counts: Counts) -> dict[str, int]:
    names = ("histories", "steps", "sends", "faults", "commits", "torn")
    return {name: getattr(counts, name) for name in names} | {"violations": len(counts.violations)}


def lived(live: Callable[[Sequence[int]], Counts], histories: int) -> tuple[Counts, float]:
    batches = [range(first, min(first + BATCH, histories)) for first in range(0, histories, BATCH)]
    results, cpu_seconds = shared(live, batches)
    return sum(results, Counts()), cpu_seconds


def shared(do: Callable[[Any], Any], amounts: Sequence[Any]) -> tuple[list[Any], float]:
    """On every core. The processes are new ones, so nothing that a test left behind is in them."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(timed, [do] * len(amounts), amounts))
    return [result for result, _ in results], sum(seconds for _, seconds in results)


def timed(do: Callable[[Any], Any], amount: Any) -> tuple[Any, float]:
    began = time.process_time()
    return do(amount), time.process_time() - began


def all_figures(parts: Sequence[str], amount: int | None) -> Iterator[Figures]:
    for part in parts or PARTS:
        yield run(part, amount)
