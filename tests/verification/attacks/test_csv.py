"""CSV injection (CWE-1236): spreadsheets evaluate cells that begin with = + - @ TAB or CR, also behind quotes."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.exchange.export_csv import EXPORTERS
from chalicelib.exchange.model import FILES, rows_to_csv
from tests.client import call
from tests.shop import an_order, token
from tests.verification.attacks.actions import send_request
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.sample_shop import LIA, RATNA, SOAP

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BEGINNINGS = st.sampled_from(
    [*FORMULA_STARTS, '"=', "'=", '""=', "'\"@", " =", "\n=", "\u200b=", "\ufeff=", "\u00a0+", "\uff1d", "\uff0b"]
)
TEXTS = st.builds(str.__add__, st.one_of(BEGINNINGS, st.just("")), st.text(max_size=40))
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", '"=1+1"', "'=1", " =1+1", "=cmd|' /C calc'!A0")


def is_formula(cell: str) -> bool:
    """Return True if a spreadsheet evaluates the cell; it ignores leading white space and quotes."""
    text = cell.lstrip(' "\n\u00a0\u200b\ufeff')
    text = text.translate({0xFF1D: "=", 0xFF0B: "+", 0xFF0D: "-", 0xFF20: "@"})
    return text.startswith(FORMULA_STARTS) and not is_number(text) and not (text[:1] == "+" and text[1:].isdigit())


def is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite() and text.isascii()
    except InvalidOperation:
        return False


def parse_cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@settings(max_examples=2_000, deadline=None, database=None, derandomize=True)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_no_cell_of_any_file_is_a_formula(texts: list[str]) -> None:
    columns = [str(number) for number in range(len(texts))]

    (_, cells) = parse_cells(rows_to_csv(columns, [dict(zip(columns, texts))]))

    assert [cell for cell in cells if is_formula(cell)] == []
    assert all(cell in (text, f"'{text}") for cell, text in zip(cells, texts, strict=True))


def test_a_line_break_within_a_cell_starts_no_row() -> None:
    """Regression: a bare CR was not quoted, so the text after it became the first cell of a new row."""
    text = rows_to_csv(["name"], [{"name": "Sari\r=cmd|' /C calc'!A0"}])

    assert parse_cells(text) == [["name"], ["Sari\r=cmd|' /C calc'!A0"]]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_written_by_a_stranger_reaches_no_export(shop: MemoryShop, formula: str) -> None:
    """A guest's name and street reach a spreadsheet through the owner's export of customers."""
    delivery = {"method": "ship", "address": {"street": _with_suffix(formula), "city": _with_suffix(formula)}}
    customer = {"name": _with_suffix(formula), "phone": "081299887766"}
    answer = send_request(shop, "POST", "/orders", an_order((SOAP, 1), customer=customer, delivery=delivery))

    exported = [export_file(shop, file) for file in EXPORTERS]

    assert answer.status in (201, 422)
    assert [cell for file in exported for row in file for cell in row if is_formula(cell)] == []
    assert answer.status == 422 or any(formula.strip() in cell for file in exported for row in file for cell in row)


def _with_suffix(formula: str) -> str:
    return f"{formula} kanari"


def test_a_formula_written_by_staff_reaches_no_export(shop: MemoryShop) -> None:
    for number, formula in enumerate(FORMULAS):
        body = {"name": formula, "phone": f"0812998877{number:02}", "company": formula}
        send_request(shop, "POST", "/customers", body, by=LIA)
        product = {"name": formula, "category": formula, "description": formula}
        send_request(shop, "PUT", f"/catalog/products/F-{number}", product, by=RATNA)

    assert [cell for file in EXPORTERS for row in export_file(shop, file) for cell in row if is_formula(cell)] == []


def test_a_phone_and_a_negative_number_are_not_quoted() -> None:
    (_, cells) = parse_cells(rows_to_csv(["a", "b", "c"], [{"a": "+6281252981234", "b": "-7.25", "c": -3}]))

    assert cells == ["+6281252981234", "-7.25", "-3"]


@pytest.mark.parametrize("file", FILES)
def test_every_export_is_csv_with_a_file_name(shop: MemoryShop, file: str) -> None:
    answer = call("GET", f"/api/exports/{file}.csv", token=token(RATNA))

    assert answer.status == (200 if file in EXPORTERS else 422)
    if answer.status == 200:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}.csv"'


def export_file(shop: MemoryShop, file: str) -> list[list[str]]:
    answer = call("GET", f"/api/exports/{file}.csv", token=token(RATNA))
    assert answer.status == 200, answer.text
    return parse_cells(answer.text)


INVALID_NUMBERS = (
    "1_000",
    "\u0661\u0662",
    "\uff11\uff12",
    "1e3",
    "0x10",
    "NaN",
    "Infinity",
    "-1",
    "1,5",
    "1e-999999999",
    "1e999999999",
)


@pytest.mark.parametrize("number", INVALID_NUMBERS)
def test_a_number_in_a_file_is_written_in_plain_digits(shop: MemoryShop, number: str) -> None:
    """Attack 5 through an import: other digits, underscores and signs are not accepted."""
    text = f'sku,location,on_hand\n{SOAP},wh-surabaya,"{number}"\n'

    report = import_file(shop, "stock", text)

    assert [(error["row"], error["column"]) for error in report["errors"]] == [(2, "on_hand")]


@pytest.mark.parametrize("price", [*(number for number in INVALID_NUMBERS if number != "1e3"), "1e13"])
def test_a_price_in_a_file_is_written_in_plain_digits(shop: MemoryShop, price: str) -> None:
    report = import_file(shop, "products", f'sku,name,price\nP-1,Teh,"{price}"\n')

    assert [(error["row"], error["column"]) for error in report["errors"]] == [(2, "price")]


def import_file(shop: MemoryShop, file: str, text: str) -> Any:
    headers = {"Authorization": f"Bearer {token(RATNA)}"}
    answer = call("POST", f"/api/imports?file={file}&dry_run=true", text, headers=headers)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)
