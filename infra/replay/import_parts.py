"""Splits an import folder into zip files that the API accepts, and maps their row numbers back to the files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.exchange.model import FILES
from chalicelib.exchange.tables import decode_text

MAX_BYTES = 3_000_000  # CSV in one part; the API accepts 4 MB, zipped
FILE_GROUPS = (("locations", "staff"), ("orders", "order_lines"))  # files whose rows refer to each other
REFERENCED_FILES = ("locations", "staff", "products", "customers")  # files that rows of other files refer to


RowGroup = list[tuple[str, int, str]]  # (file, row number, the row as CSV)


@dataclass
class ImportPart:
    """A part of an import.

    `rows` are the original numbers of its rows, counting the header as row 1. `dry_run_files` are sent along in a dry
    run: it saves nothing, so rows of earlier parts are not in the shop.
    """

    files: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)
    dry_run_files: dict[str, str] = field(default_factory=dict)

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


def split_folder(folder: Path, max_bytes: int = MAX_BYTES) -> list[ImportPart]:
    """One part if everything fits; otherwise groups of files in the order of import, each in one part or more.

    Raises NotUtf8."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".csv")
    texts = {file.stem.lower(): decode_text(file.name, file.read_bytes()) for file in files}
    if sum(len(text.encode()) for text in texts.values()) <= max_bytes or not texts:
        return [ImportPart(texts)]
    parts = [
        part for group in group_files(texts) for part in split_files({name: texts[name] for name in group}, max_bytes)
    ]
    for part in parts:
        part.dry_run_files = {
            name: texts[name] for name in REFERENCED_FILES if name in texts and name not in part.files
        }
    return parts


def group_files(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Groups of files in the order of import. Unknown files are included, so that the API reports them."""
    left = [*(name for name in FILES if name in texts), *(name for name in texts if name not in FILES)]
    while left:
        names = next((group for group in FILE_GROUPS if left[0] in group), (left[0],))
        yield tuple(name for name in names if name in left)
        left = [name for name in left if name not in names]


def split_files(texts: dict[str, str], max_bytes: int) -> Iterator[ImportPart]:
    """Split the files of a group. Rows with the same `ref` stay together, and so do all locations and staff."""
    if sum(len(text.encode()) for text in texts.values()) <= max_bytes or "locations" in texts or "staff" in texts:
        yield ImportPart(texts)
        return
    headers, rows = parse_files(texts)
    for part in fill_parts(group_rows(headers, rows), max_bytes):
        rows_of = {name: [row for row in part if row[0] == name] for name in headers}
        yield ImportPart(
            {
                name: format_row(headers[name]) + "".join(line for _, _, line in listed)
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


def parse_files(texts: dict[str, str]) -> tuple[dict[str, list[str]], dict[str, list[list[str]]]]:
    tables = {name: list(csv.reader(io.StringIO(text))) for name, text in texts.items()}
    return {name: rows[0] for name, rows in tables.items() if rows}, {name: rows[1:] for name, rows in tables.items()}


def group_rows(headers: dict[str, list[str]], rows: dict[str, list[list[str]]]) -> Iterable[RowGroup]:
    groups: dict[tuple[str, str], RowGroup] = {}
    for name, header in headers.items():
        column = header.index("ref") if "ref" in header else -1
        for number, cells in enumerate(rows[name], start=2):
            key = ("ref", cells[column]) if 0 <= column < len(cells) else (name, str(number))
            groups.setdefault(key, []).append((name, number, format_row(cells)))
    return groups.values()


def format_row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
