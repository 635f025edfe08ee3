"""From the bytes of a CSV file to its header and rows: encoding, separator, header and empty trailing columns. Pure."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from chalicelib.kit.errors import Invalid

SEPARATORS = (",", ";", "\t")
# UTF-32 comes first, because its mark begins with that of UTF-16.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class NotUtf8(Invalid):
    """A file is in another encoding; `encoding` is the one it looks like."""

    def __init__(self, name: str, encoding: str) -> None:
        advice = "save it as UTF-8 (in a spreadsheet: “CSV UTF-8”)"
        super().__init__((name, f"is not UTF-8; it looks like {encoding}: {advice}"), file=name, encoding=encoding)


def decode_text(name: str, raw: bytes) -> str:
    """Return the text of a file without its byte order mark. Raises NotUtf8."""
    if encoding := _find_wide_encoding(raw):
        raise NotUtf8(name, encoding)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8(name, "Windows-1252 (Latin-1)") from error


def _find_wide_encoding(raw: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if raw.startswith(mark):
            return encoding
    beginning = raw[:1000]
    return "UTF-16" if beginning.count(0) * 4 > len(beginning) else ""  # every other byte of Latin letters is zero


@dataclass(frozen=True)
class Table:
    """A header in lower case without empty trailing cells, and the rows as they are."""

    header: list[str]
    rows: Any  # a csv.reader, which counts the lines that it has read
    separator: str


def read_table(text: str, known_columns: Collection[str]) -> Table:
    """Return the table. The separator is chosen to match the most known columns. Raises csv.Error, also in its rows."""
    text = text.removeprefix("\ufeff")
    headers = {separator: _read_header(text, separator) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda mark: len({*headers[mark]} & {*known_columns}))
    rows = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    next(rows, None)
    return Table(headers[separator], rows, separator)


def _read_header(text: str, separator: str) -> list[str]:
    """Return the column names; none if the first line is not CSV with this separator."""
    try:
        header = next(csv.reader(io.StringIO(text), delimiter=separator, strict=True), [])
    except csv.Error:
        return []
    names = [name.strip().lower() for name in header]
    while names and not names[-1]:
        names.pop()
    return names
