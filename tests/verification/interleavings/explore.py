"""What a race may end in, what it does end in over all its schedules, and how many those are."""

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

SUCCESSES = {"mine", "True", "1"}
Ending = tuple[str, ...]
MakeRace = Callable[[], Race]


@dataclass
class Exploration:
    schedules: int = 0
    endings: dict[Ending, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


@contextmanager
def prepared_race(made: MakeRace) -> Iterator[tuple[ReplayableShop, Race, Any]]:
    """The race is ready to be run over and over."""
    ground = ReplayableShop()
    with ground.install():
        clock.source = lambda: NOON
        race = made()
        db.engine = TurnEngine(ground.memory)
        clear_caches()
        yield ground, race, ground.memory.snapshot()


def count_actors(made: MakeRace) -> int:
    with prepared_race(made) as (_, race, _):
        return len(race.actors)


def serial_endings(ground: ReplayableShop, race: Race, ready: Any) -> set[tuple[Ending, str]]:
    """Every way to come one after the other, with the tables it leaves; whoever is told no moves nothing."""
    found = set()
    for order in permutations(range(len(race.actors))):
        ground.memory.restore(ready)
        said = [""] * len(race.actors)
        for number in order:
            before = changed_rows(ground, ready)
            said[number] = race.actors[number]()
            assert said[number] in SUCCESSES or changed_rows(ground, ready) == before
        found.add((tuple(said), changed_rows(ground, ready)))
    return found


def explore(made: MakeRace) -> Exploration:
    with prepared_race(made) as (ground, race, ready):
        return _explore(ground, race, ready)


def explore_unguarded(made: MakeRace) -> tuple[Guards, dict[Guards, bool]]:
    """The guards it needs; and whether it is found without them, and without each part of them."""
    with prepared_race(made) as (ground, race, ready):
        parts = [frozenset(part) for size in range(len(race.guards)) for part in combinations(race.guards, size + 1)]
        return race.guards, {part: bool(_explore(ground, race, ready, part).violations) for part in parts}


def _explore(ground: ReplayableShop, race: Race, ready: Any, without: Guards = frozenset()) -> Exploration:
    found = Exploration()
    fair = serial_endings(ground, race, ready)
    assert isinstance(db.engine, TurnEngine)
    db.engine.unguarded_tables = frozenset(map(config.table_name, without))
    for said in schedules(race.actors, lambda: ground.memory.restore(ready)):
        found.schedules += 1
        end = tuple(said)
        found.endings[end] = found.endings.get(end, 0) + 1
        found.violations += find_violations(ground, race, ready, end, fair)
    db.engine.unguarded_tables = frozenset()
    return found


def find_violations(
    ground: ReplayableShop, race: Race, ready: Any, end: Ending, fair: set[tuple[Ending, str]]
) -> list[str]:
    found = [f"ended in {end}"] if end not in race.endings else []
    if (end, changed_rows(ground, ready)) not in fair:
        found.append(f"{end} left what no order one after the other leaves")
    return found + [f"{end} violates {name}: {words}" for name, words in ground.violations()]


def changed_rows(ground: ReplayableShop, ready: Any) -> str:
    """What differs from the beginning. Ids are drawn in another order in every schedule, so only their kinds count."""
    _, moved = ground.changes_since(ready)
    return "\n".join(sorted(re.sub(r"~\d+", "~", text) for text in moved))
