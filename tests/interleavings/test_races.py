"""One winner, whatever the order of their sends; the other is told no and has moved nothing.

Explored are all orders that can matter, some ten for two actors and some forty for three. For two every single order
is run too, 6 to 462 of them, and ends in nothing else. Without the condition that decides it each race is found.
`python -m tests.interleavings` prints the numbers.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.interleavings.explore import Made, explored
from tests.interleavings.races import RACES
from tests.interleavings.turns import Send

OF_TWO = [made for made in RACES if "three" not in made.__name__ and "two_claim_what" not in made.__name__]


@pytest.mark.parametrize("made", RACES, ids=lambda made: made.__name__)
def test_in_every_order_of_their_sends_it_ends_as_if_one_had_come_after_the_other(made: Made) -> None:
    found = explored(made)

    assert found.wrong == []
    assert found.schedules >= len(found.ends) > 1


@pytest.mark.parametrize("made", RACES, ids=lambda made: made.__name__)
def test_without_the_condition_that_decides_it_the_race_is_found(made: Made) -> None:
    assert explored(made, bare=True).wrong != []


@pytest.mark.parametrize("made", OF_TWO, ids=lambda made: made.__name__)
def test_the_orders_that_are_left_out_would_end_in_nothing_else(made: Made, monkeypatch: Any) -> None:
    few = explored(made)
    monkeypatch.setattr(Send, "minds", lambda send, other: True)

    every = explored(made)

    assert every.schedules > few.schedules
    assert (every.ends.keys(), every.wrong) == (few.ends.keys(), [])
