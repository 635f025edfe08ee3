"""How this house says no.

    Problem                 told to the caller as it is
    ├── Invalid             cannot read the request
    ├── NotSignedIn         who are you?
    ├── Forbidden           you may not
    ├── NotFound            no such thing, or not yours to know
    ├── Refused             understood, and the rules say no
    │   └── Moved           somebody changed it in between; look again
    ├── Declined            the payer's side said no
    └── Unavailable         someone else is down, or a key is hot; try again

Everything else that is raised is a bug. HTTP numbers are known to `kit.web` alone.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Self

from chalicelib.kit.money import Money, format_money


class Problem(Exception):
    """Carries facts, not sentences: `says` is formatted with them; `code` is the class's name in snake_case."""

    message = "Something is wrong."

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        self.facts = facts

    def __str__(self) -> str:
        return self.detail

    def copy(self) -> Self:
        """Just such a one. Whoever raises one that he holds makes a ring of it and his frame, which is freed late."""
        fresh = type(self).__new__(type(self))
        vars(fresh).update(vars(self))
        return fresh

    @property
    def code(self) -> str:
        return _to_snake_case(type(self).__name__)

    @property
    def detail(self) -> str:
        return self.message.format(**{name: _format_fact(fact) for name, fact in self.facts.items()})


@cache
def _to_snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _format_fact(fact: Any) -> Any:
    if isinstance(fact, (list, tuple, set, frozenset)):
        return ", ".join(str(_format_fact(each)) for each in fact)
    return format_money(fact) if isinstance(fact, Money) else fact


class Invalid(Problem):
    """`errors` is a list of {"field", "says"}: each one says what to mend."""

    message = "The request cannot be read: {summary}"

    def __init__(self, *errors: tuple[str, str], **facts: Any) -> None:
        self.errors = [{"field": field, "says": says} for field, says in errors]
        summary = "; ".join(f"{field}: {says}" if field else says for field, says in errors)
        super().__init__(summary=summary, errors=self.errors, **facts)


class NotSignedIn(Problem):
    message = "Sign in first: send a staff token as `Authorization: Bearer …`, or the order's own token as `?token=`."


class Forbidden(Problem):
    message = "Your role may not do this."


class NotFound(Problem):
    message = "There is no such thing, or it is not yours to see."


class Refused(Problem):
    message = "The rules say no."


class StaleVersion(Refused):
    """The version read is no longer the version stored; verbs load again and decide anew."""

    code = "moved"
    message = "Somebody changed this in between; look again and repeat."


class Declined(Problem):
    message = "The payer's side said no."


class Unavailable(Problem):
    message = "Not possible right now; try again in a moment."
