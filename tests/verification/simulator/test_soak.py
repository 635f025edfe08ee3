"""Soak goes on where it stopped, keeps what it found, and counts each seed once."""

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

from tests.verification.simulator.batch import Counts, live_fast
from tests.verification.simulator.bugs.bug import switched_on
from tests.verification.simulator.bugs.catalog import BUGS
from tests.verification.simulator.jobs import FAST, JOBS, Job
from tests.verification.simulator.soak import Soak, Teller


def lived(seeds: Sequence[int]) -> Counts:
    """Seed 12 goes wrong."""
    wrong = [(seed, "S2: below nothing") for seed in seeds if seed == 12]
    return Counts(len(seeds), 10 * len(seeds), 8 * len(seeds), 2 * len(seeds), wrong)


def a_job(run: Callable[[Sequence[int]], Counts] = lived, share: float = 1.0) -> Job:
    return Job(run, first=10, batch=2, share=share, goal=100, replay="make sim SEED={seed}")


def soaked(kept: Path, batches: int, told: list[str], **jobs: Job) -> Soak:
    left = iter([False] * batches)
    with ThreadPoolExecutor(1) as pool:
        soak = Soak(kept, jobs or {"fast": a_job()}, pool, 1, told.append)
        soak.go_on(lambda: next(left, True))
    return soak


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    kept = tmp_path / "soak.json"

    soaked(kept, 2, [])
    soaked(kept, 3, [])

    found = json.loads(kept.read_text())["fast"]
    assert (found["next"], found["counts"]["histories"], found["counts"]["steps"]) == (20, 10, 100)
    assert (found["counts"]["sends"], found["counts"]["faults"]) == (80, 20)
    assert list(tmp_path.iterdir()) == [kept]


def test_a_violation_is_told_with_its_replay_and_stops_nothing(tmp_path: Path) -> None:
    told: list[str] = []

    soak = soaked(tmp_path / "soak.json", 4, told)

    assert told == ["fast, seed 12: S2: below nothing\n  make sim SEED=12"]
    assert (soak.violations, soak.progress["fast"].counts.histories) == (1, 8)
    assert soaked(tmp_path / "soak.json", 0, []).violations == 1  # remembered


class Backwards(Executor):
    """Gives back what was handed in last first."""

    def __init__(self) -> None:
        self.handed: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, deed: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.handed.append((future, lambda: deed(*args, **kwargs)))
        if len(self.handed) == 2:
            for waiting, run in reversed(self.handed):
                waiting.set_result(run())
            self.handed.clear()
        return future


def test_what_comes_back_before_its_turn_is_kept_once_its_turn_has_come(tmp_path: Path) -> None:
    soak = Soak(tmp_path / "soak.json", {"fast": a_job()}, Backwards(), 2)

    soak.take("fast", 12, lived([12, 13]), 1.0)
    assert (soak.progress["fast"].next, soak.progress["fast"].counts.histories) == (10, 0)

    soak.take("fast", 10, lived([10, 11]), 1.0)
    assert (soak.progress["fast"].next, soak.progress["fast"].counts.histories) == (14, 4)


def test_no_seed_is_left_out_or_counted_twice_on_two_workers(tmp_path: Path) -> None:
    seen: list[int] = []
    left = iter([False] * 6)

    def watched(seeds: Sequence[int]) -> Counts:
        seen.extend(seeds)
        return lived(seeds)

    soak = Soak(tmp_path / "soak.json", {"fast": a_job(watched)}, Backwards(), 2, lambda words: None)
    soak.go_on(lambda: next(left, True))

    assert sorted(seen) == list(range(10, 22))
    assert (soak.progress["fast"].next, soak.progress["fast"].counts.histories) == (22, 12)


def test_each_job_gets_its_share_of_the_time(tmp_path: Path) -> None:
    soak = Soak(tmp_path / "soak.json", {"fast": a_job(share=0.75), "full": a_job(share=0.25)}, Backwards(), 1)

    given = []
    for _ in range(40):
        name, first = soak.next_batch()
        given.append(name)
        soak.take(name, first, lived([first, first + 1]), 1.0)

    assert (given.count("fast"), given.count("full")) == (30, 10)


def test_what_another_job_reached_stays(tmp_path: Path) -> None:
    kept = tmp_path / "soak.json"
    soaked(kept, 2, [], full=a_job())

    soaked(kept, 1, [])

    assert {name: said["next"] for name, said in json.loads(kept.read_text()).items()} == {"full": 14, "fast": 12}


def test_a_log_gets_a_line_now_and_then_and_every_figure_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soak = soaked(tmp_path / "soak.json", 4, [])
    teller = Teller()

    teller(soak)
    teller(soak)

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("fast 8 of 100, 80 steps, 25% of 64 sends faulty | ")
    assert line.endswith(" a second, 1 wrong")


def test_a_history_that_goes_wrong_is_counted_with_its_seed() -> None:
    bug = next(bug for bug in BUGS if bug.story is None and bug.by == "M6")

    with switched_on(bug):
        counts = live_fast(range(20))

    assert counts.histories == 20
    assert any(words.startswith(bug.by) for _, words in counts.violations)


def test_the_command_lives_real_histories_in_processes_of_their_own_and_ends_in_time(tmp_path: Path) -> None:
    """Whose time is over at once does what it has begun."""
    environment = os.environ | {"FOR": "0.001", "ONLY": "fast", "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", "tests.verification.simulator.soak"]
    said = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    kept = json.loads((tmp_path / ".local/soak.json").read_text())["fast"]
    lived = (os.cpu_count() or 1) * JOBS["fast"].batch
    assert "of 1,000,000, " in said
    assert (kept["next"], kept["counts"]["histories"], kept["counts"]["violations"]) == (FAST + lived, lived, [])
