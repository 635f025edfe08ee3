"""DynamoDB's expressions, parsed once and kept as functions over an item as it travels: {"name": {"S": "text"}}.

moto's parser binds the values while it parses, so it parses every request anew; that alone would be most of a history.
`test_memory.py` holds both to the same meaning. Nested paths and sets are not used here and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

Typed = Mapping[str, Any]
Item = Mapping[str, Typed]
Bound = Mapping[str, Any]  # placeholder → attribute name or typed value
Holds = Callable[[Item, Bound], bool]
Operand = Callable[[Item, Bound], Typed | None]
Change = Callable[[Item, Bound], tuple[str, Typed | None]]

WORD = re.compile(r"\s*([#:]?[A-Za-z0-9_]+|<>|<=|>=|[-=<>(),+.\[\]])")
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class Invalid(ValueError):
    """DynamoDB's ValidationException: the request is wrong whatever the tables hold."""


@lru_cache(maxsize=4096)
def condition(text: str) -> Holds:
    words = Words(text)
    read = words.any_of()
    words.end()
    return read


@lru_cache(maxsize=4096)
def update(text: str) -> list[Change]:
    words = Words(text)
    changes: list[Change] = []
    while words.more:
        changes += words.clause()
    return changes


@lru_cache(maxsize=4096)
def placeholders(text: str) -> frozenset[str]:
    return frozenset(word for word in WORD.findall(text) if word[0] in "#:")


def changed(item: Item, text: str, bound: Bound) -> dict[str, Typed]:
    """The item after an update; every right side is read from the item as it was."""
    made = [change(item, bound) for change in update(text)]
    if len({name for name, _ in made}) != len(made):
        raise Invalid("Two document paths overlap with each other")
    after = dict(item) | {name: value for name, value in made if value is not None}
    for name, value in made:
        if value is None:
            after.pop(name, None)
    return after


