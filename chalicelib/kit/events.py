"""Events: what happened, as frozen dataclasses with named fields, and how they become JSON and come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter

Record = TypeVar("Record")

# Newest version of each kind that has left version 1. Not on the classes, because the ledger and the stock history read
# bodies of packages that they may not import.
VERSIONS: dict[str, int] = {}


class Event:
    """Subclass it as a frozen dataclass in a package's model.py, with fields that name no person.

    The class name is the event's kind in the journal. Nested values are frozen dataclasses in tuples. Amounts are
    minor units beside a `currency`. A field with a default may be added to a version; whatever else changes the
    meaning or the shape of a field needs the next version in `VERSIONS`."""

    kinds: ClassVar[dict[str, type[Event]]] = {}
    schema_version: ClassVar[int]

    def __init_subclass__(cls) -> None:
        cls.schema_version = VERSIONS.get(cls.__name__, 1)
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

    Raises NewerVersion for a version above the kind's newest, pydantic's ValidationError for a wrong body."""
    event = Event.kinds.get(kind)
    if event is None:
        return None
    check_schema_version(kind, schema_version)
    read: Event = _adapter(event).validate_python(body)
    return read


def check_schema_version(kind: str, schema_version: int) -> None:
    """Raise NewerVersion for a version above the kind's newest; call it before reading a body without its class."""
    newest = VERSIONS.get(kind, 1)
    if schema_version > newest:
        raise NewerVersion(f"{kind} has version {schema_version}, this release reads up to {newest}")


def read_records(kind: type[Record], listed: Iterable[Any]) -> tuple[Record, ...]:
    """The nested records of a body that is read without its event's class; see `check_schema_version`."""
    return tuple(_adapter(kind).validate_python(each) for each in listed)


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}  # made when first needed: one takes about a millisecond


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
