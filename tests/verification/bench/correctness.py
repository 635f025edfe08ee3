"""Correctness in numbers: a rush for the last units, the access table, and the replay of Northwind."""

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
        refused = {(409, "out_of_stock"): BUYERS - UNITS}
        return self.answers == Counter({(201, ""): UNITS} | refused) and self.audit == ALL_HOLDS


def run_rush() -> Rush:
    """Let buyers in several processes and four channels compete for the units, then audit the tables."""
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
    """Run the tests of the access table."""
    options = ["-o", "addopts=", "-q", "-p", "no:cacheprovider"]
    process = run([sys.executable, "-m", "pytest", *options, "tests/verification/endpoints/test_matrix.py"])
    return AccessMatrix(len({row.endpoint for row in ROWS}), len(ROWS), len(PRINCIPALS), process.returncode == 0)


@dataclass(frozen=True)
class Replay:
    speeds: list[float]  # orders per second, as recorded and as web orders
    is_complete: bool
    last_line: str  # of the output


def replay_northwind() -> Replay:
    """Run both replays in a temporary folder; without the data set, the last line of the output explains it."""
    with tempfile.TemporaryDirectory() as local:
        process = run([sys.executable, "-m", "infra.replay.northwind"], LOCAL=local, COLUMNS="200")
    lines = [line.strip() for line in process.stdout.splitlines() if line.strip()]
    last_line = lines[-1] if lines else process.stderr.strip()[-200:]
    return Replay(parse_speeds(process.stdout), process.returncode == 0, last_line)


def parse_speeds(output: str) -> list[float]:
    return [float(speed) for speed in re.findall(r"([\d.]+) orders (?:a|per) second", output)]


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)
