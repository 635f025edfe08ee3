"""`make replay DATA=folder [SPEED=…]`: replays the history of an import folder in a temporary shop.

The shop starts empty on free ports and is deleted afterwards; it is never the one of `make run`. The result is written
to `.local/replay.json`. SPEED is a factor: 86400 replays a day in a second. Without it the replay runs at full speed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chalicelib.exchange.model import CellFormats
from chalicelib.exchange.tables import NotUtf8
from chalicelib.kit import config
from infra.local.engine import CannotStart
from infra.local.run import LOCAL
from infra.local.temporary_shop import TemporaryShop
from infra.replay.history import History, Plan, find_currency, load_history, load_plan

if TYPE_CHECKING:
    from infra.invariants.check import Report
    from infra.replay.replayer import OnProgress, ReplayOutcome
    from infra.replay.summary import ReplaySummary

RESULT = "replay.json"
MAX_SHOWN = 20
ROLE_OF_PARTY = {"staff": "salesman", "location": "warehouse", "role": "office"}
PROCESS_NAMES = {"engine": "AWS engine", "server": "API", "dispatcher": "event handlers"}


def main() -> int:
    console = Console(highlight=False)
    data, speed = os.environ.get("DATA", ""), os.environ.get("SPEED") or "0"
    if not data or not any(Path(data).glob("*.csv")):
        problem = f"There are no CSV files in {data}." if data else "DATA is not set."
        console.print(f"{problem} Usage: `make replay DATA=folder` with a folder of CSV files.")
        return 2
    if not speed.replace(".", "", 1).isdecimal():
        console.print(f"SPEED={speed} is not a number; SPEED=86400 replays a day in a second.")
        return 2
    try:
        result = replay(Path(data), float(speed), console)
    except (CannotStart, NotUtf8) as error:
        console.print(f"[red]{error.detail if isinstance(error, NotUtf8) else error}[/red]")
        return 1
    return 0 if result["is_complete"] else 1


def replay(folder: Path, speed: float, console: Console) -> dict[str, Any]:
    """Replay the folder, print the result and return it: `report`, `facts` and `is_complete`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan, currency = load_plan(folder), find_currency(folder)
    history = load_history(folder, CellFormats(currency, config.zone()))
    console.print(f"Replaying {len(history.orders)} orders from {folder} in a temporary shop …")
    # A replay sends hundreds of messages a second, all of them to the local engine.
    budgets = {"SATUKANAL_SMS_PER_DAY": "100000", "SATUKANAL_SMS_PER_STAFF_PER_DAY": "100000"}
    settings = {"SATUKANAL_CURRENCY": currency} | budgets | plan.settings
    with TemporaryShop(settings) as shop:
        result = run_replay(shop, folder, history, plan, speed, console)
    LOCAL.mkdir(parents=True, exist_ok=True)
    (LOCAL / RESULT).write_text(json.dumps(result["report"], indent=1))
    print_result(result, console)
    return result


def run_replay(
    shop: TemporaryShop, folder: Path, history: History, plan: Plan, speed: float, console: Console
) -> dict[str, Any]:
    # Imported here, like the product's packages: table names are read from the environment at import.
    import boto3

    from infra.invariants.check import check_snapshot
    from infra.invariants.snapshot import load_snapshot
    from infra.replay.replayer import Replayer, ReplayStuck
    from infra.replay.summary import ReplaySummary

    with progress_bars(console) as bars:
        replayer = Replayer(shop.url, history, plan, speed, progress_updater(bars, len(history.orders)))
        try:
            replayer.import_reference_data(folder)
            outcome = replayer.run(shop.drain)
        except ReplayStuck as error:
            logs = f"{shop.log_tail('server')}{shop.log_tail('dispatcher')}"
            raise CannotStart(f"The replay got stuck: {error}\n{logs}") from error
    with console.status("Counting, and checking the invariants …"):
        snapshot = load_snapshot(boto3.client("dynamodb"), "satukanal", is_idle=True)
        checked = check_snapshot(snapshot)
        summary = ReplaySummary(snapshot, os.environ["SATUKANAL_CURRENCY"])
        wrong = summary.wrong_notices() + summary.wrong_sends(shop.engine.address)
    facts = {
        "delivered": summary.delivered,
        "paid": summary.paid,
        "import_seconds": outcome.import_seconds,
        "import_errors": outcome.errors,
        "kinds": summary.notices_by_kind,
        "refused_claims": dict(replayer.progress.counts),
        "wrong_notifications": wrong,
        "cpu": shop.measure_cpu(),
    }
    is_complete = not wrong and not checked.violations and summary.delivered == len(summary.orders)
    return {"report": build_report(summary, outcome, checked), "facts": facts, "is_complete": is_complete}


