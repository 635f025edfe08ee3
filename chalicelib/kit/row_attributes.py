"""PynamoDB attributes for instants and states."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import Attribute, UnicodeAttribute

from chalicelib.kit import clock


class InstantAttribute(Attribute[datetime]):
    """An instant stored as ISO text with milliseconds and Z, which sorts and compares as text."""

    attr_type = "S"

    def serialize(self, value: datetime | str) -> str:
        return value if isinstance(value, str) else clock.iso(value)

    def deserialize(self, value: str) -> datetime:
        return clock.parse(value)


class StateAttribute(UnicodeAttribute):
    """A StrEnum stored as text."""

    def serialize(self, value: str) -> str:
        return str(value)
