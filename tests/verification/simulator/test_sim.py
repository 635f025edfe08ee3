"""Simulated histories hold, come everywhere, and a seed tells the same story again.

`make verify` lives ten times as many, each twice as long. Which bugs they find: `test_planted.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

from tests.verification.simulator import actions_operations
from tests.verification.simulator.batch import Counts, run_fast_histories
from tests.verification.simulator.coverage import find_uncovered
from tests.verification.simulator.sim import Sim, run_history

HISTORIES, STEPS = int(os.environ.get("HISTORIES", "2000")), 50
PARTS, WORKERS = 20, 2


def same_worker(number: int) -> pytest.MarkDecorator:
    """Parts of one worker are lived in one process."""
    return pytest.mark.xdist_group(f"histories {number % WORKERS}")


@cache
def run_part(number: int) -> Counts:
    return run_fast_histories(range(HISTORIES * number // PARTS, HISTORIES * (number + 1) // PARTS), STEPS)


@pytest.mark.parametrize("number", [pytest.param(number, marks=same_worker(number)) for number in range(PARTS)])
def test_histories_hold(number: int) -> None:
    counts = run_part(number)

    assert counts.violations == [], f"make sim SEED={counts.violations[0][0]} STEPS={STEPS}"
    assert counts.histories == HISTORIES // PARTS


def run_half() -> Counts:
    return sum((run_part(number) for number in range(0, PARTS, WORKERS)), Counts())


@same_worker(0)
def test_every_fourth_send_and_every_fourth_commit_meets_a_fault() -> None:
    counts = run_half()

    assert counts.faults >= counts.sends / 4
    assert counts.faulted_commits >= counts.commits / 4
    assert counts.faulted_commits < counts.visible_faults < counts.faults


@same_worker(0)
def test_every_event_kind_handler_and_action_occurs() -> None:
    counts = run_half()

    assert find_uncovered(counts) == []


def test_every_tenth_history_of_full_length_delivers() -> None:
    counts = run_fast_histories(range(100), 2 * STEPS)

    assert counts.occurrences["WorkDelivered"] >= counts.histories / 10


def test_rows_that_were_read_are_not_changed_in_place() -> None:
    """In memory all who read an item are given the same row, so what one changed another would see."""
    sim = run_history(5, 2 * STEPS)
    items = [item for name in sim.memory.tables for item in sim.memory.items(name)]
    rows = [(row.serialize(null_check=False), item) for item in items for row in item.rows.values()]

    assert len(rows) > 100
    assert [(row, item) for row, item in rows if any(item[name] != row[name] for name in row.keys() & item)] == []


@pytest.mark.parametrize("sweep", ["expire_due", "expire_unpaid", "escalate"])
def test_a_scheduled_job_that_does_nothing_is_noticed(sweep: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions_operations, sweep, lambda: 0)

    assert any(run_fast_histories([seed]).violations for seed in range(60))


def test_a_seed_gives_the_same_trace_in_any_process() -> None:
    """After other histories, and also where Python orders its sets another way, byte for byte as it is printed."""
    stories = {run_in_new_process(hashing).rpartition("seed 11: ")[0].rstrip() for hashing in ("1", "2")}

    assert stories == {trace_of(11)}
    assert trace_of(11) != trace_of(12)


def trace_of(seed: int) -> str:
    sim: Sim = run_history(seed, 80)
    return sim.trace_text


def run_in_new_process(hashing: str) -> str:
    command = [sys.executable, "-m", "tests.verification.simulator.sim", "11", "80"]
    environment = os.environ | {"PYTHONHASHSEED": hashing}
    return subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
