from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.kit import events
from chalicelib.kit.events import Event


@pytest.fixture
def tea_drunk() -> Iterator[Any]:
    @dataclass(frozen=True)
    class TeaDrunk(Event):
        cups: list[str]
        by: str
        sugar: int = 0

    yield TeaDrunk
    del Event.kinds["TeaDrunk"]


def test_what_was_empty_is_left_out_of_the_journal_and_reads_back_empty(tea_drunk: Any) -> None:
    event = tea_drunk(cups=[], by="", sugar=0)

    assert event.body() == {"sugar": 0}
    assert events.read("TeaDrunk", event.body()) == event


def test_fields_and_kinds_of_another_version_are_left_aside(tea_drunk: Any) -> None:
    assert events.read("TeaDrunk", {"by": "Budi", "milk": True}) == tea_drunk([], "Budi")
    assert events.read("CoffeeDrunk", {"by": "Budi"}) is None