def build_report(summary: ReplaySummary, outcome: ReplayOutcome, checked: Report) -> dict[str, Any]:
    """The content of `.local/replay.json`."""
    return {
        "orders": len(summary.orders),
        "lines": len(summary.lines),
        "refused": outcome.refused,
        "skipped": outcome.skipped,
        "net_total": summary.net_total,
        "by_channel": summary.by_channel,
        "units_sold": summary.units_sold,
        "on_hand": summary.on_hand,
        "notified": summary.notified,
        "offers": summary.offers,
        "seconds": round(outcome.seconds, 3),
        "orders_per_second": round(len(summary.orders) / outcome.seconds, 2) if outcome.seconds else 0.0,
        "invariants": {"checked": checked.checked, "violated": [" ".join(parts) for parts in checked.violations]},
    }


def progress_updater(bars: Progress, total: int) -> OnProgress:
    placed, done = bars.add_task("placed", total=total), bars.add_task("fulfilled", total=None)

    def update_bars(placed_count: int, done_count: int) -> None:
        bars.update(placed, completed=placed_count)
        bars.update(done, completed=done_count, total=total)

    return update_bars


def progress_bars(console: Console) -> Progress:
    columns = [TextColumn("{task.description:>10}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn()]
    return Progress(*columns, console=console, transient=True)


def print_result(result: dict[str, Any], console: Console) -> None:
    report, facts = result["report"], result["facts"]
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, text in result_rows(report, facts):
        table.add_row(f"[bold]{name}[/bold]", text)
    console.print(table)
    bad_rows = [f"{row['file']} row {row['row']} {row['reason']}" for row in facts["import_errors"]]
    print_list(console, "bad rows in the import", bad_rows)
    print_list(console, "refused", [f"{row['ref']}: {row['code']}, {row['detail']}" for row in report["refused"]])
    print_list(console, "wrong notifications", facts["wrong_notifications"])
    print_list(console, "violations", report["invariants"]["violated"])


def result_rows(report: dict[str, Any], facts: dict[str, Any]) -> list[tuple[str, str]]:
    channels = ", ".join(f"{name} {summary['orders']:,}" for name, summary in report["by_channel"].items())
    rows = [
        ("orders", f"{report['orders']:,} with {report['lines']:,} lines, {report['units_sold']:,} units"),
        ("net", format_amount(report["net_total"]) + " (lines, without freight)"),
        ("by channel", channels),
        ("fulfilled", f"{facts['delivered']:,} delivered or collected, {facts['paid']:,} paid or on credit"),
        ("left", f"{sum(report['on_hand'].values()):,} units of {len(report['on_hand']):,} products on hand"),
    ]
    if report["skipped"]:
        rows.append(("skipped", f"{len(report['skipped']):,} lines: returns are not supported yet"))
    return [*rows, *offer_rows(report, facts), *notification_rows(facts), *run_rows(report, facts)]


def offer_rows(report: dict[str, Any], facts: dict[str, Any]) -> list[tuple[str, str]]:
    offers, refused = report["offers"], facts["refused_claims"]
    if not offers["made"]:
        return []
    late = sum(refused.get(code, 0) for code in ("already_claimed", "warehouse_accepted", "offer_expired"))
    return [
        ("offers", f"{offers['made']:,} opened; {offers['claimed_by_salesman']:,} claimed by a salesman"),
        ("", f"{offers['fell_back']:,} fell back to the warehouse; {late:,} claims came too late and were refused"),
        ("", f"an offer was open for {offers['median_offer_seconds']} s (median)"),
    ]


def notification_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    counts = [
        f"{ROLE_OF_PARTY[party]} {kind.replace('_', ' ')} {count:,}"
        for (party, kind), count in sorted(facts["kinds"].items())
        if party in ROLE_OF_PARTY
    ]
    exactly_once = "[red]not exactly once[/red]" if facts["wrong_notifications"] else "[green]exactly once[/green]"
    return [("notices", ", ".join(counts) or "none"), ("", exactly_once)]


def run_rows(report: dict[str, Any], facts: dict[str, Any]) -> list[tuple[str, str]]:
    checked, violated = report["invariants"]["checked"], report["invariants"]["violated"]
    verdict = f"[red]{len(violated)} violations[/red]" if violated else "[green]all hold[/green]"
    cpu = [f"{PROCESS_NAMES.get(name, name)} {seconds:.1f} s" for name, seconds in sorted(facts["cpu"].items())]
    return [
        ("invariants", f"{' '.join(checked)}: {verdict}"),
        ("speed", f"[bold]{report['orders_per_second']:.1f} orders a second[/bold]"),
        ("", f"{report['seconds']:.1f} s from the first order to the last processed event"),
        ("", f"and {facts['import_seconds']:.1f} s for the import before"),
        *([("CPU", ", ".join(cpu))] if cpu else []),
    ]


def format_amount(money: dict[str, Any]) -> str:
    from chalicelib.kit.money import format_money, from_json

    return format_money(from_json(money))


def print_list(console: Console, title: str, lines: list[str]) -> None:
    if not lines:
        return
    console.print(f"\n[bold]{len(lines)} {title}[/bold]")
    for line in lines[:MAX_SHOWN]:
        console.print(f"  {line}")
    if len(lines) > MAX_SHOWN:
        console.print(f"  … and {len(lines) - MAX_SHOWN} more")


if __name__ == "__main__":
    sys.exit(main())
