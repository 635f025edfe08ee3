"""An import folder as zips that the door takes: a big one is cut into parts, and what is said of a part's row is said
of the file's."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.exchange.model import FILES

MAX_BYTES = 3_000_000  # of CSV in one part; the door takes 4 MB, zipped
FILE_GROUPS = (("locations", "staff"), ("orders", "order_lines"))  # files whose rows name each other
REFERENCED_FILES = ("locations", "staff", "products", "customers")  # what rows of other files refer to


RowGroup = list[tuple[str, int, str]]  # (file, row, the row as CSV)


@dataclass
class ImportPart:
    """`rows` are the numbers that a part's rows have in their files; the header is row 1 of both. `beside` is sent
    along in a dry run: it keeps nothing, so later parts find none of it in the shop."""

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
        """Those about this part, with each row's number in the whole file."""
        mine = [(error, error["file"].removesuffix(".csv")) for error in errors]
        return [error | {"row": self.original_row(name, error["row"])} for error, name in mine if name in self.files]

    def original_row(self, name: str, row: int) -> int:
        return self.rows[name][row - 2] if name in self.rows and row >= 2 else row


def split_folder(folder: Path, max_bytes: int = MAX_BYTES) -> list[ImportPart]:
    """One, when all of it fits; else first what names each other, then file after file in the order of import."""
    texts = {file.stem: file.read_text(encoding="utf-8-sig") for file in sorted(folder.glob("*.csv"))}
    if sum(len(text.encode()) for text in texts.values()) <= max_bytes or not texts:
        return [ImportPart(texts)]
    made = [
        parcel
        for group in group_files(texts)
        for parcel in split_files({name: texts[name] for name in group}, max_bytes)
    ]
    for parcel in made:
        parcel.dry_run_files = {
            name: texts[name] for name in REFERENCED_FILES if name in texts and name not in parcel.files
        }
    return made


def group_files(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """In the order of import; a file that is none of ours goes along, for the door to say so."""
    left = [*(name for name in FILES if name in texts), *(name for name in texts if name not in FILES)]
    while left:
        names = next((group for group in FILE_GROUPS if left[0] in group), (left[0],))
        yield tuple(name for name in names if name in left)
        left = [name for name in left if name not in names]


def split_files(texts: dict[str, str], most_bytes: int) -> Iterator[ImportPart]:
    """Rows of one `ref` stay together; locations and staff do too, there are never many of them."""
    if sum(len(text.encode()) for text in texts.values()) <= most_bytes or "locations" in texts or "staff" in texts:
        yield ImportPart(texts)
        return
    headers, rows = parse_files(texts)
    for part in fill_parts(group_rows(headers, rows), most_bytes):
        chosen = {name: [each for each in part if each[0] == name] for name in headers}
        yield ImportPart(
            {
                name: format_row(headers[name]) + "".join(line for _, _, line in listed)
                for name, listed in chosen.items()
            },
            {name: [number for _, number, _ in listed] for name, listed in chosen.items()},
        )


def fill_parts(bundled: Iterable[RowGroup], most_bytes: int) -> Iterator[RowGroup]:
    part: RowGroup = []
    size = 0
    for bundle in bundled:
        weight = sum(len(line.encode()) for _, _, line in bundle)
        if part and size + weight > most_bytes:
            yield part
            part, size = [], 0
        part.extend(bundle)
        size += weight
    if part:
        yield part


def parse_files(texts: dict[str, str]) -> tuple[dict[str, list[str]], dict[str, list[list[str]]]]:
    tables = {name: list(csv.reader(io.StringIO(text))) for name, text in texts.items()}
    return {name: rows[0] for name, rows in tables.items() if rows}, {name: rows[1:] for name, rows in tables.items()}


def group_rows(headers: dict[str, list[str]], rows: dict[str, list[list[str]]]) -> Iterable[RowGroup]:
    made: dict[tuple[str, str], RowGroup] = {}
    for name, header in headers.items():
        key = header.index("ref") if "ref" in header else -1
        for number, cells in enumerate(rows[name], start=2):
            bound = ("ref", cells[key]) if 0 <= key < len(cells) else (name, str(number))
            made.setdefault(bound, []).append((name, number, format_row(cells)))
    return made.values()


def format_row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
