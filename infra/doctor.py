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

from infra.invariants.check import ELSEWHERE, INVARIANTS, PARTLY, Report, check
from infra.local.engine import REGION
from infra.local.standing import LOCAL

BETWEEN_LOOKS_SECONDS = 3.0


def main() -> int:
    console = Console(highlight=False)
    found = patient()
    if found is None:
        console.print("No shop is running here; start one with `make run` in another terminal.")
        return 1
    report = examined(*found)
    show(report, console)
    return 0 if report.holds else 1


def patient() -> tuple[Any, str] | None:
    """A client and the prefix of the tables to look at."""
    if os.environ.get("SATUKANAL_PREFIX"):
        return boto3.client("dynamodb"), os.environ["SATUKANAL_PREFIX"]
    known = LOCAL / "run.json"
    if not known.exists():
        return None
    anybody = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
    return boto3.client("dynamodb", endpoint_url=json.loads(known.read_text())["engine"], **anybody), "satukanal"


def examined(client: Any, prefix: str) -> Report:
    """An open shop moves while it is looked at, so only what is wrong in the same words a moment later is wrong."""
    first = check(client, prefix)
    if first.holds:
        return first
    threading.Event().wait(BETWEEN_LOOKS_SECONDS)
    second = check(client, prefix)
    return Report(second.checked, [each for each in second.violated if each in first.violated])


def show(report: Report, console: Console) -> None:
    table = Table("", "must stay true", "", box=None)
    for name in report.checked:
        wrong = sum(violated == name for violated, _ in report.violated)
        table.add_row(name, words(name), f"[red]{wrong} violations[/red]" if wrong else "[green]holds[/green]")
    for name, where in (*sorted(ELSEWHERE.items()), *(until_then(each) for each in sorted(PARTLY))):
        table.add_row(f"[dim]{name}[/dim]", f"[dim]{where}[/dim]", "")
    console.print(table)
    for name, said in report.violated:
        console.print(f"[red]{name}[/red] {said}")


def until_then(name: str) -> tuple[str, str]:
    return name, f"not looked at: {PARTLY[name]}"


def words(name: str) -> str:
    """`s1_on_hand_is_its_ledger` reads as it is called."""
    return INVARIANTS[name].__name__.partition("_")[2].replace("_", " ")


if __name__ == "__main__":
    sys.exit(main())
