"""PynamoDB's attributes, the short way. It asks of every plain value whether it is part of a map, takes each number for
JSON and makes the path to an attribute anew for each condition, which was a twelfth of what placing an order costs."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pynamodb import attributes
from pynamodb.attributes import Attribute
from pynamodb.expressions.operand import Path, Value, _Operand

from chalicelib.kit import clock, compact


class OwnPath(Path):
    """Made once for each attribute: nobody changes a path."""

    def _to_operand(self, value: Any) -> Any:
        if value is None or isinstance(value, (Attribute, _Operand)):
            return super()._to_operand(value)
        operand = Value.__new__(Value)
        operand.attr_type = self.attr_type
        operand.values = ({self.attr_type: self.attribute.serialize(value)},)
        return operand


class Plain:
    """Stands by itself in its row, never in a map."""

    if not TYPE_CHECKING:  # checkers go by PynamoDB's own declarations

        def __set_name__(self, owner: Any, name: str) -> None:
            super().__set_name__(owner, name)
            self.name, self.path = name, OwnPath(self)

        def __get__(self, row: Any, owner: Any) -> Any:
            return self if row is None else row.attribute_values.get(self.name)

        def __eq__(self, other: Any) -> Any:
            return self.path == other

        def __ne__(self, other: Any) -> Any:
            return self.path != other

        def __lt__(self, other: Any) -> Any:
            return self.path < other

        def __le__(self, other: Any) -> Any:
            return self.path <= other

        def __gt__(self, other: Any) -> Any:
            return self.path > other

        def __ge__(self, other: Any) -> Any:
            return self.path >= other

        def __sub__(self, other: Any) -> Any:
            return self.path - other

        def __or__(self, other: Any) -> Any:
            return self.path | other

        def add(self, *values: Any) -> Any:
            return self.path.add(*values)

        def set(self, value: Any) -> Any:
            return self.path.set(value)

        def exists(self) -> Any:
            return self.path.exists()

        def does_not_exist(self) -> Any:
            return self.path.does_not_exist()


class UnicodeAttribute(Plain, attributes.UnicodeAttribute):
    pass


class BooleanAttribute(Plain, attributes.BooleanAttribute):
    pass


class NumberAttribute(Plain, attributes.NumberAttribute):
    def serialize(self, value: Any) -> str:
        return str(value) if type(value) is int else json.dumps(value)

    def deserialize(self, value: str) -> Any:
        try:
            return int(value)
        except ValueError:
            return json.loads(value)


class JSONAttribute(Plain, attributes.JSONAttribute):
    def serialize(self, value: Any) -> str | None:
        return None if value is None else compact.write(value)

    def deserialize(self, value: str) -> Any:
        return compact.read(value)


class InstantAttribute(Plain, Attribute[datetime]):
    """ISO with milliseconds and Z: sorts and compares as text in keys and conditions."""

    attr_type = "S"

    def serialize(self, value: Any) -> str:
        return value if isinstance(value, str) else clock.iso(value)

    def deserialize(self, value: Any) -> datetime:
        return clock.parse(value)


class BytesAttribute(Plain, Attribute[bytes]):
    attr_type = "B"

    def serialize(self, value: Any) -> bytes:
        return bytes(value)

    def deserialize(self, value: Any) -> bytes:
        return base64.b64decode(value) if isinstance(value, str) else bytes(value)
