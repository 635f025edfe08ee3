"""CSV rows that hold unquoted commas and so too many cells, put right by position from both ends.

A row is never dropped and never guessed: where no rule says which cells belong together, reading stops with its number.
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
    """`repaired` are the lines of the file, the header being 1, that had too many cells."""

    rows: list[Row] = field(default_factory=list)
    repaired: list[int] = field(default_factory=list)


JoinCells = Callable[[list[str], int], list[str]]  # (cells, how many too many) -> as many cells as the header has


class CannotRepair(Exception):
    """Says which file and which line, for a person to look at."""


def read_table(file: Path, join: JoinCells | None = None) -> Table:
    """Cells that say NULL are empty."""
    table = Table()
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = csv.reader(opened, strict=True)
        header = next(lines)
        for cells in lines:
            more = len(cells) - len(header)
            if more:
                cells = repair_row(file, lines.line_num, cells, more, join)
                table.repaired.append(lines.line_num)
            table.rows.append({name: "" if cell == NULL else cell for name, cell in zip(header, cells, strict=True)})
    return table


def repair_row(file: Path, line: int, cells: list[str], more: int, join: JoinCells | None) -> list[str]:
    try:
        if more > 0 and join is not None:
            return join(cells, more)
    except ValueError as error:
        raise CannotRepair(f"{file.name} line {line}: {error}") from error
    raise CannotRepair(f"{file.name} line {line} has {abs(more)} cells too {'many' if more > 0 else 'few'}")


def join_at(column: int) -> JoinCells:
    """The cells before `column` are counted from the front, those after it from the end; what is between is one."""
    return lambda cells, more: merge_cells(cells, column, more)


def join_around(anchor: int, known: Callable[[str], bool], before: int, after: int) -> JoinCells:
    """For rows where the commas may be in either of two columns: a cell between the two that is known when seen says
    how many belong in front of it, and the rest belong behind."""

    def join(cells: list[str], more: int) -> list[str]:
        places = [extra for extra in range(more + 1) if known(cells[anchor + extra])]
        if len(places) != 1:
            raise ValueError(f"which of {cells[anchor : anchor + more + 1]} stands between the two is not clear")
        front = merge_cells(cells, before, places[0])
        return merge_cells(front, after, more - places[0])

    return join


def merge_cells(cells: list[str], column: int, more: int) -> list[str]:
    """The comma goes back between the cells it had torn apart."""
    return [*cells[:column], ",".join(cells[column : column + more + 1]), *cells[column + more + 1 :]]
