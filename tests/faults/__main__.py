"""`python -m tests.faults`: doors and listeners × every send × ten faults, as a table; ends with 1 if one fails."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

import tests.environment  # noqa: F401 - before the first import of the shop
from tests.faults import listeners, routes
from tests.faults.ground import Ground
from tests.faults.line import KINDS
from tests.faults.routes import Verdict

GOOD, BAD = "[green]✓[/]", "[red]{} ✗[/]"


def main() -> int:
    console, ground = Console(), Ground()
    wrong: list[Verdict] = []
    cases = 0
    with ground.stood_on():
        doors = (verdict for row in routes.ROWS for verdict in routes.verdicts(ground, row))
        news = (verdict for each in list(listeners.all_news(ground)) for verdict in listeners.verdicts(ground, each))
        for title, verdicts in (("Doors", list(doors)), ("Listeners, brought again", list(news))):
            console.print(as_table(title, verdicts))
            cases += len(verdicts)
            wrong += [verdict for verdict in verdicts if verdict.wrong]
    for verdict in wrong:
        console.print(f"{verdict.name}, send {verdict.send + 1}, {verdict.kind}: {verdict.wrong}", style="red")
    for door, (words, _) in routes.EXCUSED.items():
        console.print(f"{door} after a lost answer: {words}", style="dim")
    console.print(f"{cases} cases: each send of each door and listener × {len(KINDS)} faults; {len(wrong)} not well")
    return 1 if wrong else 0


def as_table(title: str, verdicts: Iterable[Verdict]) -> Table:
    table = Table(title=title, header_style="bold")
    table.add_column("")
    table.add_column("sends", justify="right")
    for kind in KINDS:
        table.add_column(kind, justify="center")
    sends: Counter[str] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    for each in verdicts:
        sends[each.name] += each.kind == next(iter(KINDS))
        bad[each.name, each.kind] += bool(each.wrong)
    for name, count in sends.items():
        marks = (BAD.format(bad[name, kind]) if bad[name, kind] else GOOD for kind in KINDS)
        table.add_row(name.replace("[", r"\["), str(count), *marks)
    return table


if __name__ == "__main__":
    sys.exit(main())
