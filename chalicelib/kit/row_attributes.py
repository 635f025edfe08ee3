"""PynamoDB attributes for instants and states."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import Attribute, UnicodeAttribute

from chalicelib.kit import clock


class InstantAttribute(Attribute[datetime]):
    """ISO with milliseconds and Z: sorts and compares as text in keys and conditions."""

    attr_type = "S"

    def serialize(self, value: datetime | str) -> str:
        return value if isinstance(value, str) else clock.iso(value)

    def deserialize(self, value: str) -> datetime:
        return clock.parse(value)


class StateAttribute(UnicodeAttribute):
    """A StrEnum, kept as its plain text."""

    def serialize(self, value: str) -> str:
        return str(value)
