"""`make doctor`: checks all invariants on the running shop. It only reads.

With SATUKANAL_PREFIX set it checks that stage on AWS, with the credentials of the environment.
"""

from __future__ import annotations

import json
import os
import sys
import time
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
    tables = find_tables()
    if tables is None:
        console.print("No shop is running here; start one with `make run` in another terminal.")
        return 1
    report = check_twice(*tables)
    print_report(report, console)
    return 0 if report.is_valid else 1


def find_tables() -> tuple[Any, str] | None:
    """A DynamoDB client and the prefix of the tables; None if no shop is running."""
    if os.environ.get("SATUKANAL_PREFIX"):
        return boto3.client("dynamodb"), os.environ["SATUKANAL_PREFIX"]
    run_file = LOCAL / "run.json"
    if not run_file.exists():
        return None
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
    return boto3.client("dynamodb", endpoint_url=json.loads(run_file.read_text())["engine"], **keys), "satukanal"


def check_twice(client: Any, prefix: str) -> Report:
    """Check the shop, and check it again after a violation. Only violations of both checks are reported.

    A shop in use changes while its tables are scanned, which can look like a violation.
    """
    first = check(client, prefix)
    if first.is_valid:
        return first
    time.sleep(RECHECK_AFTER_SECONDS)
    second = check(client, prefix)
    return Report(second.checked, [violation for violation in second.violations if violation in first.violations])


def print_report(report: Report, console: Console) -> None:
    table = Table("", "invariant", "", box=None)
    for name in report.checked:
        count = sum(violated == name for violated, _ in report.violations)
        result = f"[red]{count} violations[/red]" if count else "[green]holds[/green]"
        table.add_row(name, invariant_title(name), result)
    for label, reasons in (("not checked", NOT_CHECKED), ("part not checked", PARTLY_CHECKED)):
        for name, reason in sorted(reasons.items()):
            table.add_row(f"[dim]{name}[/dim]", f"[dim]{label}: {reason}[/dim]", "")
    console.print(table)
    for name, sentence in report.violations:
        console.print(f"[red]{name}[/red] {sentence}")


def invariant_title(name: str) -> str:
    """`S1` as "on hand is the sum of movements"."""
    return INVARIANTS[name].__name__.partition("_")[2].replace("_", " ")


if __name__ == "__main__":
    sys.exit(main())
