"""A planted bug: how it is switched on in the running product and how it is detected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.kit.db import Write
from infra.invariants.check import check_snapshot
from tests.verification.simulator import weighted_actions
from tests.verification.simulator.bugs.scenario_driver import ScenarioDriver
from tests.verification.simulator.bugs.shop import load_initial_tables
from tests.verification.simulator.probabilities import Violation
from tests.verification.simulator.sim import Sim, run_history

STEPS, MAX_HISTORIES = 100, 40  # a bug that none of these histories shows counts as not detected
SAMPLE_HISTORIES = 6  # the first of them detects more than thirty bugs
INVARIANT_CODE = re.compile(r"^([MSONA]\d)\b", re.MULTILINE)
DIFFERENT_ANSWER = "was answered twice, differently"

Scenario = Callable[[ScenarioDriver], None]
Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """`detected_by` is the invariant that reports the bug, or the refusal or expectation that its scenario misses.

    Without a `scenario` simulated histories search for it, beginning with `seed`, which detected it when the bug was
    added.
    """

    description: str
    kind: str
    detected_by: str
    patches: tuple[Patch, ...]
    scenario: Scenario | None = None
    seed: int = 0


@dataclass(frozen=True)
class Detection:
    violations: frozenset[str] = frozenset()
    where: str = ""


def patch_attribute(owner: Any, name: str, wrap: Callable[[Any], Any]) -> Patch:
    """Return a patch that replaces the attribute with `wrap(original)`."""
    return lambda patch: patch.setattr(owner, name, wrap(getattr(owner, name)))


def add_transition(table: dict[str, set[str]], before: str, after: str) -> Patch:
    """Return a patch that allows one more transition."""
    return lambda patch: patch.setitem(table, before, table[before] | {after})


def patch_item(table: dict[str, Any], name: str, replacement: Any) -> Patch:
    return lambda patch: patch.setitem(table, name, replacement)


def replace_with(value: Any) -> Callable[[Any], Any]:
    return lambda original: value


def always_return(value: Any) -> Callable[[Any], Any]:
    return lambda original: lambda *args, **kwargs: value


def drop_conditions(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that builds the same writes without their conditions."""

    def unconditional(*args: Any, **kwargs: Any) -> Any:
        writes = original(*args, **kwargs)
        if isinstance(writes, Write):
            return writes._replace(condition=None)
        return [write._replace(condition=None) for write in writes]

    return unconditional


NO_IDEMPOTENCY = SimpleNamespace(check_repeat=lambda key: None, record_answer=lambda key, answer: None)


@contextmanager
def enable(bug: Bug) -> Iterator[None]:
    load_initial_tables(), weighted_actions.load_initial_tables()  # cached without the bug
    with pytest.MonkeyPatch.context() as patch:
        for apply in bug.patches:
            apply(patch)
        yield


@cache
def detect(bug: Bug) -> Detection:
    """Return what is violated while the bug is on, and in which scenario or history."""
    with enable(bug):
        if bug.scenario is not None:
            return Detection(find_scenario_violations(bug.scenario), bug.scenario.__name__.replace("_", " "))
    return detect_by_histories(bug)


def detect_by_histories(bug: Bug) -> Detection:
    """Return the first history that violates `bug.detected_by`; other violations do not count."""
    with enable(bug):
        for seed in range(bug.seed, bug.seed + MAX_HISTORIES):
            if bug.detected_by in (violations := find_seed_violations(seed)):
                return Detection(violations, f"seed {seed}, {STEPS} steps")
    return Detection()


def is_found_by_histories(bug: Bug) -> bool:
    """Whether any violation shows in histories that do not use the bug's own scenario."""
    with enable(bug):
        return any(find_seed_violations(seed) for seed in range(SAMPLE_HISTORIES))


@cache
def find_violations_without_bug(bug: Bug, where: str) -> frozenset[str]:
    """Return the violations of the same scenario or history while the bug is off."""
    if bug.scenario is not None:
        return _scenario_violations_without_bug(bug.scenario)
    return _seed_violations_without_bug(int(where.split()[1].rstrip(",")))


@cache
def _scenario_violations_without_bug(scenario: Scenario) -> frozenset[str]:
    return find_scenario_violations(scenario)


@cache
def _seed_violations_without_bug(seed: int) -> frozenset[str]:
    return find_seed_violations(seed)


def find_scenario_violations(scenario: Scenario) -> frozenset[str]:
    shop = load_initial_tables()
    with Sim(1).shop() as sim:
        sim.memory.restore(shop)
        driver = ScenarioDriver(sim)
        scenario(driver)
        driver.run_handlers()
        report = check_snapshot(driver.build_snapshot())
        return frozenset(
            {name for name, _ in report.violations} | driver.failed_expectations | driver.find_duplicate_sends()
        )


def find_seed_violations(seed: int) -> frozenset[str]:
    try:
        run_history(seed, STEPS)
    except Violation as violation:
        message = str(violation)
        return frozenset(
            {*INVARIANT_CODE.findall(message)} | ({"O4"} if DIFFERENT_ANSWER in message else set())
        ) or frozenset({"a bug"})
    return frozenset()
