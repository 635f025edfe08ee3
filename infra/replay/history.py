"""Reads an import folder's orders as request bodies, oldest first, and the settings of a replay."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.exchange.numbers import read_number
from chalicelib.kit import config
from chalicelib.kit.money import CURRENCIES, from_decimal

PLAN_FILE = "replay.json"
Row = dict[str, str]


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
    """Orders by date; `skipped` are lines that cannot be replayed yet, `refused` are orders that cannot be parsed."""

    orders: list[HistoricalOrder] = field(default_factory=list)
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
    currencies = {row.get("currency", "") for row in read_rows(folder, "products")} & set(CURRENCIES)
    return next(iter(sorted(currencies)), config.currency())


def read_rows(folder: Path, name: str) -> list[Row]:
    file = folder / f"{name}.csv"
    if not file.exists():
        return []
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(opened)]


def load_history(folder: Path, currency: str) -> History:
    """Read the orders. Lines with a negative quantity are returns, which the API does not support yet."""
    history = History()
    lines_of: dict[str, list[Row]] = {}
    for number, line in enumerate(read_rows(folder, "order_lines"), start=2):
        if line["quantity"].lstrip().startswith("-"):
            history.skipped.append({"ref": line["ref"], "row": number, "reason": "returns_not_yet"})
        else:
            lines_of.setdefault(line["ref"], []).append(line)
    for order in read_rows(folder, "orders"):
        if lines := lines_of.get(order["ref"]):
            try:
                history.orders.append(
                    HistoricalOrder(
                        order["ref"], parse_instant(order["placed_at"]), row_to_order_body(order, lines, currency)
                    )
                )
            except (ValueError, ArithmeticError) as error:
                history.refused.append({"ref": order["ref"], "code": "unreadable", "detail": str(error)})
    history.orders.sort(key=lambda order: order.placed_at)
    return history


def parse_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text.strip())
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def row_to_order_body(order: Row, lines: Iterable[Row], currency: str) -> dict[str, Any]:
    location, method = order.get("location", ""), order.get("delivery_method") or "ship"
    delivery = {"method": method} | ({"location": location} if location and method != "ship" else {})
    body = {
        "channel": order["channel"],
        "lines": [row_to_order_line(line, currency) for line in lines],
        "coupons": [code for code in order.get("coupons", "").split(";") if code],
        "delivery": delivery,
        "payments": [{"method": order.get("payment_method") or "cod"}],
        "placed_at": parse_instant(order["placed_at"]).isoformat(),
        "freight": parse_money(order.get("freight") or "0", currency),
        "ref": order["ref"],
        "actor": order.get("actor", ""),
        "location": location,
    }
    return body | ({"customer": {"id": order["customer"]}} if order.get("customer") else {})


def row_to_order_line(row: Row, currency: str) -> dict[str, Any]:
    agreed = {"unit_price": parse_money(row["unit_price"], currency), "discount_rate": row.get("discount_rate") or "0"}
    return {"sku": row["sku"], "quantity": int(row["quantity"]), "agreed": agreed}


def parse_money(text: str, currency: str) -> dict[str, Any]:
    """Return an amount written with a decimal point. Raises ValueError for decimals that the currency does not have."""
    places = CURRENCIES[currency].exponent
    number = read_number(text.strip(), "en", places)
    if number is None or number != round(number, places):
        raise ValueError(f"{text} is not an amount in {currency}")
    return from_decimal(number, currency).to_json()
