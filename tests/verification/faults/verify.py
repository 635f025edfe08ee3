"""The faults' parts of `make verify`: endpoints and handlers × every send × ten faults; endpoints that move money × two
faults in one story; processes that are killed while orders come in."""

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
    ground = ReplayableShop()
    with ground.build():
        endpoints = [verdict for row in endpoint_faults.ROWS for verdict in endpoint_faults.verdicts(ground, row)]
        handler_verdicts = [
            verdict for news in list(handlers.list_deliveries(ground)) for verdict in handlers.verdicts(ground, news)
        ]
    show("Endpoints", KINDS, endpoints)
    show("Event handlers, delivered again", KINDS, handler_verdicts)
    for endpoint, (words, _) in endpoint_faults.ALLOWED_DIFFERENCES.items():
        print(f"Allowed for {endpoint} after a lost reply: {words}")
    return figures(
        "every send of every endpoint and event handler × ten faults", [*endpoints, *handler_verdicts], "all cases"
    )


def pairs_of_faults() -> Figures:
    ground = ReplayableShop()
    with ground.build():
        found = [pair for row in pairs.MONEY_ROWS for pair in pairs.verdicts(ground, row)]
    show("Endpoints that move money, by the first of two faults", pairs.COMMIT_FAULTS, found)
    return figures("every pair of faults in one story of every endpoint that moves money", found, "all pairs")


def kills() -> Figures:
    loop, wrong = kill_loop.run_on_own_engine(ROUNDS, SEED)
    lost = "; ".join(wrong) or "0 acknowledged orders lost or doubled"
    longest = max(loop.drained_seconds, default=float("inf"))
    reached = f"{ROUNDS} rounds, {sum(loop.kills.values())} kills, {len(loop.answers)} orders, {lost}"
    waits = f"everything heard within {median(loop.drained_seconds):.1f} s (median), {longest:.1f} s (longest)"
    goal = f"0 lost in 20 rounds; everything heard within {NOTIFIED_WITHIN_SECONDS:.0f} s of a kill"
    holds = not wrong and longest <= NOTIFIED_WITHIN_SECONDS
    return Figures("kill -9 of API and dispatcher while orders come in", f"{reached}; {waits}", goal, holds)


def figures(what: str, verdicts: Verdicts, goal: str) -> Figures:
    wrong = [verdict for verdict in verdicts if verdict.failure]
    for verdict in wrong:
        print(verdict)
    return Figures(what, f"{len(verdicts):,} cases, {len(wrong)} wrong", goal, not wrong)


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
