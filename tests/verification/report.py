"""Writes `docs/verification.md`: a table with one row per part of the verification."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.verification.figures import Figures

FILE = Path("docs/verification.md")
HEADER = """\
# Verification

Written by `make verify`; do not edit. Each command replaces its own row, so rows may differ in date and commit.
What the parts do is described in [`tests/verification/README.md`](../tests/verification/README.md).

"""
COLUMNS = ("what", "reached", "goal", "holds", "command", "duration", "date", "commit")


@dataclass(frozen=True)
class Result:
    """One row of the table. `commit` ends with `+` when files differed from it, and is empty outside a Git clone."""

    part: str
    figures: Figures
    seconds: float
    date: str
    commit: str

    @property
    def cells(self) -> tuple[str, ...]:
        holds = "yes" if self.figures.holds else "**no**"
        figures = self.figures.what, self.figures.reached, self.figures.goal, holds
        return (*figures, command_of(self.part), format_duration(self.seconds), self.date, self.commit)


def record(result: Result, parts: Iterable[str], file: Path = FILE) -> None:
    """Replace the row of this part. Rows follow the order of `parts`; rows of other parts are removed."""
    rows = read_rows(file) | {command_of(result.part): _row(result.cells)}
    file.parent.mkdir(exist_ok=True)
    recorded = [rows[command_of(part)] for part in parts if command_of(part) in rows]
    file.write_text(HEADER + "\n".join([_row(COLUMNS), _row(["---"] * len(COLUMNS)), *recorded]) + "\n")


def read_rows(file: Path = FILE) -> Mapping[str, str]:
    """Return the current rows of the table by their command."""
    lines = file.read_text().splitlines() if file.exists() else []
    rows = [line for line in lines if line.startswith("| ")]
    return {line.split(" | ")[COLUMNS.index("command")]: line for line in rows}


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def command_of(part: str) -> str:
    return f"`make verify ONLY={part}`"


def format_duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"


def today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


def commit() -> str:
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{FILE}")
    return _git("rev-parse", "--short", "HEAD") + ("+" if changes else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()
