"""Simulated histories hold, and a seed tells the same story again. Which bugs they find: `test_planted.py`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.verification.simulator import deeds_house
from tests.verification.simulator.batch import HISTORIES, PARTS, STEPS, live_through, part, sibling
from tests.verification.simulator.sim import FAMILY, TOGETHER, Sim, run
from tests.verification.simulator.swift import settled_down

TWICE = 40  # histories told three times


@pytest.mark.parametrize("number", range(PARTS))
def test_histories_hold_and_every_fourth_send_and_every_fourth_commit_meets_a_fault(number: int) -> None:
    counts = live_through(part(number))

    assert counts.violations == [], f"make sim SEED={counts.violations[0][0]} STEPS={STEPS}"
    assert counts.histories == len(part(number))
    assert counts.faults >= counts.sends / 4
    assert counts.torn >= counts.commits / 4
    assert counts.torn < counts.felt < counts.faults


def test_the_parts_together_are_every_seed_once() -> None:
    assert [seed for number in range(PARTS) for seed in part(number)] == list(range(HISTORIES))


def test_a_seed_tells_the_same_story_alone_and_among_its_siblings() -> None:
    """Whatever came before it in this process."""
    with settled_down():
        for seed in range(TWICE):
            eldest = begun(seed // FAMILY * FAMILY)
            assert ended(sibling(eldest, seed)) == ended(begun(seed)) == run(seed, STEPS).told


def begun(seed: int) -> Sim:
    sim = Sim(seed)
    with sim.shop():
        sim.begin(STEPS)
    return sim


def ended(sim: Sim) -> str:
    with sim.shop():
        return sim.end(STEPS).told


def test_siblings_part() -> None:
    stories = [run(seed, STEPS).told.split("\n") for seed in range(FAMILY)]

    assert len({"\n".join(story[:TOGETHER]) for story in stories}) == 1
    assert len({"\n".join(story) for story in stories}) == FAMILY


def test_what_siblings_share_is_lived_and_counted_once() -> None:
    shared = begun(0).steps
    alone = [run(seed, STEPS).steps for seed in range(FAMILY)]

    counts = live_through(range(FAMILY))

    assert TOGETHER <= shared < min(alone)
    assert (counts.histories, counts.steps) == (FAMILY, shared + sum(each - shared for each in alone))


def test_nobody_changes_a_row_that_he_was_given() -> None:
    """In memory all who read an item are given the same row, so that what one changed another would see."""
    sim = Sim(5)
    with sim.shop():
        sim.live(STEPS)
        items = [item for name in sim.memory.tables for item in sim.memory.items(name)]
        rows = [(row.serialize(null_check=False), item) for item in items for row in item.rows.values()]

    assert len(rows) > 100
    assert [(row, item) for row, item in rows if any(item[name] != row[name] for name in row.keys() & item)] == []


@pytest.mark.parametrize("sweep", ["expire_due", "expire_unpaid", "escalate"])
def test_a_clock_that_ends_nothing_is_noticed(sweep: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds_house, sweep, lambda: 0)

    assert live_through(range(60)).violations


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """Also where Python orders its sets another way, byte for byte as it is printed."""
    stories = {told(hashing) for hashing in ("1", "2")}

    assert len(stories) == 1
    assert b"and everything held" in stories.pop()


def told(hashing: str) -> bytes:
    command = [sys.executable, "-m", "tests.verification.simulator.sim", "11", "80"]
    return subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": hashing}, capture_output=True, check=True).stdout
