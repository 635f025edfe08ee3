"""`docs/verification.md` has one row per part, and each run replaces its own row only."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.verification.__main__ import PARTS
from tests.verification.figures import Figures
from tests.verification.report import Result, record


def a_result(part: str, reached: str, holds: bool = True) -> Result:
    return Result(part, Figures(f"what {part} does", reached, "all", holds), 90.0, "2026-11-30", "abc1234")


def rows(file: Path) -> list[list[str]]:
    lines = file.read_text().splitlines()
    return [line.strip("| ").split(" | ")[1:5] for line in lines if line.startswith("| what ")][1:]


def test_a_part_replaces_its_own_row_and_rows_follow_the_order_of_the_parts(tmp_path: Path) -> None:
    file = tmp_path / "verification.md"
    record(a_result("pairs", "8 cases"), ["faults", "pairs"], file)
    record(a_result("faults", "3 cases"), ["faults", "pairs"], file)

    record(a_result("pairs", "9 cases | 1 wrong", holds=False), ["faults", "pairs"], file)

    assert rows(file) == [
        ["3 cases", "all", "yes", "`make verify ONLY=faults`"],
        ["9 cases / 1 wrong", "all", "**no**", "`make verify ONLY=pairs`"],
    ]


def test_the_row_of_a_removed_part_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "verification.md"
    record(a_result("pairs", "8 cases"), ["pairs"], file)

    record(a_result("faults", "3 cases"), ["faults"], file)

    assert [row[3] for row in rows(file)] == ["`make verify ONLY=faults`"]


@pytest.mark.parametrize("name", PARTS)
def test_every_part_has_a_function(name: str) -> None:
    module, _, function = PARTS[name].partition(":")

    assert callable(getattr(import_module(module), function))
