"""Three days of the Northwind history, saved as an Indonesian spreadsheet saves them, are moved in and replayed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from chalicelib.exchange.model import CellFormats
from chalicelib.places.model import Staff
from chalicelib.places.save import save_staff
from infra.replay import northwind
from infra.replay.history import find_currency, load_history
from tests.client import call, staff_token
from tests.exchange.test_import_and_export import zip_folder
from tests.reporting.build import project_everything

DAYS = ("1998-02-26", "1998-03-16", "1998-04-01")  # among the days with the most orders
ON_HAND = 40
DECIMALS = ("price", "freight", "unit_price", "discount_rate")
OWNER = "owner-ratna"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not (northwind.DEFAULT_FOLDER / "orders.csv").exists(),
        reason=f"needs the Northwind data in {northwind.DEFAULT_FOLDER}",
    ),
]

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def days() -> dict[str, Rows]:
    """The files of the three days, with 40 units of each product that was sold."""
    files = northwind.build_original_replay(northwind.load_northwind(northwind.DEFAULT_FOLDER))
    orders = [row for row in files["orders"] if row["placed_at"][:10] in DAYS]
    refs, customers = {row["ref"] for row in orders}, {row["customer"] for row in orders}
    lines = [row for row in files["order_lines"] if row["ref"] in refs]
    skus = {row["sku"] for row in lines}
    return files | {
        "orders": orders,
        "order_lines": lines,
        "customers": [row for row in files["customers"] if row["id"] in customers],
        "products": [row for row in files["products"] if row["sku"] in skus],
        "stock": [{"sku": sku, "location": northwind.WAREHOUSE, "on_hand": ON_HAND} for sku in sorted(skus)],
    }


@pytest.fixture
def shop(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATUKANAL_CURRENCY", "USD")
    save_staff(Staff(OWNER, "Ratna", "owner"), "test")


def save_as_spreadsheet(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return CSV text with semicolons, capitals in the header, decimal commas and the day before the month."""
    rows = [{name: write_cell(name, value) for name, value in row.items()} for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), delimiter=";")
    writer.writerow({name: name.capitalize() for name in writer.fieldnames})
    writer.writerows(rows)
    return "\ufeff" + text.getvalue()


def write_cell(name: str, value: Any) -> str:
    if name == "placed_at":
        return datetime.fromisoformat(value).strftime("%d/%m/%Y %H.%M")
    return str(value).replace(".", ",") if name in DECIMALS else str(value)


def import_days(days: Mapping[str, Rows], **query: str) -> Any:
    folder = {name: save_as_spreadsheet(rows) for name, rows in days.items()}
    response = call("POST", "/api/imports", zip_folder(folder), query=query, token=staff_token(OWNER, "owner"))
    assert response.status == 200, response.text
    return response.json


def net_of(days: Mapping[str, Rows]) -> int:
    """The net total of the lines in cents, each rounded half up, computed from the source alone."""
    nets = (
        Decimal(row["unit_price"]) * int(row["quantity"]) * (1 - Decimal(row["discount_rate"]))
        for row in days["order_lines"]
    )
    return sum(int((net * 100).quantize(Decimal(1), ROUND_HALF_UP)) for net in nets)


def list_short_orders(days: Mapping[str, Rows]) -> list[str]:
    """The orders that want more of a product than the orders before them left."""
    left, short = Counter({row["sku"]: ON_HAND for row in days["stock"]}), []
    for order in days["orders"]:
        wanted = {row["sku"]: int(row["quantity"]) for row in days["order_lines"] if row["ref"] == order["ref"]}
        if any(left[sku] < units for sku, units in wanted.items()):
            short.append(order["ref"])
        else:
            left.subtract(wanted)
    return short


def test_three_days_are_moved_in_as_history_without_a_refusal(shop: None, days: dict[str, Rows]) -> None:
    report = import_days(days, historical="true")
    project_everything()

    assert (report["errors"], report["refused"], report["skipped"]) == ([], [], [])
    assert report["changed"]["orders"] == len(days["orders"]) == 14
    for day in DAYS:
        of_day = {row["ref"] for row in days["orders"] if row["placed_at"].startswith(day)}
        lines = [row for row in days["order_lines"] if row["ref"] in of_day]
        query = {"from": day, "to": day, "by": "day"}
        (recap,) = call("GET", "/api/reports/recap", query=query, token=staff_token(OWNER, "owner")).json["items"]
        assert recap["orders"] == len(of_day)
        assert recap["sales"] == {"amount": net_of({"order_lines": lines}), "currency": "USD"}


def test_every_refusal_of_three_days_placed_anew_is_that_of_missing_stock_and_foreseen(
    shop: None, days: dict[str, Rows]
) -> None:
    dry, real = import_days(days, dry_run="true"), import_days(days)

    expected = list_short_orders(days)
    assert [(refusal["ref"], refusal["code"]) for refusal in real["refused"]] == [
        (ref, "out_of_stock") for ref in expected
    ]
    assert (dry["refused"], dry["errors"], real["errors"]) == (real["refused"], [], [])
    assert real["changed"]["orders"] == len(days["orders"]) - len(expected) > 0
    assert expected


def test_a_replay_reads_the_three_days_as_the_import_does(tmp_path: Path, days: dict[str, Rows]) -> None:
    for name, rows in days.items():
        (tmp_path / f"{name.upper()}.csv").write_text(save_as_spreadsheet(rows))

    loaded = load_history(tmp_path, CellFormats(find_currency(tmp_path), "Asia/Jakarta"))

    assert (loaded.errors, loaded.refused, loaded.skipped) == ([], [], [])
    assert {order.ref: order.body["freight"]["amount"] for order in loaded.orders} == {
        row["ref"]: int(Decimal(row["freight"]) * 100) for row in days["orders"]
    }
    assert sum(len(order.body["lines"]) for order in loaded.orders) == len(days["order_lines"])
