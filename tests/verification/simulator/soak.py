"""`python -m tests.verification.simulator.soak`: runs histories on every core until Ctrl-C or for FOR=seconds.

Progress is stored in `.local/soak.json` and continued by the next run. A violation is printed with the command that
replays it and does not stop the run; the exit code is 1 if any was ever found. ONLY=fast,full chooses jobs.
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

PROGRESS_FILE = Path(".local/soak.json")
LINE_INTERVAL_SECONDS = 60.0  # when the output is no terminal
Print = Callable[[str], None]


@dataclass
class Progress:
    """The progress of one job: `counts` covers exactly the seeds before `next_seed`."""

    next_seed: int
    cpu_seconds: float = 0.0
    counts: Counts = field(default_factory=Counts)

    def to_json(self) -> dict[str, Any]:
        return {"next": self.next_seed, "cpu_seconds": self.cpu_seconds, "counts": self.counts.to_json()}


@dataclass
class Soak:
    progress_file: Path
    jobs: Mapping[str, Job]
    pool: Executor
    workers: int
    print_line: Print = print

    def __post_init__(self) -> None:
        self.progress = load_progress(self.progress_file, self.jobs)
        self.next_seeds = {name: progress.next_seed for name, progress in self.progress.items()}
        self.cpu_seconds = {name: progress.cpu_seconds for name, progress in self.progress.items()}
        # Batches that finished before batches that were submitted earlier.
        self.finished_early: dict[tuple[str, int], tuple[Counts, float]] = {}
        self.session_counts = Counts()
        self.started_at = time.monotonic()

    def run(self, until: Callable[[], bool], on_progress: Callable[[Soak], None] = lambda soak: None) -> None:
        """Submit batches until `until` returns true, then wait for the running ones and record them."""
        out: dict[Future[tuple[Counts, float]], tuple[str, int]] = {}
        while True:
            while len(out) < self.workers and not until():
                name, first = self.next_batch()
                out[self.pool.submit(run_timed, self.jobs[name], first)] = (name, first)
            if not out:
                return
            for future in wait(out, timeout=1.0, return_when=FIRST_COMPLETED).done:
                self.record_batch(*out.pop(future), *future.result())
            on_progress(self)

    def next_batch(self) -> tuple[str, int]:
        """Return the next batch of the job that is furthest behind its share of the time."""
        name = min(self.jobs, key=lambda job: self.cpu_seconds[job] / self.jobs[job].share)
        first, job = self.next_seeds[name], self.jobs[name]
        self.next_seeds[name] += job.batch_size
        self.cpu_seconds[name] += self.expected_seconds(name)
        return name, first

    def expected_seconds(self, name: str) -> float:
        """Estimate the CPU seconds of a batch, to count running batches; one second before the first result."""
        progress = self.progress[name]
        return progress.cpu_seconds / (progress.counts.histories or 1) * self.jobs[name].batch_size or 1.0

    def record_batch(self, name: str, first: int, counts: Counts, seconds: float) -> None:
        """Record a finished batch. It is saved when all batches before it are recorded."""
        for seed, message in counts.violations:
            self.print_line(f"{name}, seed {seed}: {message}\n  {self.jobs[name].replay.format(seed=seed)}")
        self.session_counts += counts
        self.finished_early[name, first] = counts, seconds
        progress = self.progress[name]
        while (name, progress.next_seed) in self.finished_early:
            counts, seconds = self.finished_early.pop((name, progress.next_seed))
            progress.counts, progress.cpu_seconds = progress.counts + counts, progress.cpu_seconds + seconds
            progress.next_seed += self.jobs[name].batch_size
        self.cpu_seconds[name] = progress.cpu_seconds
        save_progress(self.progress_file, self.progress)

    @property
    def violations(self) -> int:
        return sum(len(progress.counts.violations) for progress in self.progress.values())

    def __str__(self) -> str:
        rate = self.session_counts.histories / max(time.monotonic() - self.started_at, 0.001)
        return f"{' | '.join(map(self.describe_job, self.jobs))} | {rate:.1f} a second, {self.violations} violations"

    def describe_job(self, name: str) -> str:
        counts, goal = self.progress[name].counts, self.jobs[name].goal
        faults = f", {counts.faults / counts.sends:.0%} of {counts.sends:,} sends faulty" if counts.sends else ""
        return f"{name} {counts.histories:,} of {goal:,}, {counts.steps:,} steps{faults}"


def run_timed(job: Job, first: int) -> tuple[Counts, float]:
    started_at = time.process_time()
    return job.run(range(first, first + job.batch_size)), time.process_time() - started_at


def load_progress(file: Path, jobs: Mapping[str, Job]) -> dict[str, Progress]:
    stored = json.loads(file.read_text()) if file.exists() else {}
    return {
        name: _progress_from_json(stored[name]) if name in stored else Progress(job.first_seed)
        for name, job in jobs.items()
    }


def _progress_from_json(stored: dict[str, Any]) -> Progress:
    return Progress(stored["next"], stored["cpu_seconds"], Counts.from_json(stored["counts"]))


def save_progress(file: Path, progress: Mapping[str, Progress]) -> None:
    """Replace the file atomically; the progress of other jobs in it stays."""
    before = json.loads(file.read_text()) if file.exists() else {}
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".half")
    temporary.write_text(
        json.dumps(before | {name: job_progress.to_json() for name, job_progress in progress.items()}, indent=1)
    )
    os.replace(temporary, file)


class ProgressPrinter:
    """Prints one refreshed line on a terminal, or a line per minute to a log."""

    def __init__(self, every: float = LINE_INTERVAL_SECONDS) -> None:
        self.is_terminal, self.interval_seconds, self.last_printed_at = sys.stdout.isatty(), every, 0.0

    def __call__(self, soak: Soak) -> None:
        now = time.monotonic()
        if self.is_terminal:
            print(f"\r\x1b[K{soak}", end="", flush=True)
        elif now - self.last_printed_at >= self.interval_seconds:
            self.last_printed_at = now
            print(soak, flush=True)

    def print_line(self, line: str) -> None:
        print(f"\r\x1b[K{line}" if self.is_terminal else line, flush=True)


def ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main(seconds: float, names: Iterable[str]) -> int:
    jobs = {name: JOBS[name] for name in names}
    printer, workers, stopped = ProgressPrinter(), os.cpu_count() or 1, []
    signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    deadline = time.monotonic() + seconds if seconds else float("inf")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=ignore_interrupts) as pool:
        soak = Soak(PROGRESS_FILE, jobs, pool, workers, printer.print_line)
        soak.run(lambda: bool(stopped) or bool(soak.session_counts.histories and time.monotonic() >= deadline), printer)
    printer.print_line(str(soak))
    return 1 if soak.violations else 0


if __name__ == "__main__":
    chosen = os.environ.get("ONLY") or ",".join(JOBS)
    sys.exit(main(float(os.environ.get("FOR") or 0), chosen.split(",")))
