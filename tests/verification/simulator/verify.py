"""The simulator's parts of `make verify`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.verification.figures import Figures

HISTORIES, FULL_HISTORIES = 20_000, 500
SOAK_SECONDS = 600


def histories() -> Figures:
    held = _pytest("test_sim.py", HISTORIES=HISTORIES)
    return _figures("seeded histories × 100 steps over the use cases", HISTORIES, held)


def full_path() -> Figures:
    held = _pytest("test_full.py", FULL_HISTORIES=FULL_HISTORIES)
    return _figures("seeded histories × 40 steps over the full path", FULL_HISTORIES, held)


def planted_bugs() -> Figures:
    from tests.verification.simulator.bugs.catalog import BUGS

    held = _pytest("test_planted.py")
    reached = f"{len(BUGS)} planted, {'all found' if held else 'not all found'}"
    return Figures("bugs planted in the product, found by what should find them", reached, "all", held)


def soak(seconds: int = SOAK_SECONDS) -> Figures:
    command = [sys.executable, "-m", "tests.verification.simulator.soak"]
    held = subprocess.run(command, env=os.environ | {"FOR": str(seconds)}, check=False).returncode == 0
    kept = json.loads(Path(".local/soak.json").read_text())
    reached = ", ".join(f"{name}: {said['counts']['histories']:,} histories" for name, said in kept.items())
    return Figures("histories beyond those of the other rows", reached, "0 violations", held)


def _pytest(file: str, **settings: int) -> bool:
    command = [sys.executable, "-m", "pytest", "-n", "2", f"tests/verification/simulator/{file}"]
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    return subprocess.run(command, env=environment, check=False).returncode == 0


def _figures(what: str, count: int, held: bool) -> Figures:
    reached = f"{count:,}, {'0 violations' if held else 'violated'}"
    return Figures(what, reached, f"{count:,}, 0 violations", held)