class Words:
    """Recursive descent; each method reads one thing and gives the function that works it out."""

    def __init__(self, text: str) -> None:
        self.words, self.at, self.text = WORD.findall(text), 0, text
        if "".join(text.split()) != "".join(self.words):
            raise Invalid(f"Invalid expression: {text}")

    @property
    def more(self) -> bool:
        return self.at < len(self.words)

    def peek(self) -> str:
        return self.words[self.at].upper() if self.more else ""

    def take(self, wanted: str = "") -> str:
        if not self.more or (wanted and self.peek() != wanted):
            raise Invalid(f"Invalid expression: {self.text}")
        self.at += 1
        return str(self.words[self.at - 1])

    def took(self, wanted: str) -> bool:
        found = self.peek() == wanted
        self.at += found
        return found

    def end(self) -> None:
        if self.more:
            raise Invalid(f"Invalid expression: {self.text}")

    # -- conditions ---------------------------------------------------------------------------------------------------

    def any_of(self) -> Holds:
        parts = [self.all_of()]
        while self.took("OR"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else lambda item, bound: any(part(item, bound) for part in parts)

    def all_of(self) -> Holds:
        parts = [self.one()]
        while self.took("AND"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else lambda item, bound: all(part(item, bound) for part in parts)

    def one(self) -> Holds:
        if self.took("NOT"):
            inner = self.one()
            return lambda item, bound: not inner(item, bound)
        if self.took("("):
            inner = self.any_of()
            self.take(")")
            return inner
        if self.peek().lower() in FUNCTIONS:
            function = FUNCTIONS[self.take().lower()]
            operands = self.listed()
            return lambda item, bound: function(*(each(item, bound) for each in operands))
        return self.compared(self.operand())

    def compared(self, left: Operand) -> Holds:
        if self.took("BETWEEN"):
            low = self.operand()
            self.take("AND")
            high = self.operand()
            return lambda item, bound: _between(left(item, bound), low(item, bound), high(item, bound))
        if self.took("IN"):
            among = self.listed()
            return lambda item, bound: any(_same(left(item, bound), each(item, bound)) for each in among)
        sign, right = self.take(), self.operand()
        if sign in ("=", "<>"):
            return lambda item, bound: _same(left(item, bound), right(item, bound)) == (sign == "=")
        if sign not in COMPARED:
            raise Invalid(f"Invalid expression: {self.text}")
        return lambda item, bound: _ordered(sign, left(item, bound), right(item, bound))

    def listed(self) -> list[Operand]:
        self.take("(")
        found = [self.operand()]
        while self.took(","):
            found.append(self.operand())
        self.take(")")
        return found

    def operand(self) -> Operand:
        word = self.take()
        if word.startswith(":"):
            return lambda item, bound: bound[word]
        if word.startswith("#"):
            return lambda item, bound: item.get(bound[word])
        return lambda item, bound: item.get(word)

    # -- updates ------------------------------------------------------------------------------------------------------

    def clause(self) -> list[Change]:
        kind = self.take().upper()
        if kind not in ("SET", "REMOVE", "ADD"):
            raise Invalid(f"Invalid expression: {self.text}")
        read = {"SET": self.set, "REMOVE": self.remove, "ADD": self.add}[kind]
        found = [read()]
        while self.took(","):
            found.append(read())
        return found

    def name(self) -> Callable[[Bound], str]:
        word = self.take()
        return (lambda bound: bound[word]) if word.startswith("#") else (lambda bound: word)

    def set(self) -> Change:
        name = self.name()
        self.take("=")
        value = self.value()
        if self.peek() in ("+", "-"):
            sign, first, second = (1 if self.take() == "+" else -1), value, self.value()
            return lambda item, bound: (
                name(bound),
                _sum(_there(first(item, bound)), _there(second(item, bound)), sign),
            )
        return lambda item, bound: (name(bound), _there(value(item, bound)))

    def value(self) -> Operand:
        if self.peek() != "IF_NOT_EXISTS":
            return self.operand()
        self.take()
        first, second = self.listed()

        def chosen(item: Item, bound: Bound) -> Typed | None:
            standing = first(item, bound)
            return second(item, bound) if standing is None else standing

        return chosen

    def remove(self) -> Change:
        name = self.name()
        return lambda item, bound: (name(bound), None)

    def add(self) -> Change:
        name, amount = self.name(), self.operand()
        return lambda item, bound: (
            name(bound),
            _sum(item.get(name(bound), {"N": "0"}), _there(amount(item, bound)), 1),
        )


def _begins(value: Typed | None, start: Typed | None) -> bool:
    return value is not None and start is not None and "S" in value and str(value["S"]).startswith(start["S"])


FUNCTIONS: dict[str, Callable[..., bool]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "begins_with": _begins,
}


def _between(value: Typed | None, low: Typed | None, high: Typed | None) -> bool:
    return _ordered(">=", value, low) and _ordered("<=", value, high)


def _same(left: Typed | None, right: Typed | None) -> bool:
    """An attribute that is not there compares with nothing: every comparison with it is false, except <>."""
    if left is None or right is None:
        return False
    return left == right or ("N" in left and "N" in right and bool(plain(left) == plain(right)))


def _ordered(sign: str, left: Typed | None, right: Typed | None) -> bool:
    if left is None or right is None or left.keys() != right.keys():
        return False
    return COMPARED[sign](plain(left), plain(right))


def _there(value: Typed | None) -> Typed:
    if value is None:
        raise Invalid("The provided expression refers to an attribute that does not exist in the item")
    return value


def _sum(left: Typed, right: Typed, sign: int) -> Typed:
    if "N" not in left or "N" not in right:
        raise Invalid("An operand in the update expression has an incorrect data type")
    return {"N": str(plain(left) + sign * plain(right))}


def plain(typed: Typed) -> Any:
    """Python orders text by code point, which is the order of its UTF-8 bytes too."""
    ((kind, value),) = typed.items()
    if kind != "N":
        return value
    return int(value) if value.isdecimal() else Decimal(value)  # most are whole and small
