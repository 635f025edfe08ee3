"""The CSV files of an import folder: their columns, parsing of rows and cells with errors, and writing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from chalicelib.exchange.dates import DateCell, DateFormat, detect_date_format, read_instant
from chalicelib.exchange.numbers import NumberCell, NumberFormat, detect_convention, format_decimal, read_number
from chalicelib.exchange.tables import Table, read_table
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import CURRENCIES, Money, from_decimal
from chalicelib.kit.unreadable_texts import find_unreadable


@dataclass(frozen=True)
class FileFormat:
    """The required and optional columns of a file, and those that no two rows may have in common (`key`).

    The order of FILES is the order of import."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    key: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


FILES = {
    "locations": FileFormat(("id", "kind", "name"), ("lat", "lon", "staff"), key=("id",)),
    "staff": FileFormat(("id", "name", "role"), ("phone", "email", "location"), key=("id",)),
    "products": FileFormat(
        ("sku", "name", "price"),
        (
            *("category", "description", "barcode", "cost", "currency", "tax_rate", "channels"),
            *("weight_grams", "reorder_level"),
        ),
        key=("sku",),
    ),
    "postcodes": FileFormat(("postcode", "country"), ("area", "lat", "lon"), key=("country", "postcode")),
    "stock": FileFormat(("sku", "location", "on_hand"), ("safety_stock", "display"), key=("sku", "location")),
    "customers": FileFormat(
        ("id", "name"),
        (
            *("company", "phone", "email", "street", "city", "postcode", "country", "lat", "lon"),
            *("credit_limit", "terms_days", "opening_receivable"),
        ),
        key=("id",),
    ),
    "orders": FileFormat(
        ("ref", "placed_at", "channel"),
        ("customer", "actor", "delivery_method", "location", "payment_method", "freight", "coupons", "historical"),
        key=("ref",),
    ),
    "order_lines": FileFormat(("ref", "sku", "quantity", "unit_price"), ("discount_rate",)),
}

INTEGER_COLUMNS = frozenset(
    {"weight_grams", "reorder_level", "on_hand", "safety_stock", "display", "terms_days", "quantity"}
)
MONEY_COLUMNS = frozenset({"price", "cost", "credit_limit", "opening_receivable", "freight", "unit_price"})
DATE_COLUMNS = frozenset({"placed_at"})
YES, NO = ("yes", "ya", "true", "1"), ("", "no", "tidak", "false", "0")
# Rates and coordinates are too small for a thousands mark, so that either mark can only be the decimal mark.
SMALL_NUMBER_COLUMNS = frozenset({"tax_rate", "discount_rate", "lat", "lon"})
# Python also accepts 1_000 and the digits of every script; in a CSV file those are errors.
SMALL_NUMBER = re.compile(r"[+-]?([0-9]{1,20}[.,]?[0-9]{0,20}|[.,][0-9]{1,20})([eE][+-]?[0-9]{1,2})?")
# Cells that begin with these are formulas to a spreadsheet, also with the full-width characters of =+-@.
FORMULA_PREFIXES = (*"=+-@\t\r", *"\uff1d\uff0b\uff0d\uff20")
SKIPPED_CHARACTERS = "\"' \n\x0b\x0c\x85\xa0\u200b\u2060\u3000\ufeff"


@dataclass(frozen=True, slots=True)
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

    is_internal = True

    def __init__(self, column: str, reason: str) -> None:
        super().__init__((column, reason))
        self.column, self.reason = column, reason


class UnknownFile(Invalid):
    message = "There is no file {file}; the files are {files}."


