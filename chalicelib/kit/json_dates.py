"""Instants and days in request bodies, written as in ISO 8601. Pydantic alone also accepts numbers of seconds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

T = TypeVar("T", bound=date)

INSTANT_PATTERN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INVALID_INSTANT = "write date, time and time zone, such as 2026-11-22T09:30:00+07:00, or Z at the end for UTC"
INVALID_DAY = "write a day as year-month-day, such as 2026-11-22"


def parse_instant(value: Any) -> datetime:
    """Return the instant of a text such as 2026-11-22T09:30:00+07:00. Raises PydanticCustomError."""
    return _parse(value, datetime, INSTANT_PATTERN, PydanticCustomError("instant", INVALID_INSTANT))


def parse_day(value: Any) -> date:
    """Return the day of a text such as 2026-11-22. Raises PydanticCustomError."""
    return _parse(value, date, DAY_PATTERN, PydanticCustomError("day", INVALID_DAY))


def _parse(value: Any, kind: type[T], pattern: re.Pattern[str], refusal: PydanticCustomError) -> T:
    if type(value) is kind:  # the value of a body that is built in Python
        return value
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise refusal
    parse: Callable[[str], T] = kind.fromisoformat
    try:
        return parse(value)
    except ValueError as error:
        raise refusal from error


Instant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(parse_instant)]
Day = Annotated[date, Field(strict=False), BeforeValidator(parse_day)]
