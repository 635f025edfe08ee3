"""Number conventions of CSV files."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.exchange.numbers import (
    HOW_TO_CHOOSE,
    NumberCell,
    NumberFormat,
    detect_convention,
    format_decimal,
    read_number,
)


@pytest.mark.parametrize(
    ("text", "convention", "places", "value"),
    [
        ("12500", "", 0, "12500"),
        ("12.500", "id", 0, "12500"),
        ("1.250.000,5", "id", 2, "1250000.5"),
        ("12,500", "en", 0, "12500"),
        ("1,250.75", "en", 2, "1250.75"),
        ("1,250.75", "", 2, "1250.75"),
        ("-7,25", "id", 2, "-7.25"),
        ("+3", "en", 0, "3"),
        ("1.255", "en", 2, "1.255"),
        ("1.5", "en", 0, None),
        ("1.5", "id", 2, None),
        ("0.500", "id", 0, None),
        ("12,50.0", "en", 2, None),
        ("Rp500", "id", 0, None),
        ("", "en", 0, None),
    ],
)
def test_a_number_is_read_in_its_convention(text: str, convention: str, places: int, value: str | None) -> None:
    assert read_number(text, convention, places) == (None if value is None else Decimal(value))


def cells(*texts: str, places: int = 0) -> list[NumberCell]:
    return [NumberCell(row, "price", text, places) for row, text in enumerate(texts, 2)]


@pytest.mark.parametrize(
    ("texts", "places", "convention"),
    [
        (["12500", "7"], 0, ""),
        (["12.500", "7"], 0, "id"),
        (["12,500", "7"], 0, "en"),
        (["1.250", "9.999.999"], 2, "id"),
        (["1.250", "0.50"], 2, "en"),
        (["cheap"], 0, ""),
    ],
)
def test_the_convention_is_the_one_that_all_cells_agree_on(texts: list[str], places: int, convention: str) -> None:
    assert detect_convention(cells(*texts, places=places)) == NumberFormat(convention)


def test_an_ambiguous_file_is_refused_with_both_readings_of_each_cell() -> None:
    detected = detect_convention(cells("1.250", "7", places=2))

    assert detected == NumberFormat(errors=[(2, "price", f"1.250 can be 1250 or 1.250: {HOW_TO_CHOOSE}")])


def test_a_mixed_file_is_refused_with_the_rarer_cells_and_one_of_the_others() -> None:
    detected = detect_convention(cells("12.500", "12,500", "13.500"))

    advice = f"correct the file, or {HOW_TO_CHOOSE}"
    assert detected.convention == ""
    assert detected.errors == [
        (2, "price", f"12.500 is written differently from 12,500 in row 3: {advice}"),
        (3, "price", f"12,500 is written differently from 12.500 in row 2: {advice}"),
    ]


def test_a_plain_number_is_written_with_the_decimal_mark_of_the_convention() -> None:
    assert [format_decimal("-7.25", convention) for convention in ("id", "en", "")] == ["-7,25", "-7.25", "-7.25"]
