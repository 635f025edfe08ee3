"""DynamoDB's expressions, parsed into functions over items in DynamoDB's JSON: {"name": {"S": "text"}}.

They evaluate conditional writes without DynamoDB: in dry runs and in simulators. The parsed functions are cached.
moto's parser binds the values while it parses and so parses every request again, which would take most of a simulated
history's time. `test_memory_engine.py` checks that both have the same meaning. Nested paths and sets are not supported
and raise ValidationException.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

AttributeValue = Mapping[str, Any]
Item = Mapping[str, AttributeValue]
Bindings = Mapping[str, Any]  # placeholder → attribute name or typed value
Predicate = Callable[[Item, Bindings], bool]
Operand = Callable[[Item, Bindings], AttributeValue | None]
Change = Callable[[Item, Bindings], tuple[str, AttributeValue | None]]

TOKEN = re.compile(r"\s*([#:]?[A-Za-z0-9_]+|<>|<=|>=|[-=<>(),+.\[\]])")
COMPARATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class ValidationException(ValueError):
    """DynamoDB's ValidationException: the request is invalid, whatever the tables contain."""


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Predicate:
    parser = Parser(text)
    condition = parser.parse_or()
    parser.expect_end()
    return condition


@lru_cache(maxsize=4096)
def parse_update(text: str) -> list[Change]:
    parser = Parser(text)
    changes: list[Change] = []
    while parser.has_more:
        changes += parser.parse_clause()
    return changes


@lru_cache(maxsize=4096)
def placeholders(text: str) -> frozenset[str]:
    return frozenset(word for word in TOKEN.findall(text) if word[0] in "#:")


def apply_update(item: Item, text: str, bound: Bindings) -> dict[str, AttributeValue]:
    """Return the updated item. Right sides are evaluated with the item as it was before the update."""
    changes = [change(item, bound) for change in parse_update(text)]
    if len({name for name, _ in changes}) != len(changes):
        raise ValidationException("Two document paths overlap with each other")
    after = dict(item) | {name: value for name, value in changes if value is not None}
    for name, value in changes:
        if value is None:
            after.pop(name, None)
    return after


