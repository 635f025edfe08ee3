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

NOTHING = {"N": "0"}
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
    (one, other), operator = condition.values, condition.operator
    left, right = _operand(one, item), _operand(other, item)
    if operator in ("=", "<>"):
        return _same(left, right) == (operator == "=")
    return _ordered(left, right) and COMPARED[operator](_value(left), _value(right))


def _between(condition: Any, item: Item) -> bool:
    value, low, high = (_operand(each, item) for each in condition.values)
    return _ordered(value, low) and _ordered(value, high) and _value(low) <= _value(value) <= _value(high)


def _begins(condition: Any, item: Item) -> bool:
    value, start = (_operand(each, item) for each in condition.values)
    return value is not None and start is not None and "S" in value and str(value["S"]).startswith(start["S"])


def _both(condition: Any, item: Item) -> bool:
    one, other = condition.values
    return holds(one, item) and holds(other, item)


def _either(condition: Any, item: Item) -> bool:
    one, other = condition.values
    return holds(one, item) or holds(other, item)


CONDITIONS: dict[type, Callable[[Any, Item], bool]] = {
    cond.Comparison: _comparison,
    cond.Between: _between,
    cond.BeginsWith: _begins,
    cond.In: lambda c, item: any(_same(_operand(c.values[0], item), _operand(each, item)) for each in c.values[1:]),
    cond.Exists: lambda c, item: _name(c.values[0]) in item,
    cond.NotExists: lambda c, item: _name(c.values[0]) not in item,
    cond.And: _both,
    cond.Or: _either,
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
    path, units = action.values
    return _number(_value(item.get(_name(path)) or NOTHING) + _value(units.values[0]))


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
    return OPERANDS[type(operand)](operand, item)


def _or_else(operand: Any, item: Item) -> Typed | None:
    path, value = operand.values
    found = _operand(path, item)
    return found if found is not None else _operand(value, item)


def _counted(sign: int) -> Callable[[Any, Item], Typed]:
    def moved(operand: Any, item: Item) -> Typed:
        first, second = (_operand(each, item) for each in operand.values)
        return _number(_value(first) + sign * _value(second))

    return moved


OPERANDS: dict[type, Callable[[Any, Item], Typed | None]] = {
    opd.Value: lambda operand, item: operand.values[0],
    opd.Path: lambda path, item: item.get(_name(path)),
    opd._IfNotExists: _or_else,
    opd._Increment: _counted(1),
    opd._Decrement: _counted(-1),
}


def _name(path: Any) -> str:
    (name,) = path.values[0]  # one segment: rooms keep nested things as text
    return name  # type: ignore[no-any-return]


def _same(left: Typed | None, right: Typed | None) -> bool:
    if left is None or right is None:
        return False
    return left == right or ("N" in left and "N" in right and bool(_value(left) == _value(right)))


def _ordered(left: Typed | None, right: Typed | None) -> bool:
    return left is not None and right is not None and left.keys() == right.keys()


def _value(typed: Typed | None) -> Any:
    if typed is None:
        raise ValueError("arithmetic with an attribute that is not there")
    ((kind, value),) = typed.items()
    if kind != "N":
        return value  # Python orders text by code point, which is the order of its UTF-8 bytes too
    return int(value) if value.isdecimal() else Decimal(value)  # most are whole and small


def _number(value: Decimal | int) -> Typed:
    return {"N": str(value)}