@dataclass(frozen=True)
class CellFormats:
    """How a file writes numbers and dates: "id", "en" (numbers only), or "" if that is not known or does not matter.

    Amounts are in `currency`; dates without a zone of their own are in `zone`."""

    currency: str
    zone: str
    numbers: str = ""
    dates: str = ""

    @property
    def currency_places(self) -> int:
        return CURRENCIES[self.currency].exponent


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row. A column that the file leaves out is empty; use `has` to distinguish it.

    `positions` are the columns of the header with their numbers, the same object for all rows of a file, because a file
    has many rows. The methods return the value of a cell and raise BadValue.
    """

    file: str
    row: int
    positions: Mapping[str, int]
    values: tuple[str, ...]
    formats: CellFormats

    @property
    def cells(self) -> dict[str, str]:
        return dict(zip(self.positions, self.values))

    def has(self, column: str) -> bool:
        return column in self.positions

    def cell(self, column: str) -> str:
        position = self.positions.get(column)
        return "" if position is None else self.values[position].strip()

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.cell(column) for column in FILES[self.file].key)

    def text(self, column: str, max_length: int = 200, default: str = "") -> str:
        cell = self.cell(column)
        if len(cell) > max_length:
            raise BadValue(column, f"is longer than {max_length} characters")
        if reason := find_unreadable(cell):
            raise BadValue(column, reason)
        return cell or default

    def required_text(self, column: str, max_length: int = 200) -> str:
        if not self.cell(column):
            raise BadValue(column, "is empty")
        return self.text(column, max_length)

    def integer(self, column: str, default: int = 0, minimum: int = 0, maximum: int = 10**9) -> int:
        cell = self.text(column)
        number = read_number(cell, self.formats.numbers, 0) if cell else Decimal(default)
        if number is None:
            raise BadValue(column, f"{cell!r} is not a whole number")
        if not minimum <= number <= maximum:
            raise BadValue(column, f"{number} is not between {minimum} and {maximum}")
        return int(number)

    def amount(self, column: str, maximum: str = "1000000000000") -> Money | None:
        """Return the amount in the currency of the shop, None for an empty cell. It is never rounded."""
        cell, currency, places = self.text(column), self.formats.currency, self.formats.currency_places
        if not cell:
            return None
        number = read_number(cell, self.formats.numbers, places)
        if number is None:
            raise BadValue(column, self._describe_bad_amount(cell))
        if not 0 <= number <= Decimal(maximum):
            raise BadValue(column, f"{cell} is not between 0 and {maximum}")
        if number != round(number, places):
            raise BadValue(column, f"{cell} has more decimals than the {places} of {currency}")
        return from_decimal(number, currency)

    def _describe_bad_amount(self, cell: str) -> str:
        if not self.formats.currency_places and read_number(cell, self.formats.numbers, 2) is not None:
            return f"{cell} has decimals, and {self.formats.currency} has none"
        return f"{cell!r} is not a number"

    def rate(self, column: str) -> Decimal:
        """Return a fraction from 0 to 1; 0 for an empty cell."""
        cell = self.small_number(column)
        number = Decimal(cell or "0")
        if not 0 <= number <= 1:
            raise BadValue(column, f"{cell} is not between 0 and 1")
        return number

    def coordinate(self, column: str, limit: int) -> float | None:
        cell = self.small_number(column)
        if not cell:
            return None
        number = float(cell)
        if not -limit <= number <= limit:
            raise BadValue(column, f"{cell} is not between -{limit} and {limit}")
        return number

    def small_number(self, column: str) -> str:
        """Return a number below a thousand as written, with a decimal point; "" for an empty cell."""
        cell = self.text(column)
        if cell and not SMALL_NUMBER.fullmatch(cell):
            raise BadValue(column, f"{cell!r} is not a number")
        return cell.replace(",", ".")

    def flag(self, column: str) -> bool:
        cell = self.text(column).lower()
        if cell not in YES + NO:
            raise BadValue(column, f"{cell!r} is neither yes nor no")
        return cell in YES

    def instant(self, column: str) -> datetime:
        try:
            return read_instant(self.required_text(column, 40), self.formats.dates, self.formats.zone)
        except ValueError as error:
            raise BadValue(column, str(error)) from error


@dataclass(frozen=True)
class ParsedFile:
    """The well-formed rows of a file, its errors, and how it is written. A refused file has no rows."""

    formats: CellFormats
    rows: list[CsvRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    separator: str = ","
    row_count: int = 0  # rows that are not blank, whether well-formed or not
    columns: tuple[str, ...] = ()  # those of the header; none if the header is refused

    def formats_to_json(self) -> dict[str, str]:
        formats = {"separator": self.separator, "numbers": self.formats.numbers, "dates": self.formats.dates}
        return {name: text for name, text in formats.items() if text}


def parse_csv(file: str, text: str, formats: CellFormats) -> ParsedFile:
    """Return the rows of a file. Formats not given in `formats` are detected from all cells.

    A file with a wrong header, or with cells that can be read in two ways, is refused as a whole."""
    try:
        table = read_table(text, FILES[file].columns)
    except csv.Error as error:
        return ParsedFile(formats, errors=[RowError(file, 1, "", f"is not CSV: {error}")])
    try:
        if errors := _header_errors(FILES[file], table.header):
            return ParsedFile(formats, errors=[RowError(file, 1, column, reason) for column, reason in errors])
        lines, errors_of_rows = _parse_rows(file, table, formats)
    except csv.Error as error:
        return ParsedFile(formats, errors=[RowError(file, table.rows.line_num, "", f"is not CSV: {error}")])
    formats, errors_of_cells = _detect_formats(lines, formats)
    row_count = len(lines) + len(errors_of_rows)
    parsed = ParsedFile(formats, [], errors_of_rows + errors_of_cells, table.separator, row_count, tuple(table.header))
    if errors_of_cells:
        return parsed
    lines, repetitions = _refuse_repeated_rows([replace(line, formats=formats) for line in lines])
    return replace(parsed, rows=lines, errors=errors_of_rows + repetitions)


def _detect_formats(lines: Sequence[CsvRow], formats: CellFormats) -> tuple[CellFormats, list[RowError]]:
    """Return the formats that the cells are written in, and the cells that leave them open."""
    places = dict.fromkeys(INTEGER_COLUMNS, 0) | dict.fromkeys(MONEY_COLUMNS, formats.currency_places)
    number_cells = (NumberCell(*cell, places[cell[1]]) for cell in _list_cells(lines, places))
    date_cells = (DateCell(*cell) for cell in _list_cells(lines, DATE_COLUMNS))
    numbers = NumberFormat(formats.numbers) if formats.numbers else detect_convention(number_cells)
    dates = DateFormat(formats.dates) if formats.dates else detect_date_format(date_cells)
    detected = replace(formats, numbers=numbers.convention, dates=dates.convention)
    return detected, [RowError(lines[0].file, *error) for error in (*numbers.errors, *dates.errors)]


def _list_cells(lines: Sequence[CsvRow], columns: Collection[str]) -> Iterator[tuple[int, str, str]]:
    """Yield row number, column and text of the cells in these columns."""
    for line in lines:
        yield from ((line.row, column, line.cell(column)) for column in columns if line.has(column))


def _refuse_repeated_rows(lines: Sequence[CsvRow]) -> tuple[list[CsvRow], list[RowError]]:
    """Return the rows whose key occurs once, and an error for each repetition of a key.

    Which one of several rows is right is not known, so none of them is imported."""
    first_rows: dict[tuple[str, ...], CsvRow] = {}
    keyed = [line for line in lines if line.key and all(line.key)]
    repetitions = [line for line in keyed if first_rows.setdefault(line.key, line) is not line]
    repeated_keys = {line.key for line in repetitions}
    errors = [_describe_repetition(line, first_rows[line.key].row) for line in repetitions]
    return [line for line in lines if line.key not in repeated_keys], errors


def _describe_repetition(line: CsvRow, first_row: int) -> RowError:
    columns = FILES[line.file].key
    reason = f"repeats the {' and '.join(columns)} of row {first_row} ({' at '.join(line.key)}); neither is imported"
    return RowError(line.file, line.row, columns[0], reason)


def _header_errors(file_format: FileFormat, header: list[str]) -> list[tuple[str, str]]:
    columns = file_format.columns
    errors = [
        (name, f"unknown column; known are {', '.join(columns)}" if name else "a column within the header has no name")
        for name in header
        if name not in columns
    ]
    errors += [(name, "is missing") for name in file_format.required if name not in header]
    return errors + [(name, "occurs more than once") for name in sorted({*header}) if header.count(name) > 1]


def _parse_rows(file: str, table: Table, formats: CellFormats) -> tuple[list[CsvRow], list[RowError]]:
    lines, errors = [], []
    width = len(table.header)
    positions = {name: position for position, name in enumerate(table.header)}
    for row, cells in enumerate(table.rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            errors.append(RowError(file, row, "", f"has {len(cells)} cells where the header has {width}"))
            continue
        lines.append(CsvRow(file, row, positions, tuple(map(unescape_formula, cells[:width])), formats))
    return lines, errors


def rows_to_csv(columns: Sequence[str], rows: list[dict[str, object]], numbers: str = "") -> str:
    """Return CSV text whose formula-like cells are escaped, so that a spreadsheet does not execute them.

    With `numbers` "id", semicolons separate the columns and decimals follow a comma."""
    text = io.StringIO()
    separator = ";" if numbers == "id" else ","
    # Lines end with CR LF; with LF alone a CR within a cell would not be quoted.
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(columns)
    writer.writerows([[_format_cell(column, row.get(column), numbers) for column in columns] for row in rows])
    return text.getvalue()


def _format_cell(column: str, value: object, numbers: str) -> str:
    cell = escape_formula(value)
    is_number = column in MONEY_COLUMNS or column in SMALL_NUMBER_COLUMNS
    return format_decimal(cell, numbers) if is_number and _is_plain_number(cell) else cell


def escape_formula(cell: object) -> str:
    """Return the cell as text, with ' before it if a spreadsheet would take it for a formula."""
    text = "" if cell is None else str(cell)
    risky = text.lstrip(SKIPPED_CHARACTERS).startswith(FORMULA_PREFIXES)
    return "'" + text if risky and not _is_plain_number(text) and not _is_phone(text) else text


def unescape_formula(cell: str) -> str:
    """Return the cell as it was before `escape_formula`."""
    return cell[1:] if cell[:1] == "'" and escape_formula(cell[1:]) == cell else cell


def _is_phone(text: str) -> bool:
    return text[:1] == "+" and text[1:].isdigit()


def _is_plain_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
