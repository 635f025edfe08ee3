"""A soak resumes where it stopped, stores its violations, and counts each seed once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.verification.simulator.batch import Counts, run_fast_histories
from tests.verification.simulator.bugs.bug import enable
from tests.verification.simulator.bugs.catalog import BUGS
from tests.verification.simulator.jobs import FAST_HISTORIES, JOBS, Job
from tests.verification.simulator.soak import ProgressPrinter, Soak


def fake_histories(seeds: Sequence[int]) -> Counts:
    """Return counts with one violation, at seed 12."""
    violations = [(seed, "S2: below zero") for seed in seeds if seed == 12]
    return Counts(len(seeds), 10 * len(seeds), 8 * len(seeds), 2 * len(seeds), violations)


def a_job(run: Callable[[Sequence[int]], Counts] = fake_histories, share: float = 1.0) -> Job:
    return Job(run, first_seed=10, batch_size=2, share=share, goal=100, replay="make sim SEED={seed}")


def run_soak(file: Path, batches: int, lines: list[str], **jobs: Job) -> Soak:
    stops = iter([False] * batches)
    with ThreadPoolExecutor(1) as pool:
        soak = Soak(file, jobs or {"fast": a_job()}, pool, 1, lines.append)
        soak.run(lambda: next(stops, True))
    return soak


def test_a_soak_resumes_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "soak.json"

    run_soak(file, 2, [])
    run_soak(file, 3, [])

    progress = json.loads(file.read_text())["fast"]
    assert (progress["next"], progress["counts"]["histories"], progress["counts"]["steps"]) == (20, 10, 100)
    assert (progress["counts"]["sends"], progress["counts"]["faults"]) == (80, 20)
    assert list(tmp_path.iterdir()) == [file]


def test_a_violation_is_printed_with_its_replay_command_and_stops_nothing(tmp_path: Path) -> None:
    lines: list[str] = []

    soak = run_soak(tmp_path / "soak.json", 4, lines)

    assert lines == ["fast, seed 12: S2: below zero\n  make sim SEED=12"]
    assert (soak.violations, soak.progress["fast"].counts.histories) == (1, 8)
    assert run_soak(tmp_path / "soak.json", 0, []).violations == 1  # from the file


class ReversedExecutor(Executor):
    """An executor that finishes the last submitted task first."""

    def __init__(self) -> None:
        self.submitted: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.submitted.append((future, lambda: function(*args, **kwargs)))
        if len(self.submitted) == 2:
            for pending, run in reversed(self.submitted):
                pending.set_result(run())
            self.submitted.clear()
        return future


def test_a_batch_finished_early_is_recorded_in_order(tmp_path: Path) -> None:
    soak = Soak(tmp_path / "soak.json", {"fast": a_job()}, ReversedExecutor(), 2)

    soak.record_batch("fast", 12, fake_histories([12, 13]), 1.0)
    assert (soak.progress["fast"].next_seed, soak.progress["fast"].counts.histories) == (10, 0)

    soak.record_batch("fast", 10, fake_histories([10, 11]), 1.0)
    assert (soak.progress["fast"].next_seed, soak.progress["fast"].counts.histories) == (14, 4)


def test_no_seed_is_left_out_or_counted_twice_on_two_workers(tmp_path: Path) -> None:
    seeds_run: list[int] = []
    stops = iter([False] * 6)

    def record_histories(seeds: Sequence[int]) -> Counts:
        seeds_run.extend(seeds)
        return fake_histories(seeds)

    soak = Soak(tmp_path / "soak.json", {"fast": a_job(record_histories)}, ReversedExecutor(), 2, lambda line: None)
    soak.run(lambda: next(stops, True))

    assert sorted(seeds_run) == list(range(10, 22))
    assert (soak.progress["fast"].next_seed, soak.progress["fast"].counts.histories) == (22, 12)


def test_each_job_gets_its_share_of_the_time(tmp_path: Path) -> None:
    soak = Soak(tmp_path / "soak.json", {"fast": a_job(share=0.75), "full": a_job(share=0.25)}, ReversedExecutor(), 1)

    names = []
    for _ in range(40):
        name, first = soak.next_batch()
        names.append(name)
        soak.record_batch(name, first, fake_histories([first, first + 1]), 1.0)

    assert (names.count("fast"), names.count("full")) == (30, 10)


def test_progress_of_other_jobs_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "soak.json"
    run_soak(file, 2, [], full=a_job())

    run_soak(file, 1, [])

    assert {name: progress["next"] for name, progress in json.loads(file.read_text()).items()} == {
        "full": 14,
        "fast": 12,
    }


def test_a_log_gets_a_complete_line_per_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soak = run_soak(tmp_path / "soak.json", 4, [])
    printer = ProgressPrinter()

    printer(soak)
    printer(soak)

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("fast 8 of 100, 80 steps, 25% of 64 sends faulty | ")
    assert line.endswith(" a second, 1 violations")


def test_a_failing_history_is_counted_with_its_seed() -> None:
    bug = next(bug for bug in BUGS if bug.scenario is None and bug.detected_by == "M6")

    with enable(bug):
        counts = run_fast_histories(range(20))

    assert counts.histories == 20
    assert any(message.startswith(bug.detected_by) for _, message in counts.violations)


def test_the_command_runs_histories_in_separate_processes_and_ends_in_time(tmp_path: Path) -> None:
    """With the time over at once, the batches that were started are finished."""
    environment = os.environ | {"FOR": "0.001", "ONLY": "fast", "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", "tests.verification.simulator.soak"]
    output = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    progress = json.loads((tmp_path / ".local/soak.json").read_text())["fast"]
    histories = (os.cpu_count() or 1) * JOBS["fast"].batch_size
    assert "of 1,000,000, " in output
    assert (progress["next"], progress["counts"]["histories"], progress["counts"]["violations"]) == (
        FAST_HISTORIES + histories,
        histories,
        [],
    )
