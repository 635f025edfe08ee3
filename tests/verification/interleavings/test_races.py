"""Every race ends as if its actors had acted one after the other; a refused actor has changed nothing.

The tests run all schedules that can make a difference: about ten for two actors and forty for three. `make verify` also
runs every single schedule of two actors, 6 to 462 of them, with the same endings.

Races are decided by conditions of writes. The conditions of one table are one guard, which these tests remove as a
whole: a race is violated without all of its guards, and holds as long as one of them is in place.
`make verify ONLY=interleavings` prints the numbers.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.verification.interleavings.explore import MakeRace, count_actors, explore, explore_unguarded
from tests.verification.interleavings.races import RACES
from tests.verification.interleavings.turns import Send

RACES_OF_TWO = [make_race for make_race in RACES if count_actors(make_race) == 2]


@pytest.mark.parametrize("make_race", RACES, ids=lambda make_race: make_race.__name__)
def test_every_schedule_ends_like_a_serial_one(make_race: MakeRace) -> None:
    exploration = explore(make_race)

    assert exploration.violations == []
    assert exploration.schedules >= len(exploration.endings) > 1


@pytest.mark.parametrize("make_race", RACES, ids=lambda make_race: make_race.__name__)
def test_a_race_violates_only_without_all_of_its_guards(make_race: MakeRace) -> None:
    race_guards, violated_without = explore_unguarded(make_race)

    assert {guards for guards, is_violated in violated_without.items() if is_violated} == {race_guards}


@pytest.mark.verify
@pytest.mark.parametrize("make_race", RACES_OF_TWO, ids=lambda make_race: make_race.__name__)
def test_schedules_left_out_would_end_the_same(make_race: MakeRace, monkeypatch: Any) -> None:
    reduced = explore(make_race)
    monkeypatch.setattr(Send, "conflicts_with", lambda send, other: True)

    full = explore(make_race)

    assert full.schedules > reduced.schedules
    assert (full.endings.keys(), full.violations) == (reduced.endings.keys(), [])
