"""`make import DATA=folder [DRY=1]`: brings a folder of CSV files into the running shop, and shows every bad row."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.local.api_client import ApiClient, ApiError
from infra.local.running_shop import NotRunning, connect
from infra.replay.import_parts import ImportPart, split_folder

MAX_SHOWN = 200


def main() -> int:
    console = Console(highlight=False)
    said, dry = os.environ.get("DATA", ""), os.environ.get("DRY", "") not in ("", "0")
    if not said or not any(Path(said).glob("*.csv")):
        missing = f"There are no CSV files in {said}; say" if said else "Say"
        console.print(f"{missing} which folder to bring in: `make import DATA=folder`; DRY=1 only lists what is wrong.")
        return 2
    try:
        report = import_folder(Path(said), connect().owner_client, dry, console)
    except (NotRunning, ApiError) as why:
        console.print(f"[red]{why.detail if isinstance(why, ApiError) else why}[/red]")
        return 1
    print_report(report, console)
    return 1 if report["errors"] or report["refused"] else 0


def import_folder(folder: Path, owner: ApiClient, dry: bool, console: Console) -> dict[str, Any]:
    """One report for all parts together."""
    parts = split_folder(folder)
    total: dict[str, Any] = {"dry_run": dry, "rows": Counter(), "changed": Counter()}
    total |= {"errors": [], "warnings": [], "refused": [], "skipped": []}
    for number, part in enumerate(parts, start=1):
        with console.status(f"{'Checking' if dry else 'Bringing in'} {folder.name}, part {number} of {len(parts)} …"):
            add_to_report(total, part, send_part(owner, part, dry))
    return total


def send_part(owner: ApiClient, part: ImportPart, dry: bool) -> dict[str, Any]:
    said: dict[str, Any] = owner.request(
        "POST", f"/imports?dry_run={str(dry).lower()}", part.to_zip(dry), kind="application/zip"
    )
    return said


def add_to_report(total: dict[str, Any], part: ImportPart, said: dict[str, Any]) -> None:
    for counted in ("rows", "changed"):
        total[counted].update({name: count for name, count in said[counted].items() if name in part.files})
    total["errors"] += part.locate_errors(said["errors"])
    total["warnings"] += part.locate_errors(said["warnings"])
    total["refused"] += said["refused"]
    total["skipped"] += said["skipped"]


def print_report(report: dict[str, Any], console: Console) -> None:
    if report["errors"]:
        console.print(errors_table(report["errors"], "bad rows"))
    if report["warnings"]:
        console.print(errors_table(report["warnings"], "rows to check"))
    if report["refused"]:
        console.print(refusals_table(report["refused"]))
    if report["skipped"]:
        reasons = Counter(each["reason"] for each in report["skipped"])
        console.print("skipped: " + ", ".join(f"{count} × {reason}" for reason, count in reasons.items()))
    counted = Table("file", "rows", *([] if report["dry_run"] else ["changed"]))
    for name, rows in report["rows"].items():
        counted.add_row(f"{name}.csv", str(rows), *([] if report["dry_run"] else [str(report["changed"].get(name, 0))]))
    console.print(counted)
    console.print(summary_line(report))


def errors_table(listed: list[dict[str, Any]], title: str) -> Table:
    table = Table("file", "row", "column", "reason", title=f"{len(listed)} {title}", title_justify="left")
    for each in listed[:MAX_SHOWN]:
        table.add_row(each["file"], str(each["row"]), each["column"], each["reason"])
    if len(listed) > MAX_SHOWN:
        table.add_row("…", "", "", f"and {len(listed) - MAX_SHOWN} more")
    return table


def refusals_table(listed: list[dict[str, Any]]) -> Table:
    table = Table("order", "refusal", "why", title=f"{len(listed)} orders refused", title_justify="left")
    for each in listed[:MAX_SHOWN]:
        table.add_row(each["ref"], each["code"], each["detail"])
    return table


def summary_line(report: dict[str, Any]) -> str:
    if report["dry_run"]:
        return "A dry run: nothing was changed." + ("" if report["errors"] else " Every row is good.")
    return f"{sum(report['changed'].values())} rows changed something; a second run would change none of these."


if __name__ == "__main__":
    sys.exit(main())
