"""What a race may end in, what it does end in over all its schedules, and how many those are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any

from chalicelib.kit import clock, config, db
from tests.conftest import forget
from tests.fulfillment.build import NOON
from tests.verification.faults.ground import Ground
from tests.verification.interleavings.races import Guards, Race
from tests.verification.interleavings.turns import Turns, schedules

YES = {"mine", "True", "1"}
End = tuple[str, ...]
Made = Callable[[], Race]


@dataclass
class Found:
    schedules: int = 0
    ends: dict[End, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def held(made: Made) -> Iterator[tuple[Ground, Race, Any]]:
    """The race is ready to be run over and over."""
    ground = Ground()
    with ground.again():
        clock.source = lambda: NOON
        race = made()
        db.engine = Turns(ground.memory)
        forget()
        yield ground, race, ground.memory.snapshot()


def actors(made: Made) -> int:
    with held(made) as (_, race, _):
        return len(race.actors)


def one_after_the_other(ground: Ground, race: Race, ready: Any) -> set[tuple[End, str]]:
    """Every way to come one after the other, with the tables it leaves; whoever is told no moves nothing."""
    found = set()
    for order in permutations(range(len(race.actors))):
        ground.memory.put_back(ready)
        said = [""] * len(race.actors)
        for number in order:
            before = tables(ground, ready)
            said[number] = race.actors[number]()
            assert said[number] in YES or tables(ground, ready) == before
        found.add((tuple(said), tables(ground, ready)))
    return found


def explored(made: Made) -> Found:
    with held(made) as (ground, race, ready):
        return _explored(ground, race, ready)


def unguarded(made: Made) -> tuple[Guards, dict[Guards, bool]]:
    """The guards it needs; and whether it is found without them, and without each part of them."""
    with held(made) as (ground, race, ready):
        parts = [frozenset(part) for size in range(len(race.needs)) for part in combinations(race.needs, size + 1)]
        return race.needs, {part: bool(_explored(ground, race, ready, part).wrong) for part in parts}


def _explored(ground: Ground, race: Race, ready: Any, without: Guards = frozenset()) -> Found:
    found = Found()
    fair = one_after_the_other(ground, race, ready)
    assert isinstance(db.engine, Turns)
    db.engine.bare = frozenset(map(config.table, without))
    for said in schedules(race.actors, lambda: ground.memory.put_back(ready)):
        found.schedules += 1
        end = tuple(said)
        found.ends[end] = found.ends.get(end, 0) + 1
        found.wrong += wrong(ground, race, ready, end, fair)
    db.engine.bare = frozenset()
    return found


def wrong(ground: Ground, race: Race, ready: Any, end: End, fair: set[tuple[End, str]]) -> list[str]:
    found = [f"ended in {end}"] if end not in race.ends else []
    if (end, tables(ground, ready)) not in fair:
        found.append(f"{end} left what no order one after the other leaves")
    return found + [f"{end} violates {name}: {words}" for name, words in ground.wrong()]


def tables(ground: Ground, ready: Any) -> str:
    """What differs from the beginning. Ids are drawn in another order in every schedule, so only their kinds count."""
    _, moved = ground.since(ready)
    return "\n".join(sorted(re.sub(r"~\d+", "~", text) for text in moved))