class Parser:
    """A recursive descent parser; each method parses one construct and returns the function that evaluates it."""

    def __init__(self, text: str) -> None:
        self.tokens, self.position, self.text = TOKEN.findall(text), 0, text
        if "".join(text.split()) != "".join(self.tokens):
            raise ValidationException(f"Invalid expression: {text}")

    @property
    def has_more(self) -> bool:
        return self.position < len(self.tokens)

    def peek(self) -> str:
        return self.tokens[self.position].upper() if self.has_more else ""

    def expect(self, expected: str = "") -> str:
        if not self.has_more or (expected and self.peek() != expected):
            raise ValidationException(f"Invalid expression: {self.text}")
        self.position += 1
        return str(self.tokens[self.position - 1])

    def accept(self, token: str) -> bool:
        is_next = self.peek() == token
        self.position += is_next
        return is_next

    def expect_end(self) -> None:
        if self.has_more:
            raise ValidationException(f"Invalid expression: {self.text}")

    # -- conditions ---------------------------------------------------------------------------------------------------

    def parse_or(self) -> Predicate:
        parts = [self.parse_and()]
        while self.accept("OR"):
            parts.append(self.parse_and())
        return parts[0] if len(parts) == 1 else lambda item, bound: any(part(item, bound) for part in parts)

    def parse_and(self) -> Predicate:
        parts = [self.parse_not()]
        while self.accept("AND"):
            parts.append(self.parse_not())
        return parts[0] if len(parts) == 1 else lambda item, bound: all(part(item, bound) for part in parts)

    def parse_not(self) -> Predicate:
        if self.accept("NOT"):
            inner = self.parse_not()
            return lambda item, bound: not inner(item, bound)
        if self.accept("("):
            inner = self.parse_or()
            self.expect(")")
            return inner
        if self.peek().lower() in FUNCTIONS:
            function = FUNCTIONS[self.expect().lower()]
            operands = self.parse_operands()
            return lambda item, bound: function(*(operand(item, bound) for operand in operands))
        return self.parse_comparison(self.parse_operand())

    def parse_comparison(self, left: Operand) -> Predicate:
        if self.accept("BETWEEN"):
            low = self.parse_operand()
            self.expect("AND")
            high = self.parse_operand()
            return lambda item, bound: _between(left(item, bound), low(item, bound), high(item, bound))
        if self.accept("IN"):
            candidates = self.parse_operands()
            return lambda item, bound: any(
                _is_equal(left(item, bound), candidate(item, bound)) for candidate in candidates
            )
        sign, right = self.expect(), self.parse_operand()
        if sign in ("=", "<>"):
            return lambda item, bound: _is_equal(left(item, bound), right(item, bound)) == (sign == "=")
        if sign not in COMPARATORS:
            raise ValidationException(f"Invalid expression: {self.text}")
        return lambda item, bound: _compare(sign, left(item, bound), right(item, bound))

    def parse_operands(self) -> list[Operand]:
        self.expect("(")
        operands = [self.parse_operand()]
        while self.accept(","):
            operands.append(self.parse_operand())
        self.expect(")")
        return operands

    def parse_operand(self) -> Operand:
        word = self.expect()
        if word.startswith(":"):
            return lambda item, bound: bound[word]
        if word.startswith("#"):
            return lambda item, bound: item.get(bound[word])
        return lambda item, bound: item.get(word)

    # -- updates ------------------------------------------------------------------------------------------------------

    def parse_clause(self) -> list[Change]:
        kind = self.expect().upper()
        if kind not in ("SET", "REMOVE", "ADD"):
            raise ValidationException(f"Invalid expression: {self.text}")
        parse_change = {"SET": self.parse_set, "REMOVE": self.parse_remove, "ADD": self.parse_add}[kind]
        changes = [parse_change()]
        while self.accept(","):
            changes.append(parse_change())
        return changes

    def parse_name(self) -> Callable[[Bindings], str]:
        word = self.expect()
        return (lambda bound: bound[word]) if word.startswith("#") else (lambda bound: word)

    def parse_set(self) -> Change:
        name = self.parse_name()
        self.expect("=")
        value = self.parse_value()
        if self.peek() in ("+", "-"):
            sign, first, second = (1 if self.expect() == "+" else -1), value, self.parse_value()
            return lambda item, bound: (
                name(bound),
                _sum(_require(first(item, bound)), _require(second(item, bound)), sign),
            )
        return lambda item, bound: (name(bound), _require(value(item, bound)))

    def parse_value(self) -> Operand:
        if self.peek() != "IF_NOT_EXISTS":
            return self.parse_operand()
        self.expect()
        first, second = self.parse_operands()

        def first_or_second(item: Item, bound: Bindings) -> AttributeValue | None:
            value = first(item, bound)
            return second(item, bound) if value is None else value

        return first_or_second

    def parse_remove(self) -> Change:
        name = self.parse_name()
        return lambda item, bound: (name(bound), None)

    def parse_add(self) -> Change:
        name, amount = self.parse_name(), self.parse_operand()
        return lambda item, bound: (
            name(bound),
            _sum(item.get(name(bound), {"N": "0"}), _require(amount(item, bound)), 1),
        )


def _begins_with(value: AttributeValue | None, start: AttributeValue | None) -> bool:
    return value is not None and start is not None and "S" in value and str(value["S"]).startswith(start["S"])


FUNCTIONS: dict[str, Callable[..., bool]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "begins_with": _begins_with,
}


def _between(value: AttributeValue | None, low: AttributeValue | None, high: AttributeValue | None) -> bool:
    return _compare(">=", value, low) and _compare("<=", value, high)


def _is_equal(left: AttributeValue | None, right: AttributeValue | None) -> bool:
    """Whether both are equal. Every comparison with an absent attribute is false, except <>."""
    if left is None or right is None:
        return False
    return left == right or (
        "N" in left and "N" in right and bool(attribute_to_python(left) == attribute_to_python(right))
    )


def _compare(sign: str, left: AttributeValue | None, right: AttributeValue | None) -> bool:
    if left is None or right is None or left.keys() != right.keys():
        return False
    return COMPARATORS[sign](attribute_to_python(left), attribute_to_python(right))


def _require(value: AttributeValue | None) -> AttributeValue:
    if value is None:
        raise ValidationException("The provided expression refers to an attribute that does not exist in the item")
    return value


def _sum(left: AttributeValue, right: AttributeValue, sign: int) -> AttributeValue:
    if "N" not in left or "N" not in right:
        raise ValidationException("An operand in the update expression has an incorrect data type")
    return {"N": str(attribute_to_python(left) + sign * attribute_to_python(right))}


def attribute_to_python(typed: AttributeValue) -> Any:
    """Return the plain value. Python orders text by code point, which is also the order of its UTF-8 bytes."""
    ((kind, value),) = typed.items()
    if kind != "N":
        return value
    return int(value) if value.isdecimal() else Decimal(value)  # int is faster than Decimal
