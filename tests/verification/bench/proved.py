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
from tests.verification.endpoints.knock import PRINCIPALS
from tests.verification.endpoints.rows import ROWS
from tests.verification.faults.build import ALL_WELL, audit, codes
from tests.verification.faults.crowd import shared_out
from tests.verification.faults.test_rush import PROCESSES, a_buyer

ROOT = Path(__file__).parents[3]
UNITS, BUYERS = 100, 400


@dataclass(frozen=True)
class Rush:
    answers: Counter[tuple[int, str]]
    audit: str

    @property
    def exact(self) -> bool:
        no = {(409, "out_of_stock"): BUYERS - UNITS}
        return self.answers == Counter({(201, ""): UNITS} | no) and self.audit == ALL_WELL


def rush() -> Rush:
    """From several processes and four channels; the shop's own checker looks at the tables afterwards."""
    open_shop(**{CUP: UNITS})
    answers = shared_out([a_buyer(number, CUP, 1) for number in range(BUYERS)], PROCESSES)
    return Rush(Counter(codes(answers)), audit())


@dataclass(frozen=True)
class Doors:
    doors: int
    rows: int
    principals: int
    held: bool


def knocked_at() -> Doors:
    """By the very tests, so what counts as a yes is told in one place."""
    quiet = ["-o", "addopts=", "-q", "-p", "no:cacheprovider"]
    ended = run([sys.executable, "-m", "pytest", *quiet, "tests/verification/endpoints/test_matrix.py"])
    return Doors(len({row.door for row in ROWS}), len(ROWS), len(PRINCIPALS), ended.returncode == 0)


@dataclass(frozen=True)
class Northwind:
    speeds: list[float]  # orders a second, as it was and as web orders
    whole: bool
    said: str  # its last line


def northwind() -> Northwind:
    """Both replays, in shops and a folder of their own; it speaks of what it lacks when the data is not there."""
    with tempfile.TemporaryDirectory() as local:
        ended = run([sys.executable, "-m", "infra.replay.northwind"], LOCAL=local, COLUMNS="200")
    lines = [line.strip() for line in ended.stdout.splitlines() if line.strip()]
    return Northwind(speeds(ended.stdout), ended.returncode == 0, lines[-1] if lines else ended.stderr.strip()[-200:])


def speeds(said: str) -> list[float]:
    return [float(found) for found in re.findall(r"([\d.]+) orders a second", said)]


def run(command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, check=False)
