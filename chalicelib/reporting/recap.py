"""The recap report: figures by day, channel, location or salesman as JSON and CSV, and the orders behind a figure."""

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
from chalicelib.reporting.model import DIMENSIONS, Cell, Figures, roll_up

EMPTY_VALUE = "-"  # the value of a filter for an empty dimension: web orders have no location
COUNTS = ("orders", "units", "uncosted_units", "cancelled", "returned_units")
AMOUNTS = ("sales", "freight", "tax", "cost", "margin", "cash", "noncash", "returned")
COLUMNS = ("orders", "units", *AMOUNTS, "uncosted_units", "cancelled", "returned_units")
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


def load_rows(
    first: date, last: date, by: Sequence[str]
) -> tuple[list[tuple[Cell, Figures]], list[tuple[Cell, Figures]]]:
    """Return the rows of the report, and one total for each currency."""
    cells = store.load_cells(first, last)
    return roll_up(cells, by), roll_up(cells, ())


def row_to_json(row: tuple[Cell, Figures], by: Sequence[str]) -> dict[str, Any]:
    cell, figures = row
    fields: dict[str, Any] = {name: getattr(cell, name) or None for name in DIMENSIONS if name in by}
    for name in COLUMNS:
        fields[name] = getattr(figures, name) if name in COUNTS else figure_to_money(row, name).to_json()
    return fields


def rows_to_csv(rows: Sequence[tuple[Cell, Figures]], by: Sequence[str]) -> str:
    """Return the rows as CSV text, with amounts in major units and their currency in a column."""
    dimensions = [name for name in DIMENSIONS if name in by]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*dimensions, "currency", *COLUMNS])
    for row in rows:
        cell_values = [escape_formula(getattr(row[0], name)) for name in (*dimensions, "currency")]
        writer.writerow([*cell_values, *(format_figure(row, name) for name in COLUMNS)])
    return text.getvalue()


def figure_to_money(row: tuple[Cell, Figures], name: str) -> Money:
    return Money(getattr(row[1], f"{name}_minor"), row[0].currency)


def format_figure(row: tuple[Cell, Figures], name: str) -> str:
    if name in COUNTS:
        return str(getattr(row[1], name))
    return str(to_decimal(figure_to_money(row, name)))


def escape_formula(text: str) -> str:
    """Return the text with ' before it if a spreadsheet would execute it as a formula."""
    return "'" + text if text.lstrip("\"' ").startswith(FORMULA_PREFIXES) or text.startswith(FORMULA_PREFIXES) else text


def list_orders(
    first: date, last: date, filters: dict[str, str], limit: int, after: dict[str, Any] | None
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return one page of the orders whose sales are in the matching cells, and the position of the next page."""
    cells = sorted(cell for cell in store.load_cells(first, last) if is_match(cell, filters))
    remaining = [cell for cell in cells if after is None or cell.key >= after["cell"]]
    order_ids: list[str] = []
    position: dict[str, Any] | None = None
    for number, cell in enumerate(remaining):
        start = after["after"] if after and cell.key == after["cell"] else None
        page, rest = store.load_sales(cell, limit - len(order_ids), start)
        order_ids += page
        if rest or len(order_ids) == limit:
            position = next_position(remaining, number, rest)
            break
    loaded = orders.load_orders(order_ids)
    return [order_json.order_to_summary(loaded[order_id]) for order_id in order_ids if order_id in loaded], position


def next_position(cells: Sequence[Cell], number: int, rest: Any) -> dict[str, Any] | None:
    if rest:
        return {"cell": cells[number].key, "after": rest}
    return {"cell": cells[number + 1].key, "after": None} if number + 1 < len(cells) else None


def is_match(cell: Cell, filters: dict[str, str]) -> bool:
    return all(
        getattr(cell, name) == ("" if value == EMPTY_VALUE else value) for name, value in filters.items() if value
    )
