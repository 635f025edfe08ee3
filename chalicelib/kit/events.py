"""What happened, in the past tense, as plain values. Pure: models declare their events with it."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """Subclass it as a frozen dataclass in a room's model.py; fields are JSON-ready and name no person.

    The class's name is its kind in the journal. Amounts are minor units beside a `currency`.
    """

    kinds: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls) -> None:
        Event.kinds[cls.__name__] = cls

    @property
    def kind(self) -> str:
        return type(self).__name__

    def body(self) -> dict[str, Any]:
        """Empty fields are left out: the journal is paid for by the kilobyte."""
        return {name: value for name, value in vars(self).items() if value not in (None, [], {}, "")}


def read(kind: str, body: dict[str, Any]) -> Event | None:
    """None for a kind this version does not know; fields it does not know are left aside."""
    event = Event.kinds.get(kind)
    if event is None:
        return None
    known, asked = _fields(event)  # type: ignore[arg-type]
    given = {name: value for name, value in body.items() if name in known}
    left_out = {name: _empty(annotation) for name, annotation in asked.items() if name not in body}
    return event(**left_out | given)


@cache
def _fields(event: Any) -> tuple[set[str], dict[str, Any]]:
    """The names of all, and the annotations of those that have no default."""
    asked = [each for each in fields(event) if each.default is MISSING and each.default_factory is MISSING]
    return {each.name for each in fields(event)}, {each.name: each.type for each in asked}


def _empty(annotation: Any) -> Any:
    """What `body` left out because there was nothing in it."""
    kind = str(annotation).partition("[")[0]
    return {"str": "", "list": [], "dict": {}}.get(kind)
