"""Date formats of CSV files."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.exchange.dates import (
    HOW_TO_CHOOSE,
    HOW_TO_WRITE,
    DateCell,
    DateFormat,
    detect_date_format,
    read_instant,
)


def cells(*texts: str) -> list[DateCell]:
    return [DateCell(row, "placed_at", text) for row, text in enumerate(texts, 2)]


@pytest.mark.parametrize(
    ("texts", "convention"),
    [
        (["2026-10-31T14:05:00+07:00"], ""),
        (["13/10/2026"], "id"),
        (["31/10/2026 14.05", "01/02/2026"], "id"),
        (["05/05/2026"], "id"),
        (["tomorrow"], ""),
    ],
)
def test_the_day_comes_first_if_some_date_shows_it(texts: list[str], convention: str) -> None:
    assert detect_date_format(cells(*texts)) == DateFormat(convention)


def test_a_file_with_the_month_first_is_refused_by_those_rows() -> None:
    detected = detect_date_format(cells("10/13/2026", "12/10/2026"))

    reason = f"10/13/2026 has the month first, which is not understood: {HOW_TO_WRITE}"
    assert detected == DateFormat(errors=[(2, "placed_at", reason)])


@pytest.mark.parametrize("text", ["1/12/2026 14.05", "1/12/2026T14:05", "1/12/2026"])
def test_an_ambiguous_date_is_refused_with_both_readings(text: str) -> None:
    detected = detect_date_format(cells(text, "5/5/2026"))

    assert detected == DateFormat(errors=[(2, "placed_at", f"{text} can be 2026-12-01 or 2026-01-12: {HOW_TO_CHOOSE}")])


@pytest.mark.parametrize(
    ("text", "convention", "instant"),
    [
        ("2026-10-31T14:05:00+07:00", "", datetime(2026, 10, 31, 7, 5, tzinfo=UTC)),
        ("2026-10-31T14:05:00Z", "id", datetime(2026, 10, 31, 14, 5, tzinfo=UTC)),
        ("31/10/2026 14.05", "id", datetime(2026, 10, 31, 7, 5, tzinfo=UTC)),
        ("31/10/2026T14:05:09", "id", datetime(2026, 10, 31, 7, 5, 9, tzinfo=UTC)),
        ("31/10/2026", "id", datetime(2026, 10, 30, 17, tzinfo=UTC)),
    ],
)
def test_a_date_is_an_instant_in_the_zone_of_the_shop(text: str, convention: str, instant: datetime) -> None:
    assert read_instant(text, convention, "Asia/Jakarta") == instant


@pytest.mark.parametrize(
    ("text", "convention", "reason"),
    [
        ("46326,5", "", "is a spreadsheet's number of a day: format the column as a date, or "),
        ("31/10/2026", "", "is not a date: "),
        ("31/13/2026", "id", "is not a date: "),
        ("2026-10-31T14:05:00", "", "has no time zone: "),
    ],
)
def test_a_date_that_cannot_be_read_is_refused_with_the_reason(text: str, convention: str, reason: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_instant(text, convention, "Asia/Jakarta")

    assert str(refused.value) == f"{text} {reason}{HOW_TO_WRITE}"
