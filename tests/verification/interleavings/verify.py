"""`make verify ONLY=interleavings`: every race in every order of its sends that can matter, and without its guards."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tests.verification.figures import Figures
from tests.verification.interleavings.explore import explore, explore_unguarded
from tests.verification.interleavings.races import RACES


def races() -> Figures:
    table = Table("race", "schedules", "ends", "as if one came after the other", "found without", header_style="bold")
    schedules, wrong = 0, 0
    for make_race in RACES:
        found, (needs, without) = explore(make_race), explore_unguarded(make_race)
        is_found = [guards for guards, violated in without.items() if violated] == [needs]
        schedules, wrong = schedules + found.schedules, wrong + (bool(found.violations) or not is_found)
        ends = "\n".join(f"{count} × {', '.join(end)}" for end, count in sorted(found.endings.items()))
        fair, names = found.violations[0] if found.violations else "yes", " and ".join(sorted(needs))
        name = make_race.__name__.replace("_", " ")
        table.add_row(name, str(found.schedules), ends, fair, names if is_found else f"not {names}")
    Console(width=150).print(table)
    reached = f"{len(RACES)} races, {schedules:,} schedules, {wrong} wrong"
    goal = "every race ends as if its actors had come one after the other, and is found without its guards"
    return Figures("races of two and three actors, every order of their sends", reached, goal, not wrong)
