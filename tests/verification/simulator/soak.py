"""`python -m tests.verification.simulator.soak`: histories without end, on every core, until Ctrl-C or for FOR=seconds.

It goes on later where it stopped, which is kept in `.local/soak.json`. A history that goes wrong is told with the
command that replays it and stops nothing; the exit code is 1 if there was ever any. ONLY=fast,full chooses jobs.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.verification.simulator.batch import Counts
from tests.verification.simulator.jobs import JOBS, Job

KEPT = Path(".local/soak.json")
A_LINE_EVERY = 60.0  # seconds, where nobody looks at a terminal
Say = Callable[[str], None]


@dataclass
class Progress:
    """Of one job: every seed before `next` is in `counts`, and no other."""

    next: int
    cpu_seconds: float = 0.0
    counts: Counts = field(default_factory=Counts)

    def to_json(self) -> dict[str, Any]:
        return vars(self) | {"counts": self.counts.to_json()}


@dataclass
class Soak:
    kept: Path
    jobs: Mapping[str, Job]
    pool: Executor
    workers: int
    say: Say = print

    def __post_init__(self) -> None:
        self.progress = load(self.kept, self.jobs)
        self.given = {name: progress.next for name, progress in self.progress.items()}
        self.spent = {name: progress.cpu_seconds for name, progress in self.progress.items()}
        self.done: dict[tuple[str, int], tuple[Counts, float]] = {}  # came back before those given out earlier
        self.here = Counts()
        self.began = time.monotonic()

    def go_on(self, until: Callable[[], bool], tell: Callable[[Soak], None] = lambda soak: None) -> None:
        """`until` is asked before each batch; those under way then are waited for and kept."""
        out: dict[Future[tuple[Counts, float]], tuple[str, int]] = {}
        while True:
            while len(out) < self.workers and not until():
                name, first = self.next_batch()
                out[self.pool.submit(timed, self.jobs[name], first)] = (name, first)
            if not out:
                return
            for future in wait(out, timeout=1.0, return_when=FIRST_COMPLETED).done:
                self.take(*out.pop(future), *future.result())
            tell(self)

    def next_batch(self) -> tuple[str, int]:
        """For the job that had least of its share so far."""
        name = min(self.jobs, key=lambda each: self.spent[each] / self.jobs[each].share)
        first, job = self.given[name], self.jobs[name]
        self.given[name] += job.batch
        self.spent[name] += self.likely(name)
        return name, first

    def likely(self, name: str) -> float:
        """Seconds a batch takes, so that those under way count as well; a first one is taken to take one."""
        progress = self.progress[name]
        return progress.cpu_seconds / (progress.counts.histories or 1) * self.jobs[name].batch or 1.0

    def take(self, name: str, first: int, counts: Counts, seconds: float) -> None:
        """Kept only once everything before it is."""
        for seed, words in counts.violations:
            self.say(f"{name}, seed {seed}: {words}\n  {self.jobs[name].replay.format(seed=seed)}")
        self.here += counts
        self.done[name, first] = counts, seconds
        progress = self.progress[name]
        while (name, progress.next) in self.done:
            counts, seconds = self.done.pop((name, progress.next))
            progress.counts, progress.cpu_seconds = progress.counts + counts, progress.cpu_seconds + seconds
            progress.next += self.jobs[name].batch
        self.spent[name] = progress.cpu_seconds
        save(self.kept, self.progress)

    @property
    def violations(self) -> int:
        return sum(len(progress.counts.violations) for progress in self.progress.values())

    def __str__(self) -> str:
        rate = self.here.histories / max(time.monotonic() - self.began, 0.001)
        return f"{' | '.join(map(self.told, self.jobs))} | {rate:.1f} a second, {self.violations} wrong"

    def told(self, name: str) -> str:
        counts, goal = self.progress[name].counts, self.jobs[name].goal
        faults = f", {counts.faults / counts.sends:.0%} of {counts.sends:,} sends faulty" if counts.sends else ""
        return f"{name} {counts.histories:,} of {goal:,}, {counts.steps:,} steps{faults}"


def timed(job: Job, first: int) -> tuple[Counts, float]:
    began = time.process_time()
    return job.run(range(first, first + job.batch)), time.process_time() - began


def load(kept: Path, jobs: Mapping[str, Job]) -> dict[str, Progress]:
    said = json.loads(kept.read_text()) if kept.exists() else {}
    return {name: _read(said[name]) if name in said else Progress(job.first) for name, job in jobs.items()}


def _read(said: dict[str, Any]) -> Progress:
    return Progress(said["next"], said["cpu_seconds"], Counts.from_json(said["counts"]))


def save(kept: Path, progress: Mapping[str, Progress]) -> None:
    """Whole or not at all, and what other jobs once reached stays."""
    before = json.loads(kept.read_text()) if kept.exists() else {}
    kept.parent.mkdir(parents=True, exist_ok=True)
    half = kept.with_suffix(".half")
    half.write_text(json.dumps(before | {name: each.to_json() for name, each in progress.items()}, indent=1))
    os.replace(half, kept)


class Teller:
    """One line that is refreshed, or a line a minute for a log."""

    def __init__(self, every: float = A_LINE_EVERY) -> None:
        self.live, self.every, self.last = sys.stdout.isatty(), every, 0.0

    def __call__(self, soak: Soak) -> None:
        now = time.monotonic()
        if self.live:
            print(f"\r\x1b[K{soak}", end="", flush=True)
        elif now - self.last >= self.every:
            self.last = now
            print(soak, flush=True)

    def say(self, words: str) -> None:
        print(f"\r\x1b[K{words}" if self.live else words, flush=True)


def deaf_to_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main(seconds: float, chosen: Iterable[str]) -> int:
    jobs = {name: JOBS[name] for name in chosen}
    teller, workers, stopped = Teller(), os.cpu_count() or 1, []
    signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    ends = time.monotonic() + seconds if seconds else float("inf")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=deaf_to_ctrl_c) as pool:
        soak = Soak(KEPT, jobs, pool, workers, teller.say)
        soak.go_on(lambda: bool(stopped) or bool(soak.here.histories and time.monotonic() >= ends), teller)
    teller.say(str(soak))
    return 1 if soak.violations else 0


if __name__ == "__main__":
    chosen = os.environ.get("ONLY") or ",".join(JOBS)
    sys.exit(main(float(os.environ.get("FOR") or 0), chosen.split(",")))
