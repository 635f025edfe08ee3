"""`python -m tests.interleavings`: each race, in how many orders it was run, and how it ended; 1 if one is unfair."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

import tests.environment  # noqa: F401 - before the first import of the shop
from tests.interleavings.explore import explored
from tests.interleavings.races import RACES


def main() -> int:
    table, wrong = Table(header_style="bold"), 0
    for title in ("race", "schedules", "ends", "fair", "without its condition"):
        table.add_column(title)
    for made in RACES:
        found, bare = explored(made), explored(made, bare=True)
        ends = "\n".join(f"{count} × {', '.join(end)}" for end, count in sorted(found.ends.items()))
        fair, seen = not found.wrong, bool(bare.wrong)
        wrong += not (fair and seen)
        marks = "[green]✓[/]" if fair else f"[red]{found.wrong[0]}[/]", "found" if seen else "[red]not found[/]"
        table.add_row(made.__name__.replace("_", " "), str(found.schedules), ends, *marks)
    Console().print(table)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
