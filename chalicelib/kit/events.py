"""Events: what happened, as frozen dataclasses with named fields, and how they become JSON and come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter

Record = TypeVar("Record")


class Event:
    """Subclass it as a frozen dataclass in a package's model.py, with fields that name no person.

    The class name is the event's kind in the journal. Nested values are frozen dataclasses in tuples. Amounts are
    minor units beside a `currency`. A field with a default may be added to a version; whatever else changes the
    meaning or the shape of a field needs the next `schema_version`."""

    kinds: ClassVar[dict[str, type[Event]]] = {}
    schema_version: ClassVar[int] = 1

    def __init_subclass__(cls) -> None:
        Event.kinds[cls.__name__] = cls

    @property
    def kind(self) -> str:
        return type(self).__name__


class NewerVersion(Exception):
    """The event was written by a later release. Its reader fails, so the message is delivered again or parked."""


def to_json(event: Event) -> str:
    """The event's body as JSON text. A field that has its default is left out: the journal is paid per kilobyte."""
    return _adapter(type(event)).dump_json(event, exclude_defaults=True).decode()


def from_json(kind: str, schema_version: int, body: dict[str, Any]) -> Event | None:
    """The event, or None for a kind that this release does not know. Unknown fields are ignored.

    Raises NewerVersion for a version above the class's own, pydantic's ValidationError for a body that does not fit."""
    event = Event.kinds.get(kind)
    if event is None:
        return None
    if schema_version > event.schema_version:
        raise NewerVersion(f"{kind} has version {schema_version}, this release reads up to {event.schema_version}")
    read: Event = _adapter(event).validate_python(body)
    return read


def records(kind: type[Record], listed: Iterable[Any]) -> tuple[Record, ...]:
    """The nested records of a body that is read without its event's class."""
    return tuple(_adapter(kind).validate_python(each) for each in listed)


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}  # made when first needed: one takes about a millisecond


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
