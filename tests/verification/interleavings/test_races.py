"""One winner, whatever the order of their sends; the other is told no and has moved nothing.

Explored are all orders that can matter, some ten for two actors and some forty for three. For two every single order
is run too by `make verify`, 6 to 462 of them, and ends in nothing else.

What decides a race are conditions of writes; those of one table are one guard here, and are away all together. Where
two guards cover each other, an order's row and its journal, neither alone is missed: each race is found when all that
it names in `needs` are away, and without fewer of them it is not.
`make verify ONLY=interleavings` prints the numbers.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.verification.interleavings.explore import MakeRace, count_actors, explore, explore_unguarded
from tests.verification.interleavings.races import RACES
from tests.verification.interleavings.turns import Send

OF_TWO = [made for made in RACES if count_actors(made) == 2]


@pytest.mark.parametrize("made", RACES, ids=lambda made: made.__name__)
def test_every_schedule_ends_like_a_serial_one(made: MakeRace) -> None:
    found = explore(made)

    assert found.violations == []
    assert found.schedules >= len(found.endings) > 1


@pytest.mark.parametrize("made", RACES, ids=lambda made: made.__name__)
def test_a_race_violates_only_without_all_of_its_guards(made: MakeRace) -> None:
    needs, found = explore_unguarded(made)

    assert {guards for guards, so in found.items() if so} == {needs}


@pytest.mark.verify
@pytest.mark.parametrize("made", OF_TWO, ids=lambda made: made.__name__)
def test_schedules_left_out_would_end_the_same(made: MakeRace, monkeypatch: Any) -> None:
    few = explore(made)
    monkeypatch.setattr(Send, "conflicts_with", lambda send, other: True)

    every = explore(made)

    assert every.schedules > few.schedules
    assert (every.endings.keys(), every.violations) == (few.endings.keys(), [])
