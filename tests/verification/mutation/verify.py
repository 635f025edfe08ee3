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
from tests.verification.mutation.equivalent import is_equivalent
from tests.verification.mutation.mutants import Mutant, list_mutants
from tests.verification.mutation.packages import PACKAGES, MutatedPackage
from tests.verification.mutation.runner import find_survivors

MIN_SCORE = 0.9


@dataclass(frozen=True)
class Score:
    file: str
    scope: str
    minimum: float
    mutants: int
    survived: int

    @property
    def share(self) -> float:
        return 1 - self.survived / self.mutants

    @property
    def is_enough(self) -> bool:
        return self.share >= self.minimum


def measure_mutation_score() -> Figures:
    names = os.environ.get("ROOM", "").split() or list(PACKAGES)
    scores = [score for name in names for score in score_package(PACKAGES[name])]
    Console(width=120).print(build_table(scores))
    made, survived = sum(each.mutants for each in scores), sum(each.survived for each in scores)
    reached = f"{made:,} changes in {', '.join(names)}; {survived} unnoticed"
    goal = "90 % of each file of rules, every condition"
    return Figures(
        "small changes to rules and conditions, noticed by a test",
        reached,
        goal,
        all(each.is_enough for each in scores),
    )


def score_package(room: MutatedPackage) -> Iterator[Score]:
    yield from _score(
        [each for file in room.rules for each in list_mutants(file)], room.rule_tests, "everything", MIN_SCORE
    )
    in_stores = [each for file in room.stores for each in list_mutants(file, room.condition_helpers)]
    yield from _score(in_stores, room.store_tests, "conditions", 1)


def _score(made: Sequence[Mutant], tests: Sequence[str], what: str, least: float) -> Iterator[Score]:
    different = [mutant for mutant in made if not is_equivalent(mutant)]
    survived = find_survivors(different, tests, lambda mutant: print(mutant, flush=True))
    for file in dict.fromkeys(mutant.file for mutant in made):
        yield Score(file, what, least, _count(file, different), _count(file, survived))


def _count(file: str, made: Sequence[Mutant]) -> int:
    return sum(mutant.file == file for mutant in made)


def build_table(scores: Sequence[Score]) -> Table:
    table = Table("file", "changed", title="Small changes, and whether a test notices", header_style="bold")
    for title in ("mutants", "killed", "survived", "score"):
        table.add_column(title, justify="right")
    for each in scores:
        counted = each.mutants, each.mutants - each.survived, each.survived
        share = f"[{'green' if each.is_enough else 'red'}]{each.share:.1%}[/]"
        table.add_row(each.file, each.scope, *map(str, counted), share)
    return table
