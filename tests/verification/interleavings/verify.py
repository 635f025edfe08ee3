"""`make verify ONLY=interleavings`: explore every race with its guards and without them."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tests.verification.figures import Figures
from tests.verification.interleavings.explore import explore, explore_unguarded
from tests.verification.interleavings.races import RACES


def races() -> Figures:
    table = Table("race", "schedules", "endings", "serializable", "violated without", header_style="bold")
    schedules, wrong = 0, 0
    for make_race in RACES:
        exploration, (guards, violated_without) = explore(make_race), explore_unguarded(make_race)
        is_detected = [part for part, is_violated in violated_without.items() if is_violated] == [guards]
        schedules += exploration.schedules
        wrong += bool(exploration.violations) or not is_detected
        endings = "\n".join(f"{count} × {', '.join(end)}" for end, count in sorted(exploration.endings.items()))
        serializable = exploration.violations[0] if exploration.violations else "yes"
        name, guard_names = make_race.__name__.replace("_", " "), " and ".join(sorted(guards))
        without = guard_names if is_detected else f"not {guard_names}"
        table.add_row(name, str(exploration.schedules), endings, serializable, without)
    Console(width=150).print(table)
    measured = f"{len(RACES)} races, {schedules:,} schedules, {wrong} wrong"
    goal = "every race is serializable, and is violated without its guards"
    return Figures("races of two and three actors, every order of their sends", measured, goal, not wrong)
