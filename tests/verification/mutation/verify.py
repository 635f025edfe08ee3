"""`make verify ONLY=mutation`: the share of mutants that tests detect; `PACKAGE=stock` takes one package.

At least ninety percent of the mutants of each file of rules and all mutants of conditions must be detected.
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
    names = os.environ.get("PACKAGE", "").split() or list(PACKAGES)
    scores = [score for name in names for score in score_package(PACKAGES[name])]
    Console(width=120).print(build_table(scores))
    mutants, survived = sum(score.mutants for score in scores), sum(score.survived for score in scores)
    reached = f"{mutants:,} mutants in {', '.join(names)}; {survived} undetected"
    goal = "90 % of each file of rules, every condition"
    return Figures(
        "mutants of rules and conditions, detected by a test",
        reached,
        goal,
        all(score.is_enough for score in scores),
    )


def score_package(package: MutatedPackage) -> Iterator[Score]:
    yield from _score(
        [mutant for file in package.rules for mutant in list_mutants(file)], package.rule_tests, "everything", MIN_SCORE
    )
    in_stores = [mutant for file in package.stores for mutant in list_mutants(file, package.condition_helpers)]
    yield from _score(in_stores, package.store_tests, "conditions", 1)


def _score(mutants: Sequence[Mutant], tests: Sequence[str], scope: str, minimum: float) -> Iterator[Score]:
    tested = [mutant for mutant in mutants if not is_equivalent(mutant)]
    survived = find_survivors(tested, tests, lambda mutant: print(mutant, flush=True))
    for file in dict.fromkeys(mutant.file for mutant in mutants):
        yield Score(file, scope, minimum, _count(file, tested), _count(file, survived))


def _count(file: str, mutants: Sequence[Mutant]) -> int:
    return sum(mutant.file == file for mutant in mutants)


def build_table(scores: Sequence[Score]) -> Table:
    table = Table("file", "changed", title="Mutants, and whether a test detects them", header_style="bold")
    for title in ("mutants", "killed", "survived", "score"):
        table.add_column(title, justify="right")
    for score in scores:
        counts = score.mutants, score.mutants - score.survived, score.survived
        share = f"[{'green' if score.is_enough else 'red'}]{score.share:.1%}[/]"
        table.add_row(score.file, score.scope, *map(str, counts), share)
    return table
