"""The CSV files of an import folder: their columns, parsing of rows and cells with errors, and writing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from chalicelib.kit.errors import Invalid


@dataclass(frozen=True)
class FileFormat:
    """The required and optional columns of a file. The order of FILES is the order of import."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


FILES = {
    "locations": FileFormat(("id", "kind", "name"), ("lat", "lon", "staff")),
    "staff": FileFormat(("id", "name", "role"), ("phone", "email", "location")),
    "products": FileFormat(
        ("sku", "name", "price"),
        (
            *("category", "description", "barcode", "cost", "currency", "tax_rate", "channels"),
            *("weight_grams", "reorder_level"),
        ),
    ),
    "postcodes": FileFormat(("postcode", "country"), ("area", "lat", "lon")),
    "stock": FileFormat(("sku", "location", "on_hand"), ("safety_stock", "display")),
    "customers": FileFormat(
        ("id", "name"),
        (
            *("company", "phone", "email", "street", "city", "postcode", "country", "lat", "lon"),
            *("credit_limit", "terms_days", "opening_receivable"),
        ),
    ),
    "orders": FileFormat(
        ("ref", "placed_at", "channel"),
        ("customer", "actor", "delivery_method", "location", "payment_method", "freight", "coupons"),
    ),
    "order_lines": FileFormat(("ref", "sku", "quantity", "unit_price"), ("discount_rate",)),
}

# Python also accepts 1_000 and the digits of every script; in a CSV file those are errors.
INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
NUMBER = re.compile(r"[+-]?([0-9]{1,20}\.?[0-9]{0,20}|\.[0-9]{1,20})([eE][+-]?[0-9]{1,2})?")
# Cells that begin with these are formulas to a spreadsheet, also with the full-width characters of =+-@.
FORMULA_PREFIXES = (*"=+-@\t\r", *"\uff1d\uff0b\uff0d\uff20")
SKIPPED_CHARACTERS = "\"' \n\x0b\x0c\x85\xa0\u200b\u2060\u3000\ufeff"


@dataclass(frozen=True)
class RowError:
    """An error in a cell or row. Rows are counted as in a spreadsheet: the header is row 1."""

    file: str
    row: int
    column: str
    reason: str

    def to_json(self) -> dict[str, object]:
        return {"file": f"{self.file}.csv", "row": self.row, "column": self.column, "reason": self.reason}


class BadValue(Invalid):
    """The value of one cell is not valid."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__((column, reason))
        self.column, self.reason = column, reason


class UnknownFile(Invalid):
    message = "There is no file {file}.csv; the files are {files}."


@dataclass(frozen=True)
class CsvRow:
    """One row, with its cells by column. A column that the file leaves out is empty.

    Its methods return the value of a cell and raise BadValue.
    """

    file: str
    row: int
    cells: dict[str, str]

    def text(self, column: str, max_length: int = 200, default: str = "") -> str:
        cell = self.cells[column].strip()
        if len(cell) > max_length:
            raise BadValue(column, f"is longer than {max_length} characters")
        return cell or default

    def required_text(self, column: str, max_length: int = 200) -> str:
        if not self.cells[column].strip():
            raise BadValue(column, "is empty")
        return self.text(column, max_length)

    def integer(self, column: str, default: int = 0, minimum: int = 0, maximum: int = 10**9) -> int:
        cell = self.text(column)
        if cell and not INTEGER.fullmatch(cell):
            raise BadValue(column, f"{cell!r} is not a whole number")
        number = int(cell) if cell else default
        if not minimum <= number <= maximum:
            raise BadValue(column, f"{number} is not between {minimum} and {maximum}")
        return number

    def decimal(self, column: str, default: str | None = "0", maximum: str = "1000000000000") -> Decimal | None:
        """Return the number; None only if `default` is None and the cell is empty."""
        cell = self.text(column)
        if not cell and default is None:
            return None
        if cell and not NUMBER.fullmatch(cell):
            raise BadValue(column, f"{cell!r} is not a number")
        number = Decimal(cell or default or "0")
        if not 0 <= number <= Decimal(maximum):
            raise BadValue(column, f"{cell} is not between 0 and {maximum}")
        return number

    def coordinate(self, column: str, limit: int) -> float | None:
        cell = self.text(column)
        if not cell:
            return None
        if not NUMBER.fullmatch(cell):
            raise BadValue(column, f"{cell!r} is not a coordinate")
        number = float(cell)
        if not -limit <= number <= limit:
            raise BadValue(column, f"{cell} is not between -{limit} and {limit}")
        return number


def parse_csv(file: str, text: str) -> tuple[list[CsvRow], list[RowError]]:
    """Return the well-formed rows and the errors. A file with a wrong header has no rows."""
    file_format = FILES[file]
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if errors := _header_errors(file_format, header):
            return [], [RowError(file, 1, column, reason) for column, reason in errors]
        return _parse_rows(file, file_format, header, rows)
    except csv.Error as error:
        return [], [RowError(file, rows.line_num, "", f"is not CSV: {error}")]


def _header_errors(file_format: FileFormat, header: list[str]) -> list[tuple[str, str]]:
    columns = file_format.columns
    errors = [(name, f"unknown column; known are {', '.join(columns)}") for name in header if name not in columns]
    errors += [(name, "is missing") for name in file_format.required if name not in header]
    return errors + [(name, "occurs more than once") for name in sorted({*header}) if header.count(name) > 1]


def _parse_rows(
    file: str, file_format: FileFormat, header: list[str], rows: Iterator[list[str]]
) -> tuple[list[CsvRow], list[RowError]]:
    lines, errors = [], []
    empty_cells = dict.fromkeys(file_format.columns, "")
    for row, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            errors.append(RowError(file, row, "", f"has {len(cells)} cells where the header has {len(header)}"))
            continue
        lines.append(CsvRow(file, row, empty_cells | dict(zip(header, cells, strict=True))))
    return lines, errors


def rows_to_csv(columns: Sequence[str], rows: list[dict[str, object]]) -> str:
    """Return CSV text whose formula-like cells are escaped, so that a spreadsheet does not execute them."""
    text = io.StringIO()
    writer = csv.writer(text)  # lines end with CR LF; with LF alone a CR within a cell would not be quoted
    writer.writerow(columns)
    writer.writerows([[escape_formula(row.get(column)) for column in columns] for row in rows])
    return text.getvalue()


def escape_formula(cell: object) -> str:
    """Return the cell as text, with ' before it if a spreadsheet would take it for a formula."""
    text = "" if cell is None else str(cell)
    risky = text.lstrip(SKIPPED_CHARACTERS).startswith(FORMULA_PREFIXES)
    return "'" + text if risky and not _is_plain_number(text) and not _is_phone(text) else text


def _is_phone(text: str) -> bool:
    return text[:1] == "+" and text[1:].isdigit()


def _is_plain_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
