"""`make doctor`: does everything that must stay true still hold on the running shop? Reads, and changes nothing.

With SATUKANAL_PREFIX set it looks at that stage on AWS, by the credentials of whoever asks.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from infra.invariants.check import INVARIANTS, NOT_CHECKED, PARTLY_CHECKED, Report, check
from infra.local.engine import REGION
from infra.local.running_shop import LOCAL

RECHECK_AFTER_SECONDS = 3.0


def main() -> int:
    console = Console(highlight=False)
    found = find_tables()
    if found is None:
        console.print("No shop is running here; start one with `make run` in another terminal.")
        return 1
    report = check_twice(*found)
    show(report, console)
    return 0 if report.is_valid else 1


def find_tables() -> tuple[Any, str] | None:
    """A client and the prefix of the tables to look at."""
    if os.environ.get("SATUKANAL_PREFIX"):
        return boto3.client("dynamodb"), os.environ["SATUKANAL_PREFIX"]
    known = LOCAL / "run.json"
    if not known.exists():
        return None
    anybody = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
    return boto3.client("dynamodb", endpoint_url=json.loads(known.read_text())["engine"], **anybody), "satukanal"


def check_twice(client: Any, prefix: str) -> Report:
    """An open shop moves while it is looked at, so only what is wrong in the same words a moment later is wrong."""
    first = check(client, prefix)
    if first.is_valid:
        return first
    threading.Event().wait(RECHECK_AFTER_SECONDS)
    second = check(client, prefix)
    return Report(second.checked, [each for each in second.violations if each in first.violations])


def show(report: Report, console: Console) -> None:
    table = Table("", "must stay true", "", box=None)
    for name in report.checked:
        wrong = sum(violated == name for violated, _ in report.violations)
        table.add_row(
            name, invariant_title(name), f"[red]{wrong} violations[/red]" if wrong else "[green]holds[/green]"
        )
    for name, where in (*sorted(NOT_CHECKED.items()), *(describe_partial(each) for each in sorted(PARTLY_CHECKED))):
        table.add_row(f"[dim]{name}[/dim]", f"[dim]{where}[/dim]", "")
    console.print(table)
    for name, said in report.violations:
        console.print(f"[red]{name}[/red] {said}")


def describe_partial(name: str) -> tuple[str, str]:
    return name, f"not looked at: {PARTLY_CHECKED[name]}"


def invariant_title(name: str) -> str:
    """`s1_on_hand_is_the_sum_of_movements` reads as it is called."""
    return INVARIANTS[name].__name__.partition("_")[2].replace("_", " ")


if __name__ == "__main__":
    sys.exit(main())
