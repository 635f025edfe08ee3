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
from infra.invariants.check import judge
from tests.verification.simulator import actors
from tests.verification.simulator.bugs.scene import Scene
from tests.verification.simulator.bugs.shop import opened
from tests.verification.simulator.chances import Wrong
from tests.verification.simulator.sim import Sim, run

STEPS, HISTORIES = 100, 40  # a bug that no history of so many shows is not found
FEW = 6  # histories; the first finds more than thirty of them
NAMED = re.compile(r"^([MSONA]\d)\b", re.MULTILINE)
DIFFERENTLY = "was answered twice, differently"

Story = Callable[[Scene], None]
Swap = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """`by` is the invariant that reports it, or the refusal or promise that its story misses. Without a `story`
    simulated histories look for it, from `seed` on, which was the first to find it when it was written down."""

    says: str
    kind: str
    by: str
    sown: tuple[Swap, ...]
    story: Story | None = None
    seed: int = 0


@dataclass(frozen=True)
class Found:
    by: frozenset[str] = frozenset()
    where: str = ""


def swap(owner: Any, name: str, how: Callable[[Any], Any]) -> Swap:
    """`how` is given what stands there and answers with what stands there while the bug is on."""
    return lambda patch: patch.setattr(owner, name, how(getattr(owner, name)))


def edge(table: dict[str, set[str]], before: str, after: str) -> Swap:
    """One step more than the table of states allows."""
    return lambda patch: patch.setitem(table, before, table[before] | {after})


def entry(table: dict[str, Any], name: str, instead: Any) -> Swap:
    return lambda patch: patch.setitem(table, name, instead)


def instead(what: Any) -> Callable[[Any], Any]:
    return lambda was: what


def answers(value: Any) -> Callable[[Any], Any]:
    return lambda was: lambda *args, **kwargs: value


def unconditional(was: Callable[..., Any]) -> Callable[..., Any]:
    """The same writes, whatever stands in their way."""

    def freely(*args: Any, **kwargs: Any) -> Any:
        made = was(*args, **kwargs)
        if isinstance(made, Write):
            return made._replace(condition=None)
        return [each._replace(condition=None) for each in made]

    return freely


FORGETFUL = SimpleNamespace(look_up=lambda asked: None, remember=lambda asked, answer: None)


@contextmanager
def switched_on(bug: Bug) -> Iterator[None]:
    opened(), actors.opened()  # the shops stand before the bug is sown
    with pytest.MonkeyPatch.context() as patch:
        for each in bug.sown:
            each(patch)
        yield


@cache
def found(bug: Bug) -> Found:
    """What is seen of it while it is on."""
    with switched_on(bug):
        if bug.story is not None:
            return Found(seen_in(bug.story), bug.story.__name__.replace("_", " "))
    return found_by_histories(bug)


def found_by_histories(bug: Bug) -> Found:
    """A bug may show in several ways; the one its entry names is looked for."""
    with switched_on(bug):
        for seed in range(bug.seed, bug.seed + HISTORIES):
            if bug.by in (seen := seen_by(seed)):
                return Found(seen, f"seed {seed}, {STEPS} steps")
    return Found()


def shows_in_histories(bug: Bug) -> bool:
    """In any way, in histories that know no story of it and show nothing without it."""
    with switched_on(bug):
        return any(seen_by(seed) for seed in range(FEW))


@cache
def clean(bug: Bug, where: str) -> frozenset[str]:
    """What is seen in the very same place while it is off."""
    if bug.story is not None:
        return seen_untouched(bug.story)
    return seed_untouched(int(where.split()[1].rstrip(",")))


@cache
def seen_untouched(story: Story) -> frozenset[str]:
    return seen_in(story)


@cache
def seed_untouched(seed: int) -> frozenset[str]:
    return seen_by(seed)


def seen_in(story: Story) -> frozenset[str]:
    shop = opened()
    with Sim(1).shop() as sim:
        sim.memory.put_back(shop)
        scene = Scene(sim)
        story(scene)
        scene.all_hear()
        report = judge(scene.world())
        return frozenset({name for name, _ in report.violated} | scene.missed | scene.told_twice())


def seen_by(seed: int) -> frozenset[str]:
    try:
        run(seed, STEPS)
    except Wrong as wrong:
        told = str(wrong)
        return frozenset({*NAMED.findall(told)} | ({"O4"} if DIFFERENTLY in told else set())) or frozenset({"a bug"})
    return frozenset()
