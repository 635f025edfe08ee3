"""The attacks' parts of `make verify`: every test that the table of attacks names, and requests made up from
openapi.json."""

from __future__ import annotations

import os
from collections import Counter, defaultdict

from rich.console import Console
from rich.table import Table

from tests.verification.attacks import generated_requests
from tests.verification.attacks.catalog import OWASP, TABLES, Attack
from tests.verification.figures import Figures
from tests.verification.run_tests import Outcomes, run_tests

REQUESTS = 20_000
MIN_TESTS = 3


def attacks() -> Figures:
    """`ATTACK="6 9"` takes those of these keys."""
    chosen = os.environ.get("ATTACK", "").split()
    tables = {title: [row for row in rows if not chosen or row.key in chosen] for title, rows in TABLES.items()}
    rows = [row for rows in tables.values() for row in rows]
    tests = sorted({f"tests/{test}" for row in rows for test in row.tests})
    outcome, _ = run_tests(*tests)
    for title, listed in tables.items():
        if listed:
            Console(width=150).print(build_table(title, listed, outcome.by_test))
    failed = [row for row in rows if verdict(row, outcome.by_test) == "FAILED"]
    covered = sum(len(row.tests) >= MIN_TESTS and row not in failed for row in OWASP if row in rows)
    reached = f"{len(rows)} attacks, {len(failed)} succeed; {outcome.passed:,} cases of {len(tests)} tests passed"
    reached += f"; {covered} of {len(OWASP)} OWASP API rows with three tests or more"
    return Figures("attacks, each by its tests", reached, "none succeeds; 10 OWASP rows", not failed)


def generated_requests_hold() -> Figures:
    """`SEED=1003` begins with the requests of that seed."""
    answers, found = Counter[int](), ""
    try:
        for _, round_answers in generated_requests.soak(REQUESTS, int(os.environ.get("SEED") or 1)):
            answers += round_answers
    except AssertionError as failed:
        found = str(failed).partition("\n")[0]
    statuses = ", ".join(f"{count:,} × {status}" for status, count in sorted(answers.items()))
    what = "schemathesis requests without a 5xx, a wrong one let in, or a refusal that moved something"
    return Figures(what, found or f"{answers.total():,}: {statuses}", f"{REQUESTS:,}", not found)


def build_table(title: str, rows: list[Attack], outcomes: Outcomes) -> Table:
    table = Table("", "attack", "tests", "verdict", title=title, show_lines=True)
    for row in rows:
        table.add_row(row.key, row.description, format_tests(row), verdict(row, outcomes))
    return table


def format_tests(attack: Attack) -> str:
    by_file: dict[str, list[str]] = defaultdict(list)
    for test in attack.tests:
        file, _, name = test.partition("::test_")
        by_file[file].append(name.replace("_", " "))
    return "\n".join(f"[bold]{file}[/]\n" + "\n".join(f"  {name}" for name in names) for file, names in by_file.items())


def verdict(attack: Attack, outcomes: Outcomes) -> str:
    if not attack.tests:
        return f"no subject: {attack.not_applicable}"
    found = [outcomes.get(f"tests/{test}", {"missing"}) for test in attack.tests]
    if any(each & {"failed", "missing"} for each in found):
        return "FAILED"
    skipped = sum(each == {"skipped"} for each in found)
    return f"holds ({len(found) - skipped})" + (f", {skipped} skipped" if skipped else "")
