"""How dates are written in a CSV file: ISO, or day first as in `31/10/2026 14.05`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

DATE_WITH_SLASHES = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?:[ T]+([0-9]{1,2})[.:]([0-9]{2})(?:[.:]([0-9]{2}))?)?"
)
SPREADSHEET_DAY = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")
HOW_TO_WRITE = "write 2026-10-31T14:05:00+07:00 or, day first, 31/10/2026 14.05"
HOW_TO_CHOOSE = "say that the day comes first with ?dates=id, or write ISO dates (2026-10-31T14:05:00+07:00)"


@dataclass(frozen=True)
class DateCell:
    row: int
    column: str
    text: str


@dataclass(frozen=True)
class DateFormat:
    """`convention` is "id" for day first, "" if no cell is written so. A file with errors is refused."""

    convention: str = ""
    errors: Sequence[tuple[int, str, str]] = ()


def detect_date_format(cells: Iterable[DateCell]) -> DateFormat:
    """Return whether the day comes first, which some date after the 12th must show; else the file is refused."""
    days = {cell: (int(match[1]), int(match[2])) for cell in cells if (match := DATE_WITH_SLASHES.fullmatch(cell.text))}
    month_first = [cell for cell, (first, second) in days.items() if second > 12 >= first]
    ambiguous = [cell for cell, (first, second) in days.items() if max(first, second) <= 12 and first != second]
    has_day_first = any(first > 12 for first, _ in days.values())
    if month_first:
        return DateFormat(errors=[(cell.row, cell.column, _describe_month_first(cell)) for cell in month_first])
    if ambiguous and not has_day_first:
        return DateFormat(errors=[(cell.row, cell.column, _describe_ambiguity(cell)) for cell in ambiguous])
    return DateFormat("id" if days else "")


def _describe_month_first(cell: DateCell) -> str:
    return f"{cell.text} has the month first, which is not understood: {HOW_TO_WRITE}"


def _describe_ambiguity(cell: DateCell) -> str:
    first, second, year = cell.text.split()[0].split("T")[0].split("/")
    day_first, month_first = (f"{year}-{month:0>2}-{day:0>2}" for day, month in ((first, second), (second, first)))
    return f"{cell.text} can be {day_first} or {month_first}: {HOW_TO_CHOOSE}"


def read_instant(text: str, convention: str, zone: str) -> datetime:
    """Return the instant of a cell; a date with slashes is in `zone`. Raises ValueError with the reason, or
    OverflowError for an instant that has no UTC date."""
    match = DATE_WITH_SLASHES.fullmatch(text) if convention == "id" else None
    try:
        instant = _read_day_first(match, zone) if match else datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except ValueError as error:
        raise ValueError(_describe_bad_date(text)) from error
    raise ValueError(f"{text} has no time zone: {HOW_TO_WRITE}")


def _read_day_first(match: re.Match[str], zone: str) -> datetime:
    day, month, year, hour, minute, second = (int(group or 0) for group in match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(zone))


def _describe_bad_date(text: str) -> str:
    if SPREADSHEET_DAY.fullmatch(text):
        return f"{text} is a spreadsheet's number of a day: format the column as a date, or {HOW_TO_WRITE}"
    return f"{text} is not a date: {HOW_TO_WRITE}"
