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
from tests.verification.simulator.batch import (
    FULL_STACK_STEPS,
    HISTORY_STEPS,
    Counts,
    run_fast_histories,
    run_full_stack_histories,
)
from tests.verification.simulator.bugs.bug import Detection, detect, find_violations_without_bug, is_found_by_histories
from tests.verification.simulator.bugs.catalog import BUGS
from tests.verification.simulator.coverage import find_uncovered
from tests.verification.simulator.full_stack_client import find_uncovered_routes
from tests.verification.simulator.jobs import FAST_HISTORIES, FULL_STACK_HISTORIES, JOBS
from tests.verification.simulator.soak import PROGRESS_FILE, load_progress
from tests.verification.simulator.soak import main as soak_for

SOAK_SECONDS = 600
BATCH_SIZE = 20  # histories that a worker takes at once
MIN_FOUND_BY_HISTORIES = 40  # bugs that histories find which know no story of them


def histories() -> Figures:
    counts = run_batches(run_fast_histories, int(os.environ.get("HISTORIES", FAST_HISTORIES)))
    wrong = [
        *describe_violations(counts, JOBS["fast"].replay),
        *(f"happens too seldom: {name}" for name in find_uncovered(counts)),
    ]
    what = f"seeded histories × {HISTORY_STEPS} steps over the use cases"
    goal = f"{FAST_HISTORIES:,}, 0 violations; each event, listener and deed among them"
    return build_figures(
        what, f"{describe_counts(counts)}, {counts.faulted_commits / counts.commits:.0%} of commits", goal, wrong
    )


def full_path() -> Figures:
    counts = run_batches(run_full_stack_histories, int(os.environ.get("FULL_HISTORIES", FULL_STACK_HISTORIES)))
    closed = [f"never gave a good answer: {route}" for route in find_uncovered_routes(counts.occurrences)]
    what = f"seeded histories × {FULL_STACK_STEPS} steps from HTTP event to botocore's wire"
    return build_figures(
        what,
        describe_counts(counts),
        f"{FULL_STACK_HISTORIES:,}, 0 violations; every route",
        [*describe_violations(counts, JOBS["full"].replay), *closed],
    )


def planted_bugs() -> Figures:
    """Each bug is found by what its entry says, and nothing without it; each invariant is the only one that reports
    some bug; and histories find many of which they know no story."""
    results = map_in_processes(examine, range(len(BUGS)))
    caught = {
        bug.description
        for bug, seen in zip(BUGS, results)
        if bug.detected_by in seen.detection.violations and not seen.violations_without_bug
    }
    wrong = [f"not found as it should be: {bug.description}" for bug in BUGS if bug.description not in caught]
    alone = {
        bug.detected_by
        for bug, seen in zip(BUGS, results)
        if seen.detection.violations & INVARIANTS.keys() == {bug.detected_by}
    }
    wrong += [f"no bug shows by {name} alone" for name in INVARIANTS if name not in alone]
    by_histories = sum(seen.is_found_by_histories for seen in results)
    reached = f"{len(caught)} of {len(BUGS)} found; {by_histories} by histories that know no story of them"
    wrong += [reached] if by_histories < MIN_FOUND_BY_HISTORIES else []
    return build_figures("bugs planted in the product", reached, f"all; {MIN_FOUND_BY_HISTORIES}", wrong)


def soak() -> Figures:
    """Seeds that no other part takes; goes on where it stopped, and remembers what it found."""
    soak_for(float(os.environ.get("SECONDS", SOAK_SECONDS)), JOBS)
    done = {name: progress.counts for name, progress in load_progress(PROGRESS_FILE, JOBS).items()}
    reached = ", ".join(f"{name}: {describe_counts(counts)}" for name, counts in done.items())
    wrong = [line for name, counts in done.items() for line in describe_violations(counts, JOBS[name].replay)]
    return build_figures("histories beyond those of the other parts", reached, "0 violations", wrong)


class Examination(NamedTuple):
    detection: Detection
    violations_without_bug: frozenset[str]
    is_found_by_histories: bool


def examine(number: int) -> Examination:
    logging.getLogger("satukanal").setLevel(logging.CRITICAL)
    bug = BUGS[number]
    seen = detect(bug)
    return Examination(seen, find_violations_without_bug(bug, seen.where), is_found_by_histories(bug))


def build_figures(what: str, reached: str, goal: str, wrong: Sequence[str]) -> Figures:
    for line in wrong:
        print(line)
    return Figures(what, reached, goal, holds=not wrong)


def describe_counts(counts: Counts) -> str:
    faulty = f", a fault at {counts.faults / counts.sends:.0%} of sends" if counts.sends else ""
    return f"{counts.histories:,}, {counts.steps:,} steps, {len(counts.violations)} violations{faulty}"


def describe_violations(counts: Counts, replay: str) -> list[str]:
    return [f"{words} ({replay.format(seed=seed)})" for seed, words in counts.violations]


def run_batches(live: Callable[[Sequence[int]], Counts], amount: int) -> Counts:
    batches = [range(first, min(first + BATCH_SIZE, amount)) for first in range(0, amount, BATCH_SIZE)]
    return sum(map_in_processes(live, batches), Counts())


def map_in_processes(do: Callable[[Any], Any], amounts: Sequence[Any]) -> list[Any]:
    """The processes are new ones, so nothing that a test left behind is in them."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(do, amounts))
