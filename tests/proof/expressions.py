"""PynamoDB's conditions and actions, worked out over an item in memory as DynamoDB would over its own.

An item is what travels on the wire: {"name": {"S": "text"}}. Nested paths and sets are not used here and are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pynamodb.expressions import condition as cond
from pynamodb.expressions import operand as opd
from pynamodb.expressions import update as act

Typed = Mapping[str, Any]
Item = dict[str, Typed]

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def holds(condition: Any, item: Item | None) -> bool:
    """An attribute that is not there compares with nothing: every comparison with it is false, except <>."""
    return CONDITIONS[type(condition)](condition, item or {})


def _comparison(condition: Any, item: Item) -> bool:
    left, right = (_operand(each, item) for each in condition.values)
    if condition.operator in ("=", "<>"):
        return _same(left, right) == (condition.operator == "=")
    return _ordered(left, right) and COMPARED[condition.operator](_value(left), _value(right))


def _between(condition: Any, item: Item) -> bool:
    value, low, high = (_operand(each, item) for each in condition.values)
    return _ordered(value, low) and _ordered(value, high) and _value(low) <= _value(value) <= _value(high)


def _begins(condition: Any, item: Item) -> bool:
    value, start = (_operand(each, item) for each in condition.values)
    return value is not None and start is not None and "S" in value and str(value["S"]).startswith(start["S"])


CONDITIONS: dict[type, Callable[[Any, Item], bool]] = {
    cond.Comparison: _comparison,
    cond.Between: _between,
    cond.BeginsWith: _begins,
    cond.In: lambda c, item: any(_same(_operand(c.values[0], item), _operand(each, item)) for each in c.values[1:]),
    cond.Exists: lambda c, item: _operand(c.values[0], item) is not None,
    cond.NotExists: lambda c, item: _operand(c.values[0], item) is None,
    cond.And: lambda c, item: all(holds(each, item) for each in c.values),
    cond.Or: lambda c, item: any(holds(each, item) for each in c.values),
    cond.Not: lambda c, item: not holds(c.values[0], item),
}


def changed(item: Item, actions: Any) -> Item:
    """The item after an update; every right side is read from the item as it was."""
    after = dict(item)
    names = [_name(action.values[0]) for action in actions]
    if len(names) != len(set(names)):
        raise ValueError(f"two actions on one attribute: {names}")
    for name, action in zip(names, actions):
        value = ACTIONS[type(action)](action, item)
        after.pop(name, None)
        if value is not None:
            after[name] = value
    return after


def _added(action: Any, item: Item) -> Typed:
    before = _operand(action.values[0], item) or {"N": "0"}
    return _number(_value(before) + _value(_operand(action.values[1], item)))


def _set(action: Any, item: Item) -> Typed:
    value = _operand(action.values[1], item)
    if value is None:
        raise ValueError("an attribute is set from one that is not there")
    return value


ACTIONS: dict[type, Callable[[Any, Item], Typed | None]] = {
    act.SetAction: _set,
    act.RemoveAction: lambda action, item: None,
    act.AddAction: _added,
}


def _operand(operand: Any, item: Item) -> Typed | None:
    if isinstance(operand, opd.Value):
        value: Typed = operand.value
        return value
    if isinstance(operand, opd.Path):
        return item.get(_name(operand))
    first, second = (_operand(each, item) for each in operand.values)
    if isinstance(operand, opd._IfNotExists):
        return first if first is not None else second
    sign = 1 if isinstance(operand, opd._Increment) else -1
    return _number(_value(first) + sign * _value(second))


def _name(path: Any) -> str:
    (name,) = path.path  # one segment: rooms keep nested things as text
    return str(name)


def _same(left: Typed | None, right: Typed | None) -> bool:
    if left is None or right is None:
        return False
    return left.keys() == right.keys() and bool(_value(left) == _value(right))


def _ordered(left: Typed | None, right: Typed | None) -> bool:
    return left is not None and right is not None and left.keys() == right.keys()


def _value(typed: Typed | None) -> Any:
    if typed is None:
        raise ValueError("arithmetic with an attribute that is not there")
    ((kind, value),) = typed.items()
    if kind == "N":
        return Decimal(value)
    return value  # Python orders text by code point, which is the order of its UTF-8 bytes too


def _number(value: Decimal) -> Typed:
    return {"N": str(value)}
