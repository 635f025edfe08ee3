"""The simulators' parts of `make verify`, each on every core.

HISTORIES, FULL_HISTORIES and SECONDS choose other amounts.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import tests.environment  # noqa: F401 - before the first import of the shop
from infra.invariants.check import INVARIANTS
from tests.verification.figures import Figures
from tests.verification.simulator.batch import FULL_STEPS, STEPS, Counts, live_fast, live_full
from tests.verification.simulator.bugs.bug import Found, clean, found, shows_in_histories
from tests.verification.simulator.bugs.catalog import BUGS
from tests.verification.simulator.full_client import closed_routes
from tests.verification.simulator.jobs import FAST, FULL, JOBS
from tests.verification.simulator.reach import unreached
from tests.verification.simulator.soak import KEPT, load
from tests.verification.simulator.soak import main as soak_for

SOAK_SECONDS = 600
BATCH = 20  # histories that a worker takes at once
BY_HISTORIES = 40  # bugs that histories find which know no story of them


def histories() -> Figures:
    counts = lived(live_fast, int(os.environ.get("HISTORIES", FAST)))
    wrong = [*violations(counts, JOBS["fast"].replay), *(f"happens too seldom: {name}" for name in unreached(counts))]
    what = f"seeded histories × {STEPS} steps over the use cases"
    goal = f"{FAST:,}, 0 violations; each event, listener and deed among them"
    return figures(what, f"{told(counts)}, {counts.torn / counts.commits:.0%} of commits", goal, wrong)


def full_path() -> Figures:
    counts = lived(live_full, int(os.environ.get("FULL_HISTORIES", FULL)))
    closed = [f"never gave a good answer: {route}" for route in closed_routes(counts.reached)]
    what = f"seeded histories × {FULL_STEPS} steps from HTTP event to botocore's wire"
    return figures(
        what, told(counts), f"{FULL:,}, 0 violations; every route", [*violations(counts, JOBS["full"].replay), *closed]
    )


def planted_bugs() -> Figures:
    """Each bug is found by what its entry says, and nothing without it; each invariant is the only one that reports
    some bug; and histories find many of which they know no story."""
    results = shared(examined, range(len(BUGS)))
    caught = {bug.says for bug, seen in zip(BUGS, results) if bug.by in seen.found.by and not seen.without}
    wrong = [f"not found as it should be: {bug.says}" for bug in BUGS if bug.says not in caught]
    alone = {bug.by for bug, seen in zip(BUGS, results) if seen.found.by & INVARIANTS.keys() == {bug.by}}
    wrong += [f"no bug shows by {name} alone" for name in INVARIANTS if name not in alone]
    by_histories = sum(seen.in_histories for seen in results)
    reached = f"{len(caught)} of {len(BUGS)} found; {by_histories} by histories that know no story of them"
    wrong += [reached] if by_histories < BY_HISTORIES else []
    return figures("bugs planted in the product", reached, f"all; {BY_HISTORIES}", wrong)


def soak() -> Figures:
    """Seeds that no other part takes; goes on where it stopped, and remembers what it found."""
    soak_for(float(os.environ.get("SECONDS", SOAK_SECONDS)), JOBS)
    done = {name: progress.counts for name, progress in load(KEPT, JOBS).items()}
    reached = ", ".join(f"{name}: {told(counts)}" for name, counts in done.items())
    wrong = [line for name, counts in done.items() for line in violations(counts, JOBS[name].replay)]
    return figures("histories beyond those of the other parts", reached, "0 violations", wrong)


class Examined(NamedTuple):
    found: Found
    without: frozenset[str]
    in_histories: bool


def examined(number: int) -> Examined:
    logging.getLogger("satukanal").setLevel(logging.CRITICAL)
    bug = BUGS[number]
    seen = found(bug)
    return Examined(seen, clean(bug, seen.where), shows_in_histories(bug))


def figures(what: str, reached: str, goal: str, wrong: Sequence[str]) -> Figures:
    for line in wrong:
        print(line)
    return Figures(what, reached, goal, holds=not wrong)


def told(counts: Counts) -> str:
    faulty = f", a fault at {counts.faults / counts.sends:.0%} of sends" if counts.sends else ""
    return f"{counts.histories:,}, {counts.steps:,} steps, {len(counts.violations)} violations{faulty}"


def violations(counts: Counts, replay: str) -> list[str]:
    return [f"{words} ({replay.format(seed=seed)})" for seed, words in counts.violations]


def lived(live: Callable[[Sequence[int]], Counts], amount: int) -> Counts:
    batches = [range(first, min(first + BATCH, amount)) for first in range(0, amount, BATCH)]
    return sum(shared(live, batches), Counts())


def shared(do: Callable[[Any], Any], amounts: Sequence[Any]) -> list[Any]:
    """The processes are new ones, so nothing that a test left behind is in them."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(do, amounts))
