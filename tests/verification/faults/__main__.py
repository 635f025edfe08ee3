"""`python -m tests.verification.faults`: doors and listeners × every send × ten faults, and the doors of money × two
faults in one story, as tables; ends with 1 if one fails."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

import tests.environment  # noqa: F401 - before the first import of the shop
from tests.verification.faults import listeners, pairs, routes
from tests.verification.faults.ground import Ground
from tests.verification.faults.line import KINDS
from tests.verification.faults.pairs import Pair
from tests.verification.faults.routes import Verdict

GOOD, BAD = "[green]✓[/]", "[red]{} ✗[/]"
Verdicts = Sequence[Verdict | Pair]


def main() -> int:
    console, ground = Console(width=150), Ground()
    with ground.stood_on():
        doors = [verdict for row in routes.ROWS for verdict in routes.verdicts(ground, row)]
        news = [verdict for each in list(listeners.all_news(ground)) for verdict in listeners.verdicts(ground, each)]
        twice = [pair for row in pairs.DOORS for pair in pairs.verdicts(ground, row)]
    console.print(as_table("Doors", KINDS, doors))
    console.print(as_table("Listeners, brought again", KINDS, news))
    console.print(as_table("Doors that move money, by the first of two faults", pairs.OF_A_COMMIT, twice))
    wrong = [verdict for verdicts in (doors, news, twice) for verdict in verdicts if verdict.wrong]
    for verdict in wrong:
        console.print(str(verdict), style="red")
    for door, (words, _) in routes.EXCUSED.items():
        console.print(f"{door} after a lost answer: {words}", style="dim")
    console.print(f"{len(doors) + len(news)} cases: each send of each door and listener × {len(KINDS)} faults")
    console.print(f"{len(twice)} pairs: two faults in one story of each door that moves money")
    console.print(f"{len(wrong)} not well")
    return 1 if wrong else 0


def as_table(title: str, kinds: Iterable[str], verdicts: Verdicts) -> Table:
    table = Table(title=title, header_style="bold", padding=(0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("cases", justify="right")
    for kind in kinds:
        table.add_column(kind, justify="center")
    met = Counter((each.name, each.kind) for each in verdicts)
    bad = Counter((each.name, each.kind) for each in verdicts if each.wrong)
    for name, count in Counter(each.name for each in verdicts).items():
        table.add_row(name.replace("[", r"\["), str(count), *(mark(met[name, kind], bad[name, kind]) for kind in kinds))
    return table


def mark(met: int, bad: int) -> str:
    return BAD.format(bad) if bad else GOOD if met else ""


if __name__ == "__main__":
    sys.exit(main())
