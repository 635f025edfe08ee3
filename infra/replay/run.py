"""`make replay DATA=folder [SPEED=…]`: an import folder's history lived through in a shop of its own.

The shop is empty, on free ports, and never the one that `make run` keeps; it is gone afterwards, and what it came to
stands in `.local/replay.json`. SPEED is how many times faster than in life: 86400 makes a day a second; without it,
as fast as it goes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.local.engine import CannotStart
from infra.local.run import LOCAL
from infra.local.temporary_shop import TemporaryShop
from infra.replay import history

RESULT = "replay.json"
MAX_SHOWN = 20


def main() -> int:
    console = Console(highlight=False)
    said, speed = os.environ.get("DATA", ""), os.environ.get("SPEED") or "0"
    if not said or not any(Path(said).glob("*.csv")):
        missing = f"There are no CSV files in {said}; say" if said else "Say"
        console.print(f"{missing} which folder of CSV files to live through: `make replay DATA=folder`.")
        return 2
    if not speed.replace(".", "", 1).isdecimal():
        console.print(f"SPEED={speed} is no number; SPEED=86400 makes a day a second.")
        return 2
    try:
        report = replay(Path(said), float(speed), console)
    except CannotStart as why:
        console.print(f"[red]{why}[/red]")
        return 1
    return 0 if report["whole"] else 1


def replay(folder: Path, speed: float, console: Console) -> dict[str, Any]:
    """What is written down, and beside it whether all of it went as it should."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan, currency = history.load_plan(folder), history.find_currency(folder)
    told = history.load_history(folder, currency)
    console.print(f"Replaying {len(told.orders)} orders from {folder} in a shop of its own …")
    # A hundred messages a second are no accident here, and they leave no machine.
    budgets = {"SATUKANAL_SMS_PER_DAY": "100000", "SATUKANAL_SMS_PER_STAFF_PER_DAY": "100000"}
    settings = {"SATUKANAL_CURRENCY": currency} | budgets | plan.settings
    with TemporaryShop(settings) as stack:
        result = run_replay(stack, folder, told, plan, speed, console)
    LOCAL.mkdir(parents=True, exist_ok=True)
    (LOCAL / RESULT).write_text(json.dumps(result["report"], indent=1))
    print_result(result, console)
    return result["report"] | {"whole": result["whole"]}  # type: ignore[no-any-return]


def run_replay(
    stack: TemporaryShop, folder: Path, told: history.History, plan: history.Plan, speed: float, console: Console
) -> dict[str, Any]:
    import boto3  # and the rooms: only now does the environment name this shop's tables

    from infra.invariants.check import check_snapshot
    from infra.invariants.snapshot import load_snapshot
    from infra.replay.replayer import Replayer, ReplayStuck
    from infra.replay.summary import ReplaySummary

    with progress_bars(console) as bars:
        placed, done = bars.add_task("placed", total=len(told.orders)), bars.add_task("fulfilled", total=None)

        def tell(orders: int, brought: int) -> None:
            bars.update(placed, completed=orders)
            bars.update(done, completed=brought, total=len(told.orders))

        relive = Replayer(stack.url, told, plan, speed, tell)
        try:
            relive.import_reference_data(folder)
            life = relive.run(stack.drain)
        except ReplayStuck as why:
            raise CannotStart(
                f"The replay got stuck: {why}\n{stack.log_tail('server')}{stack.log_tail('dispatcher')}"
            ) from why
    with console.status("Counting, and checking the invariants …"):
        client = boto3.client("dynamodb")
        world = load_snapshot(client, "satukanal", is_idle=True)
        verdict = check_snapshot(world)
        tally = ReplaySummary(world, os.environ["SATUKANAL_CURRENCY"])
        wrong = tally.wrong_notices() + tally.wrong_sends(stack.engine.address)
    report = {
        "orders": len(tally.orders),
        "lines": len(tally.lines),
        "refused": life.refused,
        "skipped": life.skipped,
        "net_total": tally.net_total,
        "by_channel": tally.by_channel,
        "units_sold": tally.units_sold,
        "on_hand": tally.on_hand,
        "notified": tally.notified,
        "offers": tally.offers,
        "seconds": round(life.seconds, 3),
        "orders_per_second": round(len(tally.orders) / life.seconds, 2) if life.seconds else 0.0,
        "invariants": {"checked": verdict.checked, "violated": [" ".join(each) for each in verdict.violations]},
    }
    facts = {
        "delivered": tally.delivered,
        "paid": tally.paid,
        "import_seconds": life.import_seconds,
        "import_errors": life.errors,
        "kinds": tally.notices_by_kind,
        "late": dict(relive.progress.counts),
        "told_wrong": wrong,
        "cpu": stack.measure_cpu(),
    }
    whole = not wrong and not verdict.violations and tally.delivered == len(tally.orders)
    return {"report": report, "facts": facts, "whole": whole}


