"""What a planted bug is, how it is sown into the running shop, and how it is looked for."""

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

STEPS, MAX_HISTORIES = 100, 40  # a bug that no history of so many shows is not found
SAMPLE_HISTORIES = 6  # histories; the first finds more than thirty of them
INVARIANT_CODE = re.compile(r"^([MSONA]\d)\b", re.MULTILINE)
DIFFERENT_ANSWER = "was answered twice, differently"

Scenario = Callable[[ScenarioDriver], None]
Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """`by` is the invariant that reports it, or the refusal or promise that its story misses. Without a `story`
    simulated histories look for it, from `seed` on, which was the first to find it when it was written down."""

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


def patch_attribute(owner: Any, name: str, how: Callable[[Any], Any]) -> Patch:
    """`how` is given what stands there and answers with what stands there while the bug is on."""
    return lambda patch: patch.setattr(owner, name, how(getattr(owner, name)))


def add_transition(table: dict[str, set[str]], before: str, after: str) -> Patch:
    """One step more than the table of states allows."""
    return lambda patch: patch.setitem(table, before, table[before] | {after})


def patch_item(table: dict[str, Any], name: str, instead: Any) -> Patch:
    return lambda patch: patch.setitem(table, name, instead)


def replace_with(what: Any) -> Callable[[Any], Any]:
    return lambda was: what


def always_return(value: Any) -> Callable[[Any], Any]:
    return lambda was: lambda *args, **kwargs: value


def drop_conditions(was: Callable[..., Any]) -> Callable[..., Any]:
    """The same writes, whatever stands in their way."""

    def freely(*args: Any, **kwargs: Any) -> Any:
        made = was(*args, **kwargs)
        if isinstance(made, Write):
            return made._replace(condition=None)
        return [each._replace(condition=None) for each in made]

    return freely


NO_IDEMPOTENCY = SimpleNamespace(check_repeat=lambda key: None, record_answer=lambda key, answer: None)


@contextmanager
def enable(bug: Bug) -> Iterator[None]:
    load_initial_tables(), weighted_actions.load_initial_tables()  # the shops stand before the bug is sown
    with pytest.MonkeyPatch.context() as patch:
        for each in bug.patches:
            each(patch)
        yield


@cache
def detect(bug: Bug) -> Detection:
    """What is seen of it while it is on."""
    with enable(bug):
        if bug.scenario is not None:
            return Detection(find_scenario_violations(bug.scenario), bug.scenario.__name__.replace("_", " "))
    return detect_by_histories(bug)


def detect_by_histories(bug: Bug) -> Detection:
    """A bug may show in several ways; the one its entry names is looked for."""
    with enable(bug):
        for seed in range(bug.seed, bug.seed + MAX_HISTORIES):
            if bug.detected_by in (seen := find_seed_violations(seed)):
                return Detection(seen, f"seed {seed}, {STEPS} steps")
    return Detection()


def is_found_by_histories(bug: Bug) -> bool:
    """In any way, in histories that know no story of it and show nothing without it."""
    with enable(bug):
        return any(find_seed_violations(seed) for seed in range(SAMPLE_HISTORIES))


@cache
def find_violations_without_bug(bug: Bug, where: str) -> frozenset[str]:
    """What is seen in the very same place while it is off."""
    if bug.scenario is not None:
        return _scenario_violations_without_bug(bug.scenario)
    return _seed_violations_without_bug(int(where.split()[1].rstrip(",")))


@cache
def _scenario_violations_without_bug(story: Scenario) -> frozenset[str]:
    return find_scenario_violations(story)


@cache
def _seed_violations_without_bug(seed: int) -> frozenset[str]:
    return find_seed_violations(seed)


def find_scenario_violations(story: Scenario) -> frozenset[str]:
    shop = load_initial_tables()
    with Sim(1).shop() as sim:
        sim.memory.restore(shop)
        scene = ScenarioDriver(sim)
        story(scene)
        scene.run_handlers()
        report = check_snapshot(scene.world())
        return frozenset(
            {name for name, _ in report.violations} | scene.failed_expectations | scene.find_duplicate_sends()
        )


def find_seed_violations(seed: int) -> frozenset[str]:
    try:
        run_history(seed, STEPS)
    except Violation as wrong:
        told = str(wrong)
        return frozenset(
            {*INVARIANT_CODE.findall(told)} | ({"O4"} if DIFFERENT_ANSWER in told else set())
        ) or frozenset({"a bug"})
    return frozenset()
