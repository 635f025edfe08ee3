"""How numbers are written in a CSV file: the convention that all its cells agree on, and the value of a cell. Pure.

`id` groups thousands with dots and writes decimals after a comma (`1.250,50`), `en` the other way round (`1,250.50`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

CONVENTIONS = {"id": (".", ","), "en": (",", ".")}  # (thousands mark, decimal mark)
MAX_REPORTED = 1000  # cells of a refused file that are reported
HOW_TO_CHOOSE = "say which with ?numbers=id (1.250,50) or ?numbers=en (1,250.50)"


def _build_pattern(thousands_mark: str, decimal_mark: str) -> re.Pattern[str]:
    thousands, decimal = re.escape(thousands_mark), re.escape(decimal_mark)
    whole = rf"[+-]?(?:[0-9]{{1,20}}|[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}}){{1,6}})"
    return re.compile(rf"(?P<whole>{whole})(?:{decimal}(?P<part>[0-9]{{1,20}}))?")


PATTERNS = {convention: _build_pattern(*marks) for convention, marks in CONVENTIONS.items()}


@dataclass(frozen=True)
class NumberCell:
    """A cell of a column of whole numbers (`places` 0) or of amounts in a currency with so many decimal places."""

    row: int
    column: str
    text: str
    places: int


CellError = tuple[int, str, str]  # row, column, reason


@dataclass(frozen=True)
class NumberFormat:
    """The convention of a file, or "" if no cell depends on it. A file with errors has none and is refused."""

    convention: str = ""
    errors: Sequence[CellError] = ()


def read_number(text: str, convention: str, places: int) -> Decimal | None:
    """Return the value of a cell, or None if it is not written in the convention or has decimals where none belong.

    More decimals than `places` are returned, so that the caller can refuse them by name."""
    match = PATTERNS[convention or "en"].fullmatch(text)
    if match is None or (match["part"] and not places):
        return None
    whole = match["whole"].replace(CONVENTIONS[convention or "en"][0], "")
    return Decimal(f"{whole}.{match['part']}" if match["part"] else whole)


def detect_convention(cells: Iterable[NumberCell]) -> NumberFormat:
    """Return the convention that all cells agree on. Cells that are numbers in neither are reported with their row."""
    only: dict[str, list[NumberCell]] = {convention: [] for convention in CONVENTIONS}
    counts = dict.fromkeys(CONVENTIONS, 0)
    ambiguous: list[NumberCell] = []
    for cell in cells:
        readings = _list_readings(cell)
        if len(readings) == 1:
            convention = next(iter(readings))
            counts[convention] += 1
            _add_for_report(cell, only[convention])
        elif len(set(readings.values())) > 1:
            _add_for_report(cell, ambiguous)
    if only["id"] and only["en"]:
        rare, common = sorted(only, key=lambda convention: counts[convention])
        return NumberFormat(errors=_describe_mixture(only[rare], only[common][0]))
    if ambiguous and not only["id"] and not only["en"]:
        return NumberFormat(errors=[_describe_ambiguity(cell) for cell in ambiguous])
    return NumberFormat(next((convention for convention, written in only.items() if written), ""))


def _add_for_report(cell: NumberCell, cells: list[NumberCell]) -> None:
    """Add the cell for the report; a file has more of them than a report can show or memory can hold."""
    if len(cells) < MAX_REPORTED:
        cells.append(cell)


def _list_readings(cell: NumberCell) -> dict[str, Decimal]:
    values = {convention: read_number(cell.text, convention, cell.places) for convention in CONVENTIONS}
    return {convention: value for convention, value in values.items() if value is not None}


def _describe_mixture(rare: Sequence[NumberCell], common: NumberCell) -> list[CellError]:
    """Return an error for each cell of the rarer convention, and for the first of the other one."""
    named = sorted([*rare, common], key=lambda cell: cell.row)
    others = {cell: rare[0] if cell is common else common for cell in named}
    return [
        (
            cell.row,
            cell.column,
            f"{cell.text} is written differently from {other.text} in row {other.row}: "
            f"correct the file, or {HOW_TO_CHOOSE}",
        )
        for cell, other in others.items()
    ]


def _describe_ambiguity(cell: NumberCell) -> CellError:
    readings = _list_readings(cell)
    return (cell.row, cell.column, f"{cell.text} can be {readings['id']:f} or {readings['en']:f}: {HOW_TO_CHOOSE}")


def format_decimal(text: str, convention: str) -> str:
    """Return a plain number (`-7.25`) with the decimal mark of the convention, ungrouped."""
    return text.replace(".", ",") if convention == "id" else text
