"""`make import DATA=folder [DRY=1] [HISTORICAL=1] [NUMBERS=id|en] [DATES=id]`: imports a folder into the running shop.

It lists every bad row, and says how each file's numbers were read."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chalicelib.exchange.model import CellFormats
from chalicelib.exchange.tables import NotUtf8
from chalicelib.kit import config
from infra.local.api_client import ApiClient, ApiError
from infra.local.running_shop import NotRunning, connect
from infra.replay.import_parts import ImportPart, split_folder

LISTS = ("errors", "warnings", "refused", "skipped")
NUMBER_EXAMPLES = {"id": "1.250,50 (NUMBERS=id)", "en": "1,250.50 (NUMBERS=en)"}


def main() -> int:
    console = Console(highlight=False)
    data, dry = os.environ.get("DATA", ""), is_set("DRY")
    if not data or not any(Path(data).glob("*.[cC][sS][vV]")):
        problem = f"There are no CSV files in {data}." if data else "DATA is not set."
        console.print(f"{problem} Usage: `make import DATA=folder`; DRY=1 only lists bad rows.")
        return 2
    try:
        report = import_folder(Path(data), connect().owner_client, dry, console)
    except (NotRunning, ApiError, NotUtf8) as error:
        reason = str(error) if isinstance(error, NotRunning) else error.detail
        console.print(f"[red]{escape(reason)}[/red]")
        return 1
    print_report(report, console)
    return 1 if report["errors"] or report["refused"] else 0


def is_set(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


def import_folder(folder: Path, owner: ApiClient, dry: bool, console: Console) -> dict[str, Any]:
    """Import all parts and return their combined report."""
    settings = {name: os.environ.get(name.upper(), "") for name in ("numbers", "dates")}
    parts = split_folder(folder, CellFormats(config.currency(), config.zone(), **settings))
    total: dict[str, Any] = {"dry_run": dry, "rows": Counter(), "changed": Counter()}
    total |= {"formats": {}, "errors": [], "warnings": [], "refused": [], "skipped": []}
    for number, part in enumerate(parts, start=1):
        with console.status(f"{'Checking' if dry else 'Importing'} {folder.name}, part {number} of {len(parts)} …"):
            add_to_report(total, part, send_part(owner, part, dry))
    return total


def send_part(owner: ApiClient, part: ImportPart, dry: bool) -> dict[str, Any]:
    if not part.files:
        return part.report
    query = part.query | {"dry_run": str(dry).lower(), "historical": str(is_set("HISTORICAL")).lower()}
    report: dict[str, Any] = {"next": 0}
    pages = []
    while report["next"] is not None:  # a repeated import changes nothing, and reports the rows that it refuses again
        path = f"/imports?{urlencode(query | {'start': report['next']})}"
        report = owner.request("POST", path, part.to_zip(dry), kind="application/zip")
        pages.append(report)
    return pages[0] | {name: [item for page in pages for item in page[name]] for name in LISTS}


def add_to_report(total: dict[str, Any], part: ImportPart, report: dict[str, Any]) -> None:
    for counter in ("rows", "changed"):
        counts = report[counter].items()
        total[counter].update({name: count for name, count in counts if name in part.files or not part.files})
    total["formats"] = report["formats"] | total["formats"]  # those of whole files come first
    total["errors"] += part.locate_errors(report["errors"]) if part.files else report["errors"]
    total["warnings"] += part.locate_errors(report["warnings"])
    total["refused"] += report["refused"]
    total["skipped"] += report["skipped"]


def print_report(report: dict[str, Any], console: Console) -> None:
    if report["errors"]:
        console.print(errors_table(report["errors"], "bad rows"))
    if report["warnings"]:
        console.print(errors_table(report["warnings"], "rows to check"))
    if report["refused"]:
        console.print(refusals_table(report["refused"]))
    if report["skipped"]:
        reasons = Counter(row["reason"] for row in report["skipped"])
        console.print("skipped: " + ", ".join(f"{count} × {reason}" for reason, count in reasons.items()))
    table = Table("file", "rows", *([] if report["dry_run"] else ["changed"]))
    for name, rows in report["rows"].items():
        table.add_row(f"{name}.csv", str(rows), *([] if report["dry_run"] else [str(report["changed"].get(name, 0))]))
    console.print(table)
    for file, formats in report["formats"].items():
        if "numbers" in formats:
            console.print(f"{file}: numbers are read as {NUMBER_EXAMPLES[formats['numbers']]}")
    console.print(summary_line(report))


def errors_table(errors: list[dict[str, Any]], title: str) -> Table:
    table = Table("file", "row", "column", "reason", title=f"{len(errors)} {title}", title_justify="left")
    for error in errors:
        table.add_row(error["file"], str(error["row"]), error["column"], error["reason"])
    return table


def refusals_table(refusals: list[dict[str, Any]]) -> Table:
    table = Table("order", "refusal", "reason", title=f"{len(refusals)} orders refused", title_justify="left")
    for refusal in refusals:
        table.add_row(refusal["ref"], refusal["code"], refusal["detail"])
    return table


def summary_line(report: dict[str, Any]) -> str:
    if report["dry_run"]:
        return "Dry run: nothing was changed." + (
            "" if report["errors"] or report["refused"] else " All rows are valid."
        )
    return f"{sum(report['changed'].values())} rows changed."


if __name__ == "__main__":
    sys.exit(main())
