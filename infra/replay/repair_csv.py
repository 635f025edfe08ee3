"""Reads CSV files and repairs rows with unquoted commas, which have too many cells.

No row is dropped or guessed: reading stops with the line number where no rule says which cells belong together.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Row = dict[str, str]
NULL = "NULL"


@dataclass(frozen=True)
class Table:
    """`repaired` are the numbers of the lines that had too many cells, the header being line 1."""

    rows: list[Row] = field(default_factory=list)
    repaired: list[int] = field(default_factory=list)


JoinCells = Callable[[list[str], int], list[str]]  # (cells, surplus) -> as many cells as the header has


class CannotRepair(Exception):
    """Names the file and the line that must be corrected by hand."""


def read_table(file: Path, join: JoinCells | None = None) -> Table:
    """Read a file. NULL becomes an empty cell. Raises CannotRepair."""
    table = Table()
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = csv.reader(opened, strict=True)
        header = next(lines)
        for cells in lines:
            surplus = len(cells) - len(header)
            if surplus:
                cells = repair_row(file, lines.line_num, cells, surplus, join)
                table.repaired.append(lines.line_num)
            table.rows.append({name: "" if cell == NULL else cell for name, cell in zip(header, cells, strict=True)})
    return table


def repair_row(file: Path, line: int, cells: list[str], surplus: int, join: JoinCells | None) -> list[str]:
    try:
        if surplus > 0 and join is not None:
            return join(cells, surplus)
    except ValueError as error:
        raise CannotRepair(f"{file.name} line {line}: {error}") from error
    raise CannotRepair(f"{file.name} line {line} has {abs(surplus)} cells too {'many' if surplus > 0 else 'few'}")


def join_at(column: int) -> JoinCells:
    """A rule for commas in one column: cells before it count from the start, cells after it from the end."""
    return lambda cells, surplus: merge_cells(cells, column, surplus)


def join_around(anchor: int, known: Callable[[str], bool], before: int, after: int) -> JoinCells:
    """A rule for commas in two columns, `before` and `after`, with a cell between them whose values are known.

    The position of the known cell says how many cells belong to the first column; the rest belong to the second.
    """

    def join(cells: list[str], surplus: int) -> list[str]:
        shifts = [shift for shift in range(surplus + 1) if known(cells[anchor + shift])]
        if len(shifts) != 1:
            raise ValueError(f"cannot tell which of {cells[anchor : anchor + surplus + 1]} is the known column")
        front = merge_cells(cells, before, shifts[0])
        return merge_cells(front, after, surplus - shifts[0])

    return join


def merge_cells(cells: list[str], column: int, surplus: int) -> list[str]:
    """Join the cells of the column with the commas at which they were split."""
    return [*cells[:column], ",".join(cells[column : column + surplus + 1]), *cells[column + surplus + 1 :]]
