"""Simulated histories hold, come everywhere, and a seed tells the same story again.

`make verify` lives ten times as many, each twice as long. Which bugs they find: `test_planted.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

from tests.verification.simulator import deeds_house
from tests.verification.simulator.batch import Counts, live_fast
from tests.verification.simulator.reach import unreached
from tests.verification.simulator.sim import Sim, run

HISTORIES, STEPS = int(os.environ.get("HISTORIES", "2000")), 50
PARTS, WORKERS = 20, 2


def shared(number: int) -> pytest.MarkDecorator:
    """Parts of one worker are lived in one process."""
    return pytest.mark.xdist_group(f"histories {number % WORKERS}")


@cache
def part(number: int) -> Counts:
    return live_fast(range(HISTORIES * number // PARTS, HISTORIES * (number + 1) // PARTS), STEPS)


@pytest.mark.parametrize("number", [pytest.param(number, marks=shared(number)) for number in range(PARTS)])
def test_histories_hold(number: int) -> None:
    counts = part(number)

    assert counts.violations == [], f"make sim SEED={counts.violations[0][0]} STEPS={STEPS}"
    assert counts.histories == HISTORIES // PARTS


def half_of_them() -> Counts:
    return sum((part(number) for number in range(0, PARTS, WORKERS)), Counts())


@shared(0)
def test_every_fourth_send_and_every_fourth_commit_meets_a_fault() -> None:
    counts = half_of_them()

    assert counts.faults >= counts.sends / 4
    assert counts.torn >= counts.commits / 4
    assert counts.torn < counts.felt < counts.faults


@shared(0)
def test_every_kind_of_event_happens_each_listener_hears_and_each_deed_succeeds() -> None:
    counts = half_of_them()

    assert unreached(counts) == []


def test_every_tenth_history_of_full_length_delivers() -> None:
    counts = live_fast(range(100), 2 * STEPS)

    assert counts.reached["WorkDelivered"] >= counts.histories / 10


def test_nobody_changes_a_row_that_was_read() -> None:
    """In memory all who read an item are given the same row, so what one changed another would see."""
    sim = run(5, 2 * STEPS)
    items = [item for name in sim.memory.tables for item in sim.memory.items(name)]
    rows = [(row.serialize(null_check=False), item) for item in items for row in item.rows.values()]

    assert len(rows) > 100
    assert [(row, item) for row, item in rows if any(item[name] != row[name] for name in row.keys() & item)] == []


@pytest.mark.parametrize("sweep", ["expire_due", "expire_unpaid", "escalate"])
def test_a_clock_that_ends_nothing_is_noticed(sweep: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds_house, sweep, lambda: 0)

    assert any(live_fast([seed]).violations for seed in range(60))


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """After other histories, and also where Python orders its sets another way, byte for byte as it is printed."""
    stories = {told(hashing).rpartition("seed 11: ")[0].rstrip() for hashing in ("1", "2")}

    assert stories == {story_of(11)}
    assert story_of(11) != story_of(12)


def story_of(seed: int) -> str:
    sim: Sim = run(seed, 80)
    return sim.told


def told(hashing: str) -> str:
    command = [sys.executable, "-m", "tests.verification.simulator.sim", "11", "80"]
    environment = os.environ | {"PYTHONHASHSEED": hashing}
    return subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
