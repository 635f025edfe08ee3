"""Encoding, separator and header of CSV files."""

from __future__ import annotations

import csv

import pytest

from chalicelib.exchange.tables import NotUtf8, decode_text, read_table

COLUMNS = ("sku", "name", "price")


@pytest.mark.parametrize("raw", ["sku\nTEH-é".encode(), "sku\nTEH-é".encode("utf-8-sig"), b"sku\nTEH-\xc3\xa9"])
def test_utf_8_is_read_with_and_without_a_byte_order_mark(raw: bytes) -> None:
    assert decode_text("products.csv", raw) == "sku\nTEH-é"


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("sku\né".encode("latin-1"), "Windows-1252 (Latin-1)"),
        ("sku\né".encode("utf-16"), "UTF-16"),
        ("sku\né".encode("utf-16-be"), "UTF-16"),
        ("sku\né".encode("utf-32"), "UTF-32"),
    ],
)
def test_another_encoding_is_refused_by_its_name(raw: bytes, encoding: str) -> None:
    with pytest.raises(NotUtf8) as refused:
        decode_text("products.csv", raw)

    assert (refused.value.facts["file"], refused.value.facts["encoding"]) == ("products.csv", encoding)
    advice = "save it as UTF-8 (in a spreadsheet: “CSV UTF-8”)"
    assert refused.value.errors == [
        {"field": "products.csv", "says": f"is not UTF-8; it looks like {encoding}: {advice}"}
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_that_finds_known_columns(separator: str) -> None:
    text = (
        "\ufeff" + separator.join([" SKU ", "Name", "price", "", ""]) + "\n" + separator.join(["T", "Teh", "1", "", ""])
    )

    table = read_table(text, COLUMNS)

    assert (table.header, table.separator) == (["sku", "name", "price"], separator)
    assert list(table.rows) == [["T", "Teh", "1", "", ""]]


def test_a_header_that_is_no_csv_raises_the_error_of_the_reader() -> None:
    with pytest.raises(csv.Error):
        read_table('"sku"x;"name', COLUMNS)


def test_an_empty_file_has_neither_columns_nor_rows() -> None:
    table = read_table("", COLUMNS)

    assert (table.header, list(table.rows)) == ([], [])
