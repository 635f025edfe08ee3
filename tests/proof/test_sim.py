"""Simulated histories hold, and a seed tells the same story again. Which bugs they find: `test_planted.py`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.proof.batch import HISTORIES, PARTS, STEPS, live_through, part
from tests.proof.sim import Sim, run
from tests.proof.swift import settled_down

TWICE = 100  # histories told twice


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


def test_a_seed_tells_the_same_story_again() -> None:
    with settled_down():
        for seed in range(TWICE):
            assert run(seed, STEPS).told == run(seed, STEPS).told


def test_nobody_changes_a_row_that_he_was_given() -> None:
    """In memory all who read an item are given the same row, so that what one changed another would see."""
    sim = Sim(5)
    with sim.shop():
        sim.live(STEPS)
        items = [item for name in sim.memory.tables for item in sim.memory.items(name)]
        rows = [(row.serialize(null_check=False), item) for item in items for row in item.rows.values()]

    assert len(rows) > 100
    assert [(row, item) for row, item in rows if any(item[name] != row[name] for name in row.keys() & item)] == []


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """Also where Python orders its sets another way, byte for byte as it is printed."""
    stories = {told(hashing) for hashing in ("1", "2")}

    assert len(stories) == 1
    assert b"and everything held" in stories.pop()


def told(hashing: str) -> bytes:
    command = [sys.executable, "-m", "tests.proof.sim", "11", "80"]
    return subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": hashing}, capture_output=True, check=True).stdout
