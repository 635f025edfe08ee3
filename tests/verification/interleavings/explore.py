"""Explore a race: run all its schedules and compare their endings with those of serial execution."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any

from chalicelib.kit import clock, config, db
from tests.conftest import clear_caches
from tests.fulfillment.build import NOON
from tests.verification.faults.replayable_shop import ReplayableShop
from tests.verification.interleavings.races import Guards, Race
from tests.verification.interleavings.turns import TurnEngine, schedules

SUCCESSES = {"won", "True", "1"}
Ending = tuple[str, ...]
MakeRace = Callable[[], Race]


@dataclass
class Exploration:
    schedules: int = 0
    endings: dict[Ending, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


@contextmanager
def prepared_race(make_race: MakeRace) -> Iterator[tuple[ReplayableShop, Race, Any]]:
    """Prepare a race; yields the shop, the race and the tables from which every schedule starts."""
    shop = ReplayableShop()
    with shop.install():
        clock.source = lambda: NOON
        race = make_race()
        db.engine = TurnEngine(shop.memory)
        clear_caches()
        yield shop, race, shop.memory.snapshot()


def count_actors(make_race: MakeRace) -> int:
    with prepared_race(make_race) as (_, race, _):
        return len(race.actors)


def serial_endings(shop: ReplayableShop, race: Race, tables: Any) -> set[tuple[Ending, str]]:
    """Return the ending and the changed rows of every serial order; asserts that a refused actor changes nothing."""
    endings = set()
    for order in permutations(range(len(race.actors))):
        shop.memory.restore(tables)
        answers = [""] * len(race.actors)
        for number in order:
            before = changed_rows(shop, tables)
            answers[number] = race.actors[number]()
            assert answers[number] in SUCCESSES or changed_rows(shop, tables) == before
        endings.add((tuple(answers), changed_rows(shop, tables)))
    return endings


def explore(make_race: MakeRace) -> Exploration:
    with prepared_race(make_race) as (shop, race, tables):
        return _explore(shop, race, tables)


def explore_unguarded(make_race: MakeRace) -> tuple[Guards, dict[Guards, bool]]:
    """Return the race's guards, and for each subset of them whether the race is violated without it."""
    with prepared_race(make_race) as (shop, race, tables):
        parts = [frozenset(part) for size in range(len(race.guards)) for part in combinations(race.guards, size + 1)]
        return race.guards, {part: bool(_explore(shop, race, tables, part).violations) for part in parts}


def _explore(shop: ReplayableShop, race: Race, tables: Any, without: Guards = frozenset()) -> Exploration:
    exploration = Exploration()
    serial = serial_endings(shop, race, tables)
    assert isinstance(db.engine, TurnEngine)
    db.engine.unguarded_tables = frozenset(map(config.table_name, without))
    for answers in schedules(race.actors, lambda: shop.memory.restore(tables)):
        exploration.schedules += 1
        ending = tuple(answers)
        exploration.endings[ending] = exploration.endings.get(ending, 0) + 1
        exploration.violations += find_violations(shop, race, tables, ending, serial)
    db.engine.unguarded_tables = frozenset()
    return exploration


def find_violations(
    shop: ReplayableShop, race: Race, tables: Any, ending: Ending, serial: set[tuple[Ending, str]]
) -> list[str]:
    violations = [f"ended in {ending}"] if ending not in race.endings else []
    if (ending, changed_rows(shop, tables)) not in serial:
        violations.append(f"{ending} left rows that no serial order leaves")
    return violations + [f"{ending} violates {name}: {text}" for name, text in shop.violations()]


def changed_rows(shop: ReplayableShop, tables: Any) -> str:
    """Return the rows changed since `tables`, without numbers of ids: schedules generate ids in different orders."""
    _, changes = shop.changes_since(tables)
    return "\n".join(sorted(re.sub(r"~\d+", "~", text) for text in changes))
