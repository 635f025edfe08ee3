"""Base class of journal events, and their conversion to and from JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter

Record = TypeVar("Record")

# Newest version of each kind that has left version 1. Not on the classes, because the ledger and the stock history read
# bodies of packages that they may not import.
VERSIONS: dict[str, int] = {}


class Event:
    """Base class of events: frozen dataclasses in the packages' model.py, without names of persons in their fields.

    The class name is the event's kind in the journal. Nested values are frozen dataclasses in tuples. Amounts are
    minor units beside a `currency`. A field with a default may be added within a version; any other change of a
    field's meaning or shape needs the next version in `VERSIONS`.
    """

    kinds: ClassVar[dict[str, type[Event]]] = {}
    schema_version: ClassVar[int]

    def __init_subclass__(cls) -> None:
        cls.schema_version = VERSIONS.get(cls.__name__, 1)
        Event.kinds[cls.__name__] = cls

    @property
    def kind(self) -> str:
        return type(self).__name__


class NewerVersion(Exception):
    """The event was written by a later release. Its reader fails; the message is retried or becomes a dead letter."""


def to_json(event: Event) -> str:
    """Return the event's body as JSON text, without fields that have their default: writes are paid per kilobyte."""
    return _adapter(type(event)).dump_json(event, exclude_defaults=True).decode()


def from_json(kind: str, schema_version: int, body: dict[str, Any]) -> Event | None:
    """Return the event, or None for a kind that this release does not know. Unknown fields are ignored.

    Raises NewerVersion for a version above the kind's newest and pydantic's ValidationError for a wrong body.
    """
    event_class = Event.kinds.get(kind)
    if event_class is None:
        return None
    check_schema_version(kind, schema_version)
    event: Event = _adapter(event_class).validate_python(body)
    return event


def check_schema_version(kind: str, schema_version: int) -> None:
    """Raise NewerVersion for a version above the kind's newest; call it before reading a body without its class."""
    newest = VERSIONS.get(kind, 1)
    if schema_version > newest:
        raise NewerVersion(f"{kind} has version {schema_version}, this release reads up to {newest}")


def read_records(kind: type[Record], records: Iterable[Any]) -> tuple[Record, ...]:
    """Return nested records of a body that is read without its event class; see `check_schema_version`."""
    return tuple(_adapter(kind).validate_python(record) for record in records)


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}  # created when first needed: one takes about a millisecond


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
