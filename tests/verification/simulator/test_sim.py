"""Simulated histories violate nothing, cover every action, and are reproducible by their seed.

`make verify` runs ten times as many, each twice as long. `test_planted_bugs.py` shows which bugs they detect.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.verification.simulator import actions_operations
from tests.verification.simulator.batch import run_fast_histories
from tests.verification.simulator.coverage import find_uncovered
from tests.verification.simulator.sim import Sim, run_history

HISTORIES, STEPS = int(os.environ.get("HISTORIES", "2000")), 50


@pytest.mark.parametrize("half", [0, 1])
def test_histories_hold_and_contain_every_event_handler_and_action_and_enough_faults(half: int) -> None:
    """One test for all, because a second one would have to run the histories again."""
    counts = run_fast_histories(range(half, HISTORIES, 2), STEPS)

    assert counts.violations == [], f"make sim SEED={counts.violations[0][0]} STEPS={STEPS}"
    assert counts.histories == HISTORIES // 2
    assert find_uncovered(counts) == []
    assert counts.faults >= counts.sends / 4
    assert counts.faulted_commits >= counts.commits / 4
    assert counts.faulted_commits < counts.visible_faults < counts.faults


def test_every_tenth_history_of_full_length_delivers_an_order() -> None:
    counts = run_fast_histories(range(100), 2 * STEPS)

    assert counts.occurrences["WorkDelivered"] >= counts.histories / 10


def test_rows_that_were_read_are_not_changed_in_place() -> None:
    """The in-memory engine gives all readers the same row, so a change in place would affect the others."""
    sim = run_history(5, 2 * STEPS)
    items = [item for name in sim.memory.tables for item in sim.memory.items(name)]
    rows = [(row.serialize(null_check=False), item) for item in items for row in item.rows.values()]

    assert len(rows) > 100
    assert [(row, item) for row, item in rows if any(item[name] != row[name] for name in row.keys() & item)] == []


@pytest.mark.parametrize("job", ["expire_due", "expire_unpaid", "escalate"])
def test_a_scheduled_job_that_does_nothing_is_noticed(job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions_operations, job, lambda: 0)

    assert any(run_fast_histories([seed]).violations for seed in range(60))


def test_a_seed_gives_the_same_trace_in_any_process() -> None:
    """Neither earlier histories nor Python's hash seed, which orders sets, change the printed trace."""
    traces = {run_in_new_process(hash_seed).rpartition("seed 11: ")[0].rstrip() for hash_seed in ("1", "2")}

    assert traces == {trace_of(11)}
    assert trace_of(11) != trace_of(12)


def trace_of(seed: int) -> str:
    sim: Sim = run_history(seed, 80)
    return sim.trace_text


def run_in_new_process(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.verification.simulator.sim", "11", "80"]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
