"""The files of an import folder, their columns, and what can be wrong with a row."""

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
    """What a file holds: columns a row needs, and those it may leave out. The order of FILES is the order of import."""

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

# Python reads 1_000 and the digits of every script too; who writes those means something else or means no good.
INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
NUMBER = re.compile(r"[+-]?([0-9]{1,20}\.?[0-9]{0,20}|\.[0-9]{1,20})([eE][+-]?[0-9]{1,2})?")
FORMULA_PREFIXES = (
    *"=+-@\t\r",
    *"\uff1d\uff0b\uff0d\uff20",
)  # what a spreadsheet runs, and the wide letters it takes for that
SKIPPED_CHARACTERS = "\"' \n\x0b\x0c\x85\xa0\u200b\u2060\u3000\ufeff"


@dataclass(frozen=True)
class RowError:
    """`row` counts as a spreadsheet does: the header is row 1."""

    file: str
    row: int
    column: str
    reason: str

    def to_json(self) -> dict[str, object]:
        return {"file": f"{self.file}.csv", "row": self.row, "column": self.column, "reason": self.reason}


class BadValue(Invalid):
    """One cell that cannot be read; says which and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__((column, reason))
        self.column, self.reason = column, reason


class UnknownFile(Invalid):
    message = "There is no import file called {file}; there are {files}."


@dataclass(frozen=True)
class CsvRow:
    """One row, its cells by column; every known column is there, empty when the file leaves it out."""

    file: str
    row: int
    cells: dict[str, str]

    def text(self, column: str, max_length: int = 200, default: str = "") -> str:
        cell = self.cells[column].strip()
        if len(cell) > max_length:
            raise BadValue(column, f"is longer than {max_length} characters")
        return cell or default

    def required_text(self, column: str, most: int = 200) -> str:
        if not self.cells[column].strip():
            raise BadValue(column, "is empty")
        return self.text(column, most)

    def integer(self, column: str, default: int = 0, minimum: int = 0, maximum: int = 10**9) -> int:
        cell = self.text(column)
        if cell and not INTEGER.fullmatch(cell):
            raise BadValue(column, f"{cell!r} is no whole number")
        number = int(cell) if cell else default
        if not minimum <= number <= maximum:
            raise BadValue(column, f"{number} is not between {minimum} and {maximum}")
        return number

    def decimal(self, column: str, default: str | None = "0", maximum: str = "1000000000000") -> Decimal | None:
        """None only where `default` is None and the cell is empty."""
        cell = self.text(column)
        if not cell and default is None:
            return None
        if cell and not NUMBER.fullmatch(cell):
            raise BadValue(column, f"{cell!r} is no number")
        number = Decimal(cell or default or "0")
        if not 0 <= number <= Decimal(maximum):
            raise BadValue(column, f"{cell} is not between 0 and {maximum}")
        return number

    def coordinate(self, column: str, most: int) -> float | None:
        cell = self.text(column)
        if not cell:
            return None
        if not NUMBER.fullmatch(cell):
            raise BadValue(column, f"{cell!r} is no coordinate")
        number = float(cell)
        if not -most <= number <= most:
            raise BadValue(column, f"{cell} is not between -{most} and {most}")
        return number


def parse_csv(file: str, text: str) -> tuple[list[CsvRow], list[RowError]]:
    """The rows that have the right shape, and the ones that have not. A file whose header is wrong has no rows."""
    kind = FILES[file]
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if wrong := _header_errors(kind, header):
            return [], [RowError(file, 1, column, reason) for column, reason in wrong]
        return _parse_rows(file, kind, header, rows)
    except csv.Error as error:
        return [], [RowError(file, rows.line_num, "", f"is not CSV: {error}")]


def _header_errors(kind: FileFormat, header: list[str]) -> list[tuple[str, str]]:
    unknown = [(name, f"unknown column; known are {', '.join(kind.columns)}") for name in header]
    wrong = [each for each in unknown if each[0] not in kind.columns]
    wrong += [(name, "is missing") for name in kind.required if name not in header]
    return wrong + [(name, "stands there twice") for name in sorted({*header}) if header.count(name) > 1]


def _parse_rows(
    file: str, kind: FileFormat, header: list[str], rows: Iterator[list[str]]
) -> tuple[list[CsvRow], list[RowError]]:
    lines, troubles = [], []
    for row, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            troubles.append(RowError(file, row, "", f"has {len(cells)} cells where the header has {len(header)}"))
            continue
        lines.append(CsvRow(file, row, dict.fromkeys(kind.columns, "") | dict(zip(header, cells, strict=True))))
    return lines, troubles


def rows_to_csv(columns: Sequence[str], rows: list[dict[str, object]]) -> str:
    """CSV that a spreadsheet opens without running it: a cell that looks like a formula gets a ' in front."""
    out = io.StringIO()
    writer = csv.writer(out)  # ends lines with both, or it would leave a CR within a cell bare: to others, a new line
    writer.writerow(columns)
    writer.writerows([[escape_formula(row.get(column)) for column in columns] for row in rows])
    return out.getvalue()


def escape_formula(cell: object) -> str:
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
