"""`python -m tests.verification.interleavings`: each race, in how many orders it was run, how it ended, and the guards
it is found without: all of them, no fewer. 1 if one is unfair."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

import tests.environment  # noqa: F401 - before the first import of the shop
from tests.verification.interleavings.explore import explored, unguarded
from tests.verification.interleavings.races import RACES


def main() -> int:
    table, wrong = Table(header_style="bold"), 0
    for title in ("race", "schedules", "ends", "fair", "found without"):
        table.add_column(title)
    for made in RACES:
        found, (needs, without) = explored(made), unguarded(made)
        ends = "\n".join(f"{count} × {', '.join(end)}" for end, count in sorted(found.ends.items()))
        fair, seen = not found.wrong, [guards for guards, so in without.items() if so] == [needs]
        wrong += not (fair and seen)
        names = " and ".join(sorted(needs))
        marks = "[green]✓[/]" if fair else f"[red]{found.wrong[0]}[/]", names if seen else f"[red]not {names}[/]"
        table.add_row(made.__name__.replace("_", " "), str(found.schedules), ends, *marks)
    Console().print(table)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
