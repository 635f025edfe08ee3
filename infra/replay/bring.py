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
from infra.local.standing import NotRunning, standing
from infra.replay.parcels import Parcel, parcels

MOST_SHOWN = 200


def main() -> int:
    console = Console(highlight=False)
    said, dry = os.environ.get("DATA", ""), os.environ.get("DRY", "") not in ("", "0")
    if not said or not any(Path(said).glob("*.csv")):
        missing = f"There are no CSV files in {said}; say" if said else "Say"
        console.print(f"{missing} which folder to bring in: `make import DATA=folder`; DRY=1 only lists what is wrong.")
        return 2
    try:
        report = bring(Path(said), standing().owner, dry, console)
    except (NotRunning, ApiError) as why:
        console.print(f"[red]{why.detail if isinstance(why, ApiError) else why}[/red]")
        return 1
    show(report, console)
    return 1 if report["errors"] or report["refused"] else 0


def bring(folder: Path, owner: ApiClient, dry: bool, console: Console) -> dict[str, Any]:
    """One report for all parts together."""
    parts = parcels(folder)
    total: dict[str, Any] = {"dry_run": dry, "rows": Counter(), "changed": Counter()}
    total |= {"errors": [], "refused": [], "skipped": []}
    for number, part in enumerate(parts, start=1):
        with console.status(f"{'Checking' if dry else 'Bringing in'} {folder.name}, part {number} of {len(parts)} …"):
            add(total, part, send(owner, part, dry))
    return total


def send(owner: ApiClient, part: Parcel, dry: bool) -> dict[str, Any]:
    said: dict[str, Any] = owner.request(
        "POST", f"/imports?dry_run={str(dry).lower()}", part.zipped(dry), kind="application/zip"
    )
    return said


def add(total: dict[str, Any], part: Parcel, said: dict[str, Any]) -> None:
    for counted in ("rows", "changed"):
        total[counted].update({name: count for name, count in said[counted].items() if name in part.files})
    total["errors"] += part.in_files(said["errors"])
    total["refused"] += said["refused"]
    total["skipped"] += said["skipped"]


def show(report: dict[str, Any], console: Console) -> None:
    if report["errors"]:
        console.print(errors(report["errors"]))
    if report["refused"]:
        console.print(refused(report["refused"]))
    if report["skipped"]:
        reasons = Counter(each["reason"] for each in report["skipped"])
        console.print("skipped: " + ", ".join(f"{count} × {reason}" for reason, count in reasons.items()))
    counted = Table("file", "rows", *([] if report["dry_run"] else ["changed"]))
    for name, rows in report["rows"].items():
        counted.add_row(f"{name}.csv", str(rows), *([] if report["dry_run"] else [str(report["changed"].get(name, 0))]))
    console.print(counted)
    console.print(verdict(report))


def errors(listed: list[dict[str, Any]]) -> Table:
    table = Table("file", "row", "column", "reason", title=f"{len(listed)} bad rows", title_justify="left")
    for each in listed[:MOST_SHOWN]:
        table.add_row(each["file"], str(each["row"]), each["column"], each["reason"])
    if len(listed) > MOST_SHOWN:
        table.add_row("…", "", "", f"and {len(listed) - MOST_SHOWN} more")
    return table


def refused(listed: list[dict[str, Any]]) -> Table:
    table = Table("order", "refusal", "why", title=f"{len(listed)} orders refused", title_justify="left")
    for each in listed[:MOST_SHOWN]:
        table.add_row(each["ref"], each["code"], each["detail"])
    return table


def verdict(report: dict[str, Any]) -> str:
    if report["dry_run"]:
        return "A dry run: nothing was changed." + ("" if report["errors"] else " Every row is good.")
    return f"{sum(report['changed'].values())} rows changed something; a second run would change none of these."


if __name__ == "__main__":
    sys.exit(main())
