"""The fault tests in `make verify`: single faults, pairs of faults, and processes that are killed.

Single faults: every send of every endpoint and event handler with each of ten faults. Pairs: two faults in one request
to an endpoint that moves money.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.verification.faults import endpoint_faults, handlers, kill_loop, pairs
from tests.verification.faults.endpoint_faults import Verdict
from tests.verification.faults.faulty_engine import KINDS
from tests.verification.faults.pairs import Pair
from tests.verification.faults.replayable_shop import ReplayableShop
from tests.verification.figures import Figures

ROUNDS, SEED = 100, 8
NOTIFIED_WITHIN_SECONDS = 5.0
Verdicts = Sequence[Verdict | Pair]


def single_faults() -> Figures:
    shop = ReplayableShop()
    with shop.build():
        endpoints = [verdict for row in endpoint_faults.ROWS for verdict in endpoint_faults.verdicts(shop, row)]
        handler_verdicts = [
            verdict
            for delivery in list(handlers.list_deliveries(shop))
            for verdict in handlers.verdicts(shop, delivery)
        ]
    show("Endpoints", KINDS, endpoints)
    show("Event handlers, delivered again", KINDS, handler_verdicts)
    for endpoint, (reason, _) in endpoint_faults.ALLOWED_DIFFERENCES.items():
        print(f"Another answer is allowed for {endpoint} after a lost reply: {reason}")
    return figures(
        "every send of every endpoint and event handler × ten faults", [*endpoints, *handler_verdicts], "all cases"
    )


def pairs_of_faults() -> Figures:
    shop = ReplayableShop()
    with shop.build():
        results = [pair for row in pairs.MONEY_ROWS for pair in pairs.verdicts(shop, row)]
    show("Endpoints that move money, by the first of two faults", pairs.COMMIT_FAULTS, results)
    return figures("every pair of faults in one request of every endpoint that moves money", results, "all pairs")


def kills() -> Figures:
    loop, failures = kill_loop.run_on_own_engine(ROUNDS, SEED)
    lost = "; ".join(failures) or "0 acknowledged orders lost or doubled"
    longest = max(loop.drained_seconds, default=float("inf"))
    measured = f"{ROUNDS} rounds, {sum(loop.kills.values())} kills, {len(loop.answers)} orders, {lost}"
    waits = f"all notices within {median(loop.drained_seconds):.1f} s (median), {longest:.1f} s (longest)"
    goal = f"0 lost in 20 rounds; all notices within {NOTIFIED_WITHIN_SECONDS:.0f} s of a kill"
    holds = not failures and longest <= NOTIFIED_WITHIN_SECONDS
    return Figures("kill -9 of API and dispatcher while orders are placed", f"{measured}; {waits}", goal, holds)


def figures(name: str, verdicts: Verdicts, goal: str) -> Figures:
    failed = [verdict for verdict in verdicts if verdict.failure]
    for verdict in failed:
        print(verdict)
    return Figures(name, f"{len(verdicts):,} cases, {len(failed)} wrong", goal, not failed)


def show(title: str, kinds: Iterable[str], verdicts: Verdicts) -> None:
    table = Table(title=title, header_style="bold", padding=(0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("cases", justify="right")
    for kind in kinds:
        table.add_column(kind, justify="center")
    cases = Counter((verdict.name, verdict.kind) for verdict in verdicts)
    wrong = Counter((verdict.name, verdict.kind) for verdict in verdicts if verdict.failure)
    for name, count in Counter(verdict.name for verdict in verdicts).items():
        marks = [_mark(cases[name, kind], wrong[name, kind]) for kind in kinds]
        table.add_row(name.replace("[", r"\["), str(count), *marks)
    Console(width=150).print(table)


def _mark(cases: int, wrong: int) -> str:
    return f"[red]{wrong} ✗[/]" if wrong else "[green]✓[/]" if cases else ""
