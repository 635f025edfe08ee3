"""What the proofs reach in numbers: a rush for the last units, every door times every principal, Northwind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.shop import CUP, open_shop
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.principals import PRINCIPALS
from tests.verification.faults.build import ALL_HOLDS, audit, count_answers
from tests.verification.faults.processes import run_distributed
from tests.verification.faults.test_rush import PROCESSES, a_buyer

ROOT = Path(__file__).parents[3]
UNITS, BUYERS = 100, 400


@dataclass(frozen=True)
class Rush:
    answers: Counter[tuple[int, str]]
    audit: str

    @property
    def is_exact(self) -> bool:
        no = {(409, "out_of_stock"): BUYERS - UNITS}
        return self.answers == Counter({(201, ""): UNITS} | no) and self.audit == ALL_HOLDS


def run_rush() -> Rush:
    """From several processes and four channels; the shop's own checker looks at the tables afterwards."""
    open_shop(**{CUP: UNITS})
    answers = run_distributed([a_buyer(number, CUP, 1) for number in range(BUYERS)], PROCESSES)
    return Rush(Counter(count_answers(answers)), audit())


@dataclass(frozen=True)
class AccessMatrix:
    endpoints: int
    rows: int
    principals: int
    passed: bool


def run_access_matrix() -> AccessMatrix:
    """By the very tests, so what counts as a yes is told in one place."""
    quiet = ["-o", "addopts=", "-q", "-p", "no:cacheprovider"]
    ended = run([sys.executable, "-m", "pytest", *quiet, "tests/verification/endpoints/test_matrix.py"])
    return AccessMatrix(len({row.endpoint for row in ROWS}), len(ROWS), len(PRINCIPALS), ended.returncode == 0)


@dataclass(frozen=True)
class Replay:
    speeds: list[float]  # orders a second, as it was and as web orders
    is_complete: bool
    last_line: str  # its last line


def replay_northwind() -> Replay:
    """Both replays, in shops and a folder of their own; it speaks of what it lacks when the data is not there."""
    with tempfile.TemporaryDirectory() as local:
        ended = run([sys.executable, "-m", "infra.replay.northwind"], LOCAL=local, COLUMNS="200")
    lines = [line.strip() for line in ended.stdout.splitlines() if line.strip()]
    return Replay(
        parse_speeds(ended.stdout), ended.returncode == 0, lines[-1] if lines else ended.stderr.strip()[-200:]
    )


def parse_speeds(said: str) -> list[float]:
    return [float(found) for found in re.findall(r"([\d.]+) orders a second", said)]


def run(command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, check=False)
