"""`python -m tests.verification.attacks` runs every test that the table names and prints attack, tests, verdict."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.verification.attacks.table import TABLES, Attack

TESTS = Path(__file__).parents[2]
Outcomes = dict[str, set[str]]


class Listener:
    """What became of each test, whatever number of cases it has."""

    def __init__(self) -> None:
        self.outcomes: Outcomes = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            name = report.nodeid.partition("[")[0].removeprefix("tests/")
            self.outcomes[name].add(report.outcome)


def main(shown: list[str]) -> int:
    """`shown` are keys of attacks, all without any."""
    tables = {title: [each for each in rows if not shown or each.key in shown] for title, rows in TABLES.items()}
    named = sorted({test for rows in tables.values() for each in rows for test in each.tests})
    listener = Listener()
    pytest.main(["-q", "--no-header", "-n", "2", *(str(TESTS / name) for name in named)], plugins=[listener])
    console = Console(width=max(Console().width, 150))
    for title, rows in [(title, rows) for title, rows in tables.items() if rows]:
        console.print(table_of(title, rows, listener.outcomes))
    return int(any(verdict(each, listener.outcomes) == "FAILED" for rows in tables.values() for each in rows))


def table_of(title: str, rows: list[Attack], outcomes: Outcomes) -> Table:
    table = Table("", "attack", "tests", "verdict", title=title, show_lines=True)
    for each in rows:
        table.add_row(each.key, each.says, tests_of(each), verdict(each, outcomes))
    return table


def tests_of(attack: Attack) -> str:
    by_file: dict[str, list[str]] = defaultdict(list)
    for test in attack.tests:
        file, _, name = test.partition("::test_")
        by_file[file].append(name.replace("_", " "))
    told = [f"[bold]{file}[/bold]\n" + "\n".join(f"  {name}" for name in names) for file, names in by_file.items()]
    return "\n".join(told) or "—"


def verdict(attack: Attack, outcomes: Outcomes) -> str:
    if not attack.tests:
        return f"no subject: {attack.because}"
    found = [outcomes.get(test, {"missing"}) for test in attack.tests]
    if any(each & {"failed", "missing"} for each in found):
        return "FAILED"
    skipped = sum(each == {"skipped"} for each in found)
    if skipped == len(found):
        return f"skipped ({skipped})"
    return f"holds ({len(found) - skipped})" + (f", {skipped} skipped" if skipped else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
