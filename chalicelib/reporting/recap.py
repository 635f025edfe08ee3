"""The recap: figures by any of day, channel, location and salesman; the orders behind them; and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from chalicelib.kit.money import Money, to_decimal
from chalicelib.orders import find as orders
from chalicelib.orders import order_json
from chalicelib.reporting import store
from chalicelib.reporting.model import DIMENSIONS, Cell, Figures, roll_up, sum_by_cell

EMPTY_VALUE = "-"  # how a filter names the empty corner: web orders have no location
COUNTS = ("orders", "units", "uncosted_units", "cancelled", "returned_units")
AMOUNTS = ("sales", "freight", "tax", "cost", "margin", "cash", "noncash", "returned")
COLUMNS = ("orders", "units", *AMOUNTS, "uncosted_units", "cancelled", "returned_units")
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


def load_rows(
    first: date, last: date, by: Sequence[str]
) -> tuple[list[tuple[Cell, Figures]], list[tuple[Cell, Figures]]]:
    """The report's rows, and one total for each currency."""
    cells = store.load_cells(first, last)
    return roll_up(cells, by), sorted(
        sum_by_cell((cell.reduce_to(()), figures) for cell, figures in cells.items()).items()
    )


def row_to_json(row: tuple[Cell, Figures], by: Sequence[str]) -> dict[str, Any]:
    cell, figures = row
    said: dict[str, Any] = {name: getattr(cell, name) or None for name in DIMENSIONS if name in by}
    for name in COLUMNS:
        said[name] = getattr(figures, name) if name in COUNTS else figure_to_money(row, name).to_json()
    return said


def rows_to_csv(listed: Sequence[tuple[Cell, Figures]], by: Sequence[str]) -> str:
    """Amounts in whole currency units, as people write them; a currency column, since sums never mix."""
    dimensions = [name for name in DIMENSIONS if name in by]
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow([*dimensions, "currency", *COLUMNS])
    for row in listed:
        named = [escape_formula(getattr(row[0], name)) for name in (*dimensions, "currency")]
        sheet.writerow([*named, *(format_figure(row, name) for name in COLUMNS)])
    return text.getvalue()


def figure_to_money(row: tuple[Cell, Figures], name: str) -> Money:
    return Money(getattr(row[1], f"{name}_minor"), row[0].currency)


def format_figure(row: tuple[Cell, Figures], name: str) -> str:
    if name in COUNTS:
        return str(getattr(row[1], name))
    return str(to_decimal(figure_to_money(row, name)))


def escape_formula(text: str) -> str:
    """A spreadsheet takes a cell that begins like a formula for one, and runs it."""
    return "'" + text if text.lstrip("\"' ").startswith(FORMULA_PREFIXES) or text.startswith(FORMULA_PREFIXES) else text


def list_orders(
    first: date, last: date, wanted: dict[str, str], limit: int, after: dict[str, Any] | None
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The orders that the sales of the matching cells are made of, a page at a time, cell after cell."""
    cells = sorted(cell for cell in store.load_cells(first, last) if is_match(cell, wanted))
    left = [cell for cell in cells if after is None or cell.key >= after["cell"]]
    found: list[str] = []
    more: dict[str, Any] | None = None
    for place, cell in enumerate(left):
        begin = after["after"] if after and cell.key == after["cell"] else None
        ids, rest = store.load_sales(cell, limit - len(found), begin)
        found += ids
        if rest or len(found) == limit:
            more = next_position(left, place, rest)
            break
    loaded = orders.load_orders(found)
    return [order_json.order_to_summary(loaded[each]) for each in found if each in loaded], more


def next_position(cells: Sequence[Cell], place: int, rest: Any) -> dict[str, Any] | None:
    if rest:
        return {"cell": cells[place].key, "after": rest}
    return {"cell": cells[place + 1].key, "after": None} if place + 1 < len(cells) else None


def is_match(cell: Cell, wanted: dict[str, str]) -> bool:
    return all(
        getattr(cell, name) == ("" if value == EMPTY_VALUE else value) for name, value in wanted.items() if value
    )
