"""The attacks in `make verify`: every test of the attack catalog, and requests generated from openapi.json."""

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
    """Run the tests of the catalog; `ATTACK="6 9"` selects attacks by their keys."""
    keys = os.environ.get("ATTACK", "").split()
    tables = {title: [row for row in rows if not keys or row.key in keys] for title, rows in TABLES.items()}
    rows = [row for rows in tables.values() for row in rows]
    tests = sorted({f"tests/{test}" for row in rows for test in row.tests})
    outcome, _ = run_tests(*tests)
    for title, listed in tables.items():
        if listed:
            Console(width=150).print(build_table(title, listed, outcome.by_test))
    failed = [row for row in rows if verdict(row, outcome.by_test) == "FAILED"]
    covered = sum(len(row.tests) >= MIN_TESTS and row not in failed for row in OWASP if row in rows)
    measured = f"{len(rows)} attacks, {len(failed)} succeed; {outcome.passed:,} cases of {len(tests)} tests passed"
    measured += f"; {covered} of {len(OWASP)} OWASP API rows with three tests or more"
    return Figures("attacks, each by its tests", measured, "none succeeds; 10 OWASP rows", not failed)


def generated_requests_hold() -> Figures:
    """Send 20,000 generated requests; `SEED=1003` begins with the requests of that seed."""
    answers, failure = Counter[int](), ""
    try:
        for _, round_answers in generated_requests.soak(REQUESTS, int(os.environ.get("SEED") or 1)):
            answers += round_answers
    except AssertionError as error:
        failure = str(error).partition("\n")[0]
    statuses = ", ".join(f"{count:,} × {status}" for status, count in sorted(answers.items()))
    name = "schemathesis requests without a 5xx, an accepted invalid request, or a refusal that changes something"
    return Figures(name, failure or f"{answers.total():,}: {statuses}", f"{REQUESTS:,}", not failure)


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
        return f"not applicable: {attack.not_applicable}"
    results = [outcomes.get(f"tests/{test}", {"missing"}) for test in attack.tests]
    if any(result & {"failed", "missing"} for result in results):
        return "FAILED"
    skipped = sum(result == {"skipped"} for result in results)
    return f"holds ({len(results) - skipped})" + (f", {skipped} skipped" if skipped else "")
