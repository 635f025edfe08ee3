"""What happened, in the past tense, as plain values. Pure: models declare their events with it."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
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
    given = {field.name: body[field.name] for field in fields(event) if field.name in body}
    left_out = {field.name: _empty(field.type) for field in fields(event) if field.name not in body and _asked(field)}
    return event(**left_out | given)


def _asked(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _empty(annotation: Any) -> Any:
    """What `body` left out because there was nothing in it."""
    kind = str(annotation).partition("[")[0]
    return {"str": "", "list": [], "dict": {}}.get(kind)
