"""The simulators' parts of `make verify`, each on every core.

The variables HISTORIES, FULL_HISTORIES and SECONDS override the amounts.
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
BATCH_SIZE = 20  # histories per task of a worker
MIN_FOUND_BY_HISTORIES = 40  # bugs that histories detect without the scenario


def histories() -> Figures:
    counts = run_batches(run_fast_histories, int(os.environ.get("HISTORIES", FAST_HISTORIES)))
    problems = [
        *describe_violations(counts, JOBS["fast"].replay),
        *(f"occurs too rarely: {name}" for name in find_uncovered(counts)),
    ]
    title = f"seeded histories × {HISTORY_STEPS} steps over the use cases"
    goal = f"{FAST_HISTORIES:,}, 0 violations; each event, handler and action occurs"
    return build_figures(
        title, f"{describe_counts(counts)}, {counts.faulted_commits / counts.commits:.0%} of commits", goal, problems
    )


def full_path() -> Figures:
    counts = run_batches(run_full_stack_histories, int(os.environ.get("FULL_HISTORIES", FULL_STACK_HISTORIES)))
    uncovered = [f"no successful response: {route}" for route in find_uncovered_routes(counts.occurrences)]
    title = f"seeded histories × {FULL_STACK_STEPS} steps from HTTP event to botocore's wire"
    return build_figures(
        title,
        describe_counts(counts),
        f"{FULL_STACK_HISTORIES:,}, 0 violations; every route",
        [*describe_violations(counts, JOBS["full"].replay), *uncovered],
    )


def planted_bugs() -> Figures:
    """Check that each bug is detected as its entry names, and that nothing is reported without it.

    Each invariant must be the only one that reports some bug, and histories must detect many bugs without a scenario.
    """
    results = map_in_processes(examine, range(len(BUGS)))
    detected = {
        bug.description
        for bug, examination in zip(BUGS, results)
        if bug.detected_by in examination.detection.violations and not examination.violations_without_bug
    }
    problems = [f"not detected: {bug.description}" for bug in BUGS if bug.description not in detected]
    sole_invariants = {
        bug.detected_by
        for bug, examination in zip(BUGS, results)
        if examination.detection.violations & INVARIANTS.keys() == {bug.detected_by}
    }
    problems += [f"no bug is detected by {name} alone" for name in INVARIANTS if name not in sole_invariants]
    by_histories = sum(examination.is_found_by_histories for examination in results)
    reached = f"{len(detected)} of {len(BUGS)} found; {by_histories} by histories without their scenario"
    problems += [reached] if by_histories < MIN_FOUND_BY_HISTORIES else []
    return build_figures("bugs planted in the product", reached, f"all; {MIN_FOUND_BY_HISTORIES}", problems)


def soak() -> Figures:
    """Run seeds that no other part runs. Continues the earlier progress and reports all violations so far."""
    soak_for(float(os.environ.get("SECONDS", SOAK_SECONDS)), JOBS)
    counts_by_job = {name: progress.counts for name, progress in load_progress(PROGRESS_FILE, JOBS).items()}
    reached = ", ".join(f"{name}: {describe_counts(counts)}" for name, counts in counts_by_job.items())
    problems = [
        line for name, counts in counts_by_job.items() for line in describe_violations(counts, JOBS[name].replay)
    ]
    return build_figures("histories beyond those of the other parts", reached, "0 violations", problems)


class Examination(NamedTuple):
    detection: Detection
    violations_without_bug: frozenset[str]
    is_found_by_histories: bool


def examine(number: int) -> Examination:
    logging.getLogger("satukanal").setLevel(logging.CRITICAL)
    bug = BUGS[number]
    detection = detect(bug)
    return Examination(detection, find_violations_without_bug(bug, detection.where), is_found_by_histories(bug))


def build_figures(title: str, reached: str, goal: str, problems: Sequence[str]) -> Figures:
    for line in problems:
        print(line)
    return Figures(title, reached, goal, holds=not problems)


def describe_counts(counts: Counts) -> str:
    faults = f", a fault at {counts.faults / counts.sends:.0%} of sends" if counts.sends else ""
    return f"{counts.histories:,}, {counts.steps:,} steps, {len(counts.violations)} violations{faults}"


def describe_violations(counts: Counts, replay: str) -> list[str]:
    return [f"{message} ({replay.format(seed=seed)})" for seed, message in counts.violations]


def run_batches(run_histories: Callable[[Sequence[int]], Counts], amount: int) -> Counts:
    batches = [range(first, min(first + BATCH_SIZE, amount)) for first in range(0, amount, BATCH_SIZE)]
    return sum(map_in_processes(run_histories, batches), Counts())


def map_in_processes(function: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
    """Map over new processes, which share no state with earlier tests."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(function, arguments))