def progress_bars(console: Console) -> Progress:
    columns = [TextColumn("{task.description:>10}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn()]
    return Progress(*columns, console=console, transient=True)


def print_result(result: dict[str, Any], console: Console) -> None:
    report, facts = result["report"], result["facts"]
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, words in result_rows(report, facts):
        table.add_row(f"[bold]{name}[/bold]", words)
    console.print(table)
    bad = [f"{each['file']} row {each['row']} {each['reason']}" for each in facts["import_errors"]]
    print_list(console, "bad rows in the import", bad)
    print_list(console, "refused", [f"{each['ref']}: {each['code']}, {each['detail']}" for each in report["refused"]])
    print_list(console, "told wrongly", facts["told_wrong"])
    print_list(console, "violated", report["invariants"]["violated"])


def result_rows(report: dict[str, Any], facts: dict[str, Any]) -> list[tuple[str, str]]:
    offers, kinds, late = report["offers"], facts["kinds"], facts["late"]
    said = [
        ("orders", f"{report['orders']:,} with {report['lines']:,} lines, {report['units_sold']:,} units"),
        ("net", format_amount(report["net_total"]) + " (lines, without freight)"),
        ("by channel", ", ".join(f"{name} {each['orders']:,}" for name, each in report["by_channel"].items())),
        ("fulfilled", f"{facts['delivered']:,} delivered or collected, {facts['paid']:,} paid or on account"),
        ("left", f"{sum(report['on_hand'].values()):,} units of {len(report['on_hand']):,} products on hand"),
    ]
    if report["skipped"]:
        said.append(("skipped", f"{len(report['skipped']):,} lines: returns have no door yet"))
    if offers["made"]:
        races = sum(late.get(code, 0) for code in ("already_claimed", "warehouse_accepted", "offer_expired"))
        said += [
            ("offers", f"{offers['made']:,} made; {offers['claimed_by_salesman']:,} claimed by a salesman"),
            ("", f"{offers['fell_back']:,} fell back to the warehouse; {races:,} claims came second and were told so"),
            ("", f"an offer stood open for {offers['median_offer_seconds']} s (median)"),
        ]
    known = [
        (ROLE_OF_PARTY[party], kind, count) for (party, kind), count in sorted(kinds.items()) if party in ROLE_OF_PARTY
    ]
    told = ", ".join(f"{who} {kind.replace('_', ' ')} {count:,}" for who, kind, count in known)
    once = "[green]each exactly once[/green]" if not facts["told_wrong"] else "[red]not each exactly once[/red]"
    cpu = ", ".join(
        f"{PROCESS_NAMES.get(name, name)} {seconds:.1f} s" for name, seconds in sorted(facts["cpu"].items())
    )
    checked, violated = report["invariants"]["checked"], report["invariants"]["violated"]
    holds = "[green]all hold[/green]" if not violated else f"[red]{len(violated)} violations[/red]"
    return [
        *said,
        ("told", f"{told or 'nobody'}"),
        ("", once),
        ("invariants", f"{' '.join(checked)}: {holds}"),
        ("speed", f"[bold]{report['orders_per_second']:.1f} orders a second[/bold]"),
        ("", f"{report['seconds']:.1f} s from the first order to the last message heard"),
        ("", f"and {facts['import_seconds']:.1f} s before, for the import"),
        *([("CPU", cpu)] if cpu else []),
    ]


ROLE_OF_PARTY = {"staff": "salesman", "location": "warehouse", "role": "office"}
PROCESS_NAMES = {"engine": "AWS engine", "server": "API", "dispatcher": "listeners"}


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
