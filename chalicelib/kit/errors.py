"""The tree of refusals, which are returned to the caller; any other exception is a bug.

    Problem                 base class: a code, a message and facts
    ├── Invalid             the request is malformed
    ├── NotSignedIn         credentials are missing or not valid
    ├── Forbidden           the caller's role may not do this
    ├── NotFound            it does not exist, or the caller may not see it
    ├── Refused             a business rule forbids it
    │   └── StaleVersion    it was changed since it was read; load it again
    ├── Declined            the payment provider or the bank declined
    └── Unavailable         a dependency is down or throttled; retry later

HTTP statuses are assigned in `kit.web`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import Any, Self

from chalicelib.kit.money import Money, format_money


class Problem(Exception):
    """A refusal with facts. `message` is formatted with them; `code` is the class name in snake_case."""

    message = "The request was refused."
    is_internal = False  # handled before a response is built, so it needs no page under /problems

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        self.facts = facts

    def __str__(self) -> str:
        return self.detail

    def copy(self) -> Self:
        """Return an equal refusal. Raising a stored exception itself would create a reference cycle with its frame."""
        duplicate = type(self).__new__(type(self))
        vars(duplicate).update(vars(self))
        return duplicate

    @property
    def code(self) -> str:
        return _to_snake_case(type(self).__name__)

    @classmethod
    def class_code(cls) -> str:
        """Return the code of the class's refusals: its own `code`, or its name in snake_case."""
        return cls.code if isinstance(cls.code, str) else _to_snake_case(cls.__name__)

    @property
    def detail(self) -> str:
        return self.message.format(**{name: _format_fact(fact) for name, fact in self.facts.items()})


@cache
def _to_snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _format_fact(fact: Any) -> Any:
    if isinstance(fact, (list, tuple, set, frozenset)):
        return ", ".join(str(_format_fact(item)) for item in fact)
    if isinstance(fact, StrEnum):  # a state, such as in_transit
        return fact.replace("_", " ")
    return format_money(fact) if isinstance(fact, Money) else fact


class Invalid(Problem):
    """The request is malformed. `errors` is a list of {"field", "says"}: a field and how to correct it."""

    message = "The request is not valid: {summary}"

    def __init__(self, *errors: tuple[str, str], **facts: Any) -> None:
        self.errors = [{"field": field, "says": text} for field, text in errors]
        summary = "; ".join(f"{field}: {text}" if field else text for field, text in errors)
        super().__init__(summary=summary, errors=self.errors, **facts)


class NotSignedIn(Problem):
    message = "Sign in first: send a staff token as `Authorization: Bearer …`, or the order's token as `?token=`."


class Forbidden(Problem):
    message = "Your role may not do this."


class NotFound(Problem):
    message = "It does not exist, or you may not see it."


class Refused(Problem):
    message = "A business rule does not allow this."


class StaleVersion(Refused):
    """The version read is no longer the version stored. `db.retry_on_conflict` runs the use case again."""

    code = "moved"
    message = "This was changed in the meantime; load it again and repeat the request."


class Declined(Problem):
    message = "The payment was declined."


class Unavailable(Problem):
    message = "This is not possible right now; try again in a moment."
