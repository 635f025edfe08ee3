"""`python -m tests.verification.mutation [room …]`, or ROOM=stock: how many small changes tests notice; 1 if too few.

Under ninety percent of a file is too few, and a condition that can be changed unnoticed is one too many.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

import tests.environment  # noqa: F401 - before the first import of the shop
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


def main(names: Sequence[str]) -> int:
    scores = [score for name in names or ROOMS for score in scores_of(ROOMS[name])]
    Console(width=120).print(table_of(scores))
    return 0 if all(score.enough for score in scores) else 1


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or os.environ.get("ROOM", "").split()))
