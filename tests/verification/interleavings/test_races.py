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

from tests.verification.interleavings.explore import Made, actors, explored, unguarded
from tests.verification.interleavings.races import RACES
from tests.verification.interleavings.turns import Send

OF_TWO = [made for made in RACES if actors(made) == 2]


@pytest.mark.parametrize("made", RACES, ids=lambda made: made.__name__)
def test_in_every_order_of_their_sends_it_ends_as_if_one_had_come_after_the_other(made: Made) -> None:
    found = explored(made)

    assert found.wrong == []
    assert found.schedules >= len(found.ends) > 1


@pytest.mark.parametrize("made", RACES, ids=lambda made: made.__name__)
def test_a_race_is_found_when_all_guards_that_cover_each_other_are_away_and_no_sooner(made: Made) -> None:
    needs, found = unguarded(made)

    assert {guards for guards, so in found.items() if so} == {needs}


@pytest.mark.verify
@pytest.mark.parametrize("made", OF_TWO, ids=lambda made: made.__name__)
def test_the_orders_that_are_left_out_would_end_in_nothing_else(made: Made, monkeypatch: Any) -> None:
    few = explored(made)
    monkeypatch.setattr(Send, "minds", lambda send, other: True)

    every = explored(made)

    assert every.schedules > few.schedules
    assert (every.ends.keys(), every.wrong) == (few.ends.keys(), [])
