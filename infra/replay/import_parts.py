"""Splits an import folder into zip files that the API accepts, and maps their row numbers back to the files.

How a file writes numbers and dates is found from all its rows before it is split, because a part of it may not show
it. A folder that is split is therefore sent with plain numbers.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.exchange.model import (
    FILES,
    INTEGER_COLUMNS,
    MONEY_COLUMNS,
    CellFormats,
    CsvRow,
    ParsedFile,
    escape_formula,
    parse_csv,
)
from chalicelib.exchange.numbers import read_number
from chalicelib.exchange.tables import decode_text

MAX_BYTES = 3_000_000  # CSV in one part; the API accepts 4 MB, zipped
FILE_GROUPS = (("locations", "staff"), ("orders", "order_lines"))  # files whose rows refer to each other
REFERENCED_FILES = ("locations", "staff", "products", "customers", "stock")  # what other rows refer to or use up


RowGroup = list[tuple[str, int, str]]  # (file, row number, the row as CSV)


@dataclass
class ImportPart:
    """A part of an import.

    `rows` are the original numbers of its rows, counting the header as row 1. `dry_run_files` are sent along in a dry
    run: it saves nothing, so rows of earlier parts are not in the shop. `query` says how the files are written. A part
    without files is not sent; its `report` is that of rows that were refused before.
    """

    files: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)
    dry_run_files: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)

    def to_zip(self, dry: bool) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in ((self.dry_run_files if dry else {}) | self.files).items():
                archive.writestr(f"{name}.csv", text)
        return out.getvalue()

    def locate_errors(self, errors: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The errors of this part's files, with row numbers of the original files."""
        located = [(error, error["file"].removesuffix(".csv")) for error in errors]
        return [error | {"row": self.original_row(name, error["row"])} for error, name in located if name in self.files]

    def original_row(self, name: str, row: int) -> int:
        return self.rows[name][row - 2] if name in self.rows and row >= 2 else row


def read_folder(folder: Path) -> dict[str, str]:
    """Return the text of each CSV file by its name without `.csv`. Raises NotUtf8."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".csv")
    return {file.name[:-4].lower(): decode_text(file.name, file.read_bytes()) for file in files}


def split_folder(folder: Path, formats: CellFormats, max_bytes: int = MAX_BYTES) -> list[ImportPart]:
    """One part if everything fits; otherwise groups of files in the order of import, each in one part or more.

    Raises NotUtf8."""
    texts = read_folder(folder)
    if sum(len(text.encode()) for text in texts.values()) <= max_bytes or not texts:
        query = {"numbers": formats.numbers, "dates": formats.dates}
        return [ImportPart(texts, query={name: convention for name, convention in query.items() if convention})]
    parsed = {name: parse_csv(name, text, formats) for name, text in texts.items() if name in FILES}
    plain = {name: rows_to_csv(file) for name, file in parsed.items() if file.columns}
    parts = [build_report_part(parsed), *build_unknown_parts(texts)]
    for names in group_files(plain):
        dates = next((parsed[name].formats.dates for name in names if parsed[name].formats.dates), "")
        query = {"numbers": "en"} | ({"dates": dates} if dates else {})
        for part in split_files({name: parsed[name] for name in names}, max_bytes):
            part.query = query
            part.dry_run_files = {
                name: plain[name] for name in REFERENCED_FILES if name in plain and name not in part.files
            }
            parts.append(part)
    return parts


def build_report_part(parsed: Mapping[str, ParsedFile]) -> ImportPart:
    """A part that is not sent: the formats of all files, and the rows that can be refused without the shop."""
    errors = [error.to_json() for file in parsed.values() for error in file.errors]
    unsent = {name: file.row_count - len(file.rows) for name, file in parsed.items()}
    formats = {f"{name}.csv": file.formats_to_json() for name, file in parsed.items()}
    report = {"rows": unsent, "changed": {}, "formats": formats, "errors": errors}
    return ImportPart(report=report | {"warnings": [], "refused": [], "skipped": []})


def build_unknown_parts(texts: Mapping[str, str]) -> list[ImportPart]:
    """Files that no import has, so that the API reports them."""
    return [ImportPart({name: text}) for name, text in texts.items() if name not in FILES]


def group_files(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Groups of files in the order of import."""
    left = [name for name in FILES if name in names]
    while left:
        group = next((group for group in FILE_GROUPS if left[0] in group), (left[0],))
        yield tuple(name for name in group if name in left)
        left = [name for name in left if name not in group]


def split_files(parsed: Mapping[str, ParsedFile], max_bytes: int) -> Iterator[ImportPart]:
    """Split the files of a group. Rows with the same `ref` stay together, and so do all locations and staff."""
    is_whole = "locations" in parsed or "staff" in parsed
    groups = group_rows(parsed)
    for part in [[row for group in groups for row in group]] if is_whole else fill_parts(groups, max_bytes):
        rows_of = {name: [row for row in part if row[0] == name] for name in parsed}
        yield ImportPart(
            {
                name: format_row(parsed[name].columns) + "".join(line for _, _, line in listed)
                for name, listed in rows_of.items()
            },
            {name: [number for _, number, _ in listed] for name, listed in rows_of.items()},
        )


def fill_parts(groups: Iterable[RowGroup], max_bytes: int) -> Iterator[RowGroup]:
    part: RowGroup = []
    size = 0
    for group in groups:
        group_size = sum(len(line.encode()) for _, _, line in group)
        if part and size + group_size > max_bytes:
            yield part
            part, size = [], 0
        part.extend(group)
        size += group_size
    if part:
        yield part


def group_rows(parsed: Mapping[str, ParsedFile]) -> Sequence[RowGroup]:
    groups: dict[tuple[str, str], RowGroup] = {}
    for name, file in parsed.items():
        for row in file.rows:
            key = ("ref", row.cell("ref")) if row.has("ref") else (name, str(row.row))
            groups.setdefault(key, []).append((name, row.row, format_row(plain_cells(row))))
    return list(groups.values())


def rows_to_csv(file: ParsedFile) -> str:
    return format_row(file.columns) + "".join(format_row(plain_cells(row)) for row in file.rows)


def plain_cells(row: CsvRow) -> list[str]:
    """Return the cells with plain numbers (`1250.50`). A cell that is not understood stays as it is, to be reported."""
    return [escape_formula(to_plain_number(row, column, cell)) for column, cell in row.cells.items()]


def to_plain_number(row: CsvRow, column: str, cell: str) -> str:
    if column not in INTEGER_COLUMNS | MONEY_COLUMNS:
        return cell
    # Decimals are read in any currency, so that the API refuses them with its own reason.
    number = read_number(cell.strip(), row.formats.numbers, max(2, row.formats.currency_places))
    return cell if number is None else f"{number:f}"


def format_row(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
