"""`make verify ONLY=mutation`: how many small changes to rules and conditions a test notices; `ROOM=stock` takes one
package.

Under ninety percent of a file is too few, and a condition that can be changed unnoticed is one too many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.verification.figures import Figures
from tests.verification.mutation.change import Mutant, mutants
from tests.verification.mutation.equivalent import is_equivalent
from tests.verification.mutation.live import survivors
from tests.verification.mutation.rooms import ROOMS, Room

LEAST = 0.9


@dataclass(frozen=True)
class Score:
    file: str
    what: str
    least: float
    mutants: int
    survived: int

    @property
    def share(self) -> float:
        return 1 - self.survived / self.mutants

    @property
    def enough(self) -> bool:
        return self.share >= self.least


def mutants_noticed() -> Figures:
    names = os.environ.get("ROOM", "").split() or list(ROOMS)
    scores = [score for name in names for score in scores_of(ROOMS[name])]
    Console(width=120).print(table_of(scores))
    made, survived = sum(each.mutants for each in scores), sum(each.survived for each in scores)
    reached = f"{made:,} changes in {', '.join(names)}; {survived} unnoticed"
    goal = "90 % of each file of rules, every condition"
    return Figures(
        "small changes to rules and conditions, noticed by a test", reached, goal, all(each.enough for each in scores)
    )


def scores_of(room: Room) -> Iterator[Score]:
    yield from _scored([each for file in room.rules for each in mutants(file)], room.pure, "everything", LEAST)
    in_stores = [each for file in room.stores for each in mutants(file, room.reckons)]
    yield from _scored(in_stores, room.kept, "conditions", 1)


def _scored(made: Sequence[Mutant], tests: Sequence[str], what: str, least: float) -> Iterator[Score]:
    different = [mutant for mutant in made if not is_equivalent(mutant)]
    survived = survivors(different, tests, lambda mutant: print(mutant, flush=True))
    for file in dict.fromkeys(mutant.file for mutant in made):
        yield Score(file, what, least, _of(file, different), _of(file, survived))


def _of(file: str, made: Sequence[Mutant]) -> int:
    return sum(mutant.file == file for mutant in made)


def table_of(scores: Sequence[Score]) -> Table:
    table = Table("file", "changed", title="Small changes, and whether a test notices", header_style="bold")
    for title in ("mutants", "killed", "survived", "score"):
        table.add_column(title, justify="right")
    for each in scores:
        counted = each.mutants, each.mutants - each.survived, each.survived
        share = f"[{'green' if each.enough else 'red'}]{each.share:.1%}[/]"
        table.add_row(each.file, each.what, *map(str, counted), share)
    return table
