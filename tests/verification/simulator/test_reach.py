"""Fast histories come everywhere: each kind of event happens in them, each listener hears, each deed succeeds."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from chalicelib.kit.events import Event
from chalicelib.notify import events as notify
from chalicelib.orders import events as orders
from chalicelib.payments import events as payments
from chalicelib.reporting import events as reporting
from tests.verification.simulator import actors, swift
from tests.verification.simulator.batch import STEPS
from tests.verification.simulator.chances import LISTENERS
from tests.verification.simulator.sim import Sim, Step

pytestmark = pytest.mark.xdist_group("reach")  # lived through once

SEEDS, LEAST = range(360), 3
KINDS = sorted(name for name, kind in Event.kinds.items() if kind.__module__.startswith("chalicelib."))
HEARD = {"notify": notify, "orders": orders, "the ledger": payments, "the recap": reporting}


@cache
def lived() -> tuple[Counter[str], Counter[str], Counter[str]]:
    """How often each kind of event happened, each listener heard, and each deed was not refused."""
    kinds, heard, done = Counter[str](), Counter[str](), Counter[str]()
    with swift.settled_down():
        for seed in SEEDS:
            sim = Sim(seed)
            with sim.shop():
                sim.live(STEPS)
            kinds.update(item["kind"]["S"] for item in sim.memory.stream)
            steps = [step for step in sim.story if isinstance(step, Step) and not step.outcome.startswith("no, ")]
            done.update(step.deed.__name__ for step in steps)
            heard.update(step.outcome.partition(" hears ")[0] for step in steps if " hears " in step.outcome)
    return kinds, heard, done


def test_every_kind_of_event_happens() -> None:
    kinds, _, _ = lived()

    assert [(kind, kinds[kind]) for kind in KINDS if kinds[kind] < LEAST] == []


def test_work_is_delivered_in_every_tenth_of_them() -> None:
    kinds, _, _ = lived()

    assert kinds["WorkDelivered"] >= len(SEEDS) / 10


def test_every_listener_hears() -> None:
    _, heard, _ = lived()

    assert {listener: heard[listener] for listener in LISTENERS if heard[listener] < LEAST} == {}


@pytest.mark.parametrize("listener", HEARD)
def test_a_listener_hears_in_histories_what_it_hears_from_its_topics(listener: str) -> None:
    assert set(LISTENERS[listener][0]) == HEARD[listener].HEARS


def test_every_deed_is_done() -> None:
    _, _, done = lived()

    assert [deed.__name__ for _, deed in actors.ACTORS if done[deed.__name__] < LEAST] == []
