"""Reads an import folder's orders as request bodies, oldest first, and the settings of a replay.

Numbers, dates, separators and encodings are read as an import reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib.exchange.model import FILES, BadValue, CellFormats, CsvRow, ParsedFile, parse_csv
from chalicelib.exchange.tables import decode_text, read_table
from chalicelib.kit import config
from chalicelib.kit.money import CURRENCIES, zero

PLAN_FILE = "replay.json"


@dataclass(frozen=True)
class HistoricalOrder:
    """An order of the history: its reference, its date and the body to post."""

    ref: str
    placed_at: datetime
    body: dict[str, Any]

    @property
    def customer_id(self) -> str:
        """The customer's id; empty for an anonymous customer at the counter."""
        return str(self.body.get("customer", {}).get("id", ""))


@dataclass
class History:
    """Orders by date; `skipped` are lines that cannot be replayed yet, `refused` are orders that cannot be parsed.

    `errors` are the bad rows of `orders.csv` and `order_lines.csv`."""

    orders: list[HistoricalOrder] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """The optional `replay.json` beside the CSV files: settings of the shop and loads of the vans."""

    settings: dict[str, str] = field(default_factory=dict)
    source: str = ""  # the location from which the vans are loaded
    loads: dict[str, dict[str, int]] = field(default_factory=dict)  # units by van and SKU
    unload_after: int = 0  # number of orders after which the vans are unloaded; 0 for never


def load_plan(folder: Path) -> Plan:
    file = folder / PLAN_FILE
    return Plan(**json.loads(file.read_text())) if file.exists() else Plan()


def find_currency(folder: Path) -> str:
    """The currency of the products; the configured one if there is none."""
    text = read_text(folder, "products")
    table = read_table(text, FILES["products"].columns)
    column = table.header.index("currency") if "currency" in table.header else len(table.header)
    currencies = {cells[column].strip() for cells in table.rows if column < len(cells)} & set(CURRENCIES)
    return next(iter(sorted(currencies)), config.currency())


def read_text(folder: Path, name: str) -> str:
    """Return the text of a file, "" if there is none. Raises NotUtf8."""
    file = next((file for file in folder.glob("*.[cC][sS][vV]") if file.name.lower() == f"{name}.csv"), None)
    return decode_text(file.name, file.read_bytes()) if file else ""


def load_history(folder: Path, formats: CellFormats) -> History:
    """Read the orders. Lines with a negative quantity are returns, which the API does not support yet."""
    history = History()
    lines_of: dict[str, list[CsvRow]] = {}
    for line in read_rows(folder, "order_lines", formats, history):
        if line.cell("quantity").startswith("-"):
            history.skipped.append({"ref": line.cell("ref"), "row": line.row, "reason": "returns_not_yet"})
        else:
            lines_of.setdefault(line.cell("ref"), []).append(line)
    for order in read_rows(folder, "orders", formats, history):
        if lines := lines_of.get(order.cell("ref")):
            try:
                history.orders.append(
                    HistoricalOrder(order.cell("ref"), order.instant("placed_at"), row_to_order_body(order, lines))
                )
            except BadValue as bad:
                detail = f"{bad.column} {bad.reason}"
                history.refused.append({"ref": order.cell("ref"), "code": "unreadable", "detail": detail})
    history.orders.sort(key=lambda order: order.placed_at)
    return history


def read_rows(folder: Path, name: str, formats: CellFormats, history: History) -> Sequence[CsvRow]:
    """Return the rows of a file and add its errors to the history."""
    text = read_text(folder, name)
    parsed = parse_csv(name, text, formats) if text else ParsedFile(formats)
    history.errors += [error.to_json() for error in parsed.errors]
    return parsed.rows


def row_to_order_body(order: CsvRow, lines: Sequence[CsvRow]) -> dict[str, Any]:
    """Return the body to post. Raises BadValue."""
    location, method = order.cell("location"), order.cell("delivery_method") or "ship"
    delivery = {"method": method} | ({"location": location} if location and method != "ship" else {})
    body = {
        "channel": order.cell("channel"),
        "lines": [row_to_order_line(line) for line in lines],
        "coupons": [code for code in order.cell("coupons").split(";") if code],
        "delivery": delivery,
        "payments": [{"method": order.cell("payment_method") or "cod"}],
        "placed_at": order.instant("placed_at").isoformat(),
        "freight": (order.amount("freight") or zero(order.formats.currency)).to_json(),
        "ref": order.cell("ref"),
        "actor": order.cell("actor"),
        "location": location,
    }
    return body | ({"customer": {"id": order.cell("customer")}} if order.cell("customer") else {})


def row_to_order_line(row: CsvRow) -> dict[str, Any]:
    row.required_text("unit_price")
    unit_price = row.amount("unit_price") or zero(row.formats.currency)
    agreed = {"unit_price": unit_price.to_json(), "discount_rate": row.small_number("discount_rate") or "0"}
    return {"sku": row.cell("sku"), "quantity": row.integer("quantity", minimum=1), "agreed": agreed}
