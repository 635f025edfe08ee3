from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.kit import events
from chalicelib.kit.events import Event, NewerVersion


@dataclass(frozen=True)
class Cup:
    holds: str
    sugar: int = 0


@dataclass(frozen=True)
class TeaDrunk(Event):
    by: str
    cups: tuple[Cup, ...] = ()
    sizes: dict[str, Cup] = field(default_factory=dict)
    with_milk: bool = False


del Event.kinds["TeaDrunk"]  # other tests check all kinds of the shop


@pytest.fixture(autouse=True)
def register_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Event.kinds, "TeaDrunk", TeaDrunk)


def body_of(event: Event) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(events.to_json(event))
    return body


def test_an_event_is_written_as_json_with_its_field_names() -> None:
    event = TeaDrunk("Budi", (Cup("chai", sugar=2), Cup("mint")), {"large": Cup("oolong")}, with_milk=True)

    assert body_of(event) == {
        "by": "Budi",
        "cups": [{"holds": "chai", "sugar": 2}, {"holds": "mint"}],
        "sizes": {"large": {"holds": "oolong"}},
        "with_milk": True,
    }
    assert events.from_json("TeaDrunk", 1, body_of(event)) == event


def test_a_field_with_its_default_value_is_left_out_and_reads_back() -> None:
    event = TeaDrunk("", ())

    assert body_of(event) == {"by": ""}
    assert events.from_json("TeaDrunk", 1, {"by": ""}) == event


def test_unknown_fields_are_ignored() -> None:
    body = {"by": "Budi", "biscuits": 3, "cups": [{"holds": "chai", "spoon": True}]}

    assert events.from_json("TeaDrunk", 1, body) == TeaDrunk("Budi", (Cup("chai"),))


def test_an_unknown_kind_is_read_as_none() -> None:
    assert events.from_json("CoffeeDrunk", 1, {"by": "Budi"}) is None


def test_a_newer_version_is_refused_and_an_older_version_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NewerVersion, match="TeaDrunk has version 2, this release reads up to 1"):
        events.from_json("TeaDrunk", 2, {"by": "Budi"})

    monkeypatch.setitem(events.VERSIONS, "TeaDrunk", 3)

    assert events.from_json("TeaDrunk", 2, {"by": "Budi"}) == TeaDrunk("Budi")


def test_a_body_that_does_not_match_its_event_is_refused() -> None:
    with pytest.raises(ValidationError):
        events.from_json("TeaDrunk", 1, {"cups": []})
    with pytest.raises(ValidationError):
        events.from_json("TeaDrunk", 1, {"by": "Budi", "cups": [["chai", 2]]})


def test_nested_records_are_read_without_their_event() -> None:
    assert events.read_records(Cup, [{"holds": "chai"}, {"holds": "mint", "sugar": 1}]) == (Cup("chai"), Cup("mint", 1))
