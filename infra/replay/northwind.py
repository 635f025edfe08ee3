"""`make northwind`: a known distributor's two years, moved into a shop of their own and lived through again, twice.

1. *As it was.* Each order by its employee as salesman, cash on delivery, everything from one warehouse that opens with
   what was ever sold and what was left (`unitsInStock`), so that at the end exactly that is left.
2. *As web orders.* The same lines from the same customers as shoppers, and a van for each employee. What Northwind
   does not tell is made up by rule, the same each time:
   - The world becomes one town. Customer number n (by id) lives n golden angles around its center, at most 10 km out.
   - Vans stand on a ring 5 km from the center, one each 40 degrees, in the order of employee numbers.
   - Van k carries each product whose number leaves k, k+1, … or k+5 when divided by nine (so six of nine vans carry
     it), a sixth of what all may carry; together never more than is sold after the vans came home, plus unitsInStock,
     so the warehouse never lacks what a van drives around with.
   - They are loaded by transfer before the first order and unloaded by transfer after four fifths of the orders.
   - Who claims and who stays silent is `infra.salesmen`'s rule.
"""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Printed

from infra.replay.repair_csv import CannotRepair, Table, join_around, join_at, read_table
from infra.replay.run import format_amount

ROOT = Path(__file__).parent.parent.parent
LOCAL = Path(os.environ.get("LOCAL") or ROOT / ".local")
DEFAULT_FOLDER = ROOT.parent / "shared" / "data" / "northwind"
FILES = ("categories", "customers", "employees", "order-details", "orders", "products", "suppliers")
SOURCE_HELP = (
    "Northwind is Microsoft's sample (MIT, github.com/microsoft/sql-server-samples, northwind-pubs); as CSV it is in "
    "github.com/neo4j-contrib/northwind-neo4j, folder data, commit 5db323116a2779434ba0c17eb2b733575bfc2a4a.\n"
    "sha256 of orders.csv 3c96ed654550f7b5a9b059fa66357cc24493435f985e780fed3ff0d83727a558,\n"
    "of order-details.csv a95f3f1697f6e8d9a7683e5fe6bbb934b9262adb9d58e0c727bac532a0ee725b.\n"
    "Put the files anywhere and say `make northwind DATA=that/folder`."
)
SETTINGS = {"SATUKANAL_CURRENCY": "USD", "SATUKANAL_COUNTRY": "US", "SATUKANAL_ZONE": "UTC"}
WAREHOUSE = "wh-northwind"
CENTER = (47.6062, -122.3321)  # Seattle, where most of the salesmen live
TOWN_METERS = 10_000
VAN_RING_METERS = 5_000
METERS_PER_DEGREE = 111_195
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
VANS = 9
VANS_PER_PRODUCT = 6
UNLOAD_AFTER = (4, 5)  # of the orders
COUNTRIES = {
    "Argentina": "AR",
    "Australia": "AU",
    "Austria": "AT",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Denmark": "DK",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Ireland": "IE",
    "Italy": "IT",
    "Japan": "JP",
    "Mexico": "MX",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "UK": "GB",
    "USA": "US",
    "Venezuela": "VE",
}
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Northwind:
    tables: Mapping[str, Table]

    def rows(self, name: str) -> list[dict[str, str]]:
        return self.tables[name].rows

    @property
    def repaired(self) -> dict[str, int]:
        return {name: len(table.repaired) for name, table in self.tables.items() if table.repaired}

    @property
    def units_sold(self) -> dict[str, int]:
        return units_by_product(self.rows("order-details"))

    @property
    def in_stock(self) -> dict[str, int]:
        return {row["productID"]: int(row["unitsInStock"]) for row in self.rows("products")}

    @property
    def orders(self) -> list[dict[str, str]]:
        return sorted(self.rows("orders"), key=lambda row: (row["orderDate"], int(row["orderID"])))


def load_northwind(folder: Path) -> Northwind:
    """A title stands between the name and the address; its last word is known from the rows that are whole."""
    told = {
        name: read_table(folder / f"{name}.csv") for name in FILES if name not in ("customers", "suppliers", "orders")
    }
    words = {
        title.split()[-1]
        for file in ("customers", "suppliers")
        for title in read_contact_titles(folder / f"{file}.csv")
    }
    by_title = join_around(3, lambda cell: cell.rpartition(" ")[2] in words, before=1, after=4)
    told["customers"] = read_table(folder / "customers.csv", by_title)
    told["suppliers"] = read_table(folder / "suppliers.csv", by_title)
    told["orders"] = read_table(folder / "orders.csv", join_at(9))
    return Northwind(told)


def read_contact_titles(file: Path) -> set[str]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        header, *rows = csv.reader(opened, strict=True)
    return {row[header.index("contactTitle")] for row in rows if len(row) == len(header)}


def units_by_product(lines: Iterable[Mapping[str, str]]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for line in lines:
        counted[line["productID"]] += int(line["quantity"])
    return dict(counted)


def build_original_replay(data: Northwind) -> dict[str, Rows]:
    return build_folder(data, channel="sfa", vans=False)


def build_web_replay(data: Northwind) -> dict[str, Rows]:
    return build_folder(data, channel="web", vans=True)


def build_folder(data: Northwind, channel: str, vans: bool) -> dict[str, Rows]:
    return {
        "locations": [warehouse_row(), *(map(van_row, data.rows("employees")) if vans else ())],
        "staff": [warehouse_staff_row(), *(salesman_row(row, vans) for row in data.rows("employees"))],
        "products": product_rows(data),
        "stock": [
            {"sku": sku, "location": WAREHOUSE, "on_hand": left + data.units_sold.get(sku, 0)}
            for sku, left in data.in_stock.items()
        ],
        "customers": [
            customer_row(row) | (home_position(number) if vans else {})
            for number, row in enumerate(sorted(data.rows("customers"), key=lambda row: row["customerID"]))
        ],
        "orders": [order_row(row, channel, data) for row in data.orders],
        "order_lines": [order_line_row(row) for row in data.rows("order-details")],
    }


def warehouse_row() -> dict[str, Any]:
    lat, lon = CENTER
    return {"id": WAREHOUSE, "kind": "warehouse", "name": "Northwind", "lat": lat, "lon": lon}


def warehouse_staff_row() -> dict[str, Any]:
    """Northwind names nobody who packs."""
    email = "warehouse@northwind.example"
    return {"id": "warehouse-northwind", "name": "Warehouse", "role": "warehouse", "email": email} | {
        "location": WAREHOUSE
    }


def employee_slug(employee: Mapping[str, str]) -> str:
    return employee["lastName"].lower()


def salesman_row(row: Mapping[str, str], with_van: bool) -> dict[str, Any]:
    return {
        "id": f"salesman-{employee_slug(row)}",
        "name": f"{row['firstName']} {row['lastName']}",
        "role": "salesman",
        "phone": row["homePhone"],
        "email": f"{employee_slug(row)}@northwind.example",
        "location": f"van-{employee_slug(row)}" if with_van else "",
    }


def van_row(row: Mapping[str, str]) -> dict[str, Any]:
    angle = math.radians((int(row["employeeID"]) - 1) * 360 / VANS)
    said = {"id": f"van-{employee_slug(row)}", "kind": "van", "name": f"Van of {row['firstName']}"}
    return said | point_around_center(VAN_RING_METERS, angle) | {"staff": f"salesman-{employee_slug(row)}"}


def home_position(number: int) -> dict[str, float]:
    """Spread evenly: the square root makes each ring of the town as full as the next."""
    return point_around_center(TOWN_METERS * math.sqrt((number + 0.5) / 91), number * GOLDEN_ANGLE)


def point_around_center(meters: float, angle: float) -> dict[str, float]:
    lat, lon = CENTER
    north, east = meters * math.cos(angle), meters * math.sin(angle)
    degrees_east = east / (METERS_PER_DEGREE * math.cos(math.radians(lat)))
    return {"lat": round(lat + north / METERS_PER_DEGREE, 6), "lon": round(lon + degrees_east, 6)}


def product_rows(data: Northwind) -> Rows:
    """Prices are net and Northwind names no tax."""
    categories = {row["categoryID"]: row["categoryName"] for row in data.rows("categories")}
    suppliers = {row["supplierID"]: row for row in data.rows("suppliers")}
    return [
        {
            "sku": row["productID"],
            "name": row["productName"],
            "category": categories[row["categoryID"]],
            "description": describe_product(row, suppliers[row["supplierID"]]),
            "price": row["unitPrice"],
            "currency": "USD",
            "tax_rate": "0",
            "reorder_level": row["reorderLevel"],
        }
        for row in data.rows("products")
    ]


def describe_product(product: Mapping[str, str], supplier: Mapping[str, str]) -> str:
    return f"{product['quantityPerUnit']}, from {supplier['companyName']}, {supplier['city']}, {supplier['country']}"


def customer_row(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": row["customerID"],
        "name": row["contactName"],
        "company": row["companyName"],
        "phone": row["phone"],
        "street": row["address"],
        "city": row["city"],
        "postcode": row["postalCode"],
        "country": COUNTRIES[row["country"]],
    }


def order_row(row: Mapping[str, str], channel: str, data: Northwind) -> dict[str, Any]:
    seller = next(one for one in data.rows("employees") if one["employeeID"] == row["employeeID"])
    return {
        "ref": row["orderID"],
        "placed_at": row["orderDate"].replace(" ", "T") + "Z",
        "channel": channel,
        "customer": row["customerID"],
        "actor": f"salesman-{employee_slug(seller)}" if channel == "sfa" else "",
        "delivery_method": "ship",
        "payment_method": "cod",
        "freight": row["freight"],
    }


def order_line_row(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "ref": row["orderID"],
        "sku": row["productID"],
        "quantity": row["quantity"],
        "unit_price": row["unitPrice"],
        "discount_rate": row["discount"],
    }


def unload_after(data: Northwind) -> int:
    part, whole = UNLOAD_AFTER
    return len(data.orders) * part // whole


def van_loads(data: Northwind) -> dict[str, dict[str, int]]:
    """{van: {sku: units}} as the second replay begins."""
    evening = {row["orderID"] for row in data.orders[unload_after(data) :]}
    later = units_by_product(row for row in data.rows("order-details") if row["orderID"] in evening)
    vans = [van_row(row)["id"] for row in sorted(data.rows("employees"), key=lambda row: int(row["employeeID"]))]
    return {name: van_load(number, later, data.in_stock) for number, name in enumerate(vans)}


def van_load(number: int, later: Mapping[str, int], in_stock: Mapping[str, int]) -> dict[str, int]:
    mine = [sku for sku in in_stock if (int(sku) - number) % VANS < VANS_PER_PRODUCT]
    shares = {sku: (later.get(sku, 0) + in_stock[sku]) // VANS_PER_PRODUCT for sku in mine}
    return {sku: share for sku, share in shares.items() if share}


def write_folder(folder: Path, files: Mapping[str, Sequence[Mapping[str, Any]]], plan: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "replay.json").write_text(json.dumps(plan, indent=1))
    for name, rows in files.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def net_minor(data: Northwind) -> int:
    """Each line's net rounded half up, as the shop does it; here from the CSV alone, to compare."""
    from decimal import ROUND_HALF_UP, Decimal

    cent = Decimal("0.01")
    nets = [
        (Decimal(row["unitPrice"]) * int(row["quantity"]) * (1 - Decimal(row["discount"]))).quantize(
            cent, ROUND_HALF_UP
        )
        for row in data.rows("order-details")
    ]
    return int(sum(nets) * 100)


def print_source_summary(data: Northwind, console: Console) -> None:
    counted = Printed("file", "rows", "repaired", title="Northwind as read", title_justify="left")
    for name in FILES:
        table = data.tables[name]
        counted.add_row(f"{name}.csv", str(len(table.rows)), str(len(table.repaired) or ""))
    console.print(counted)
    console.print("[dim]repaired: unquoted commas in an address or a company's name made too many cells[/dim]\n")


def main() -> int:
    console = Console(highlight=False)
    folder = Path(os.environ.get("DATA") or DEFAULT_FOLDER)
    if missing := [name for name in FILES if not (folder / f"{name}.csv").exists()]:
        console.print(f"There is no {missing[0]}.csv in {folder}.\n{SOURCE_HELP}")
        return 1
    try:
        data = load_northwind(folder)
    except CannotRepair as why:
        console.print(f"[red]{why}[/red]")
        return 1
    print_source_summary(data, console)
    return run_both_replays(data, console)


def run_both_replays(data: Northwind, console: Console) -> int:
    """Each replay in a process of its own: a shop's tables are named by the environment that its rooms are read in."""
    made = LOCAL / "northwind"
    first, second = made / "as-it-was", made / "as-web-orders"
    write_folder(first, build_original_replay(data), {"settings": SETTINGS})
    vans = {"source": WAREHOUSE, "loads": van_loads(data), "home_after": unload_after(data)}
    write_folder(second, build_web_replay(data), {"settings": SETTINGS, **vans})
    console.print("[bold]1 · as it was[/bold]: each order by its salesman, all goods from the warehouse")
    good = [run_replay(first, data, console)]
    console.print("\n[bold]2 · as web orders[/bold]: the same lines from shoppers; vans claim or stay silent")
    return 0 if all([*good, run_replay(second, data, console)]) else 1


def run_replay(folder: Path, data: Northwind, console: Console) -> bool:
    again = [sys.executable, "-m", "infra.replay.run"]
    ended = subprocess.run(again, env=os.environ | {"DATA": str(folder)}, check=False)
    if ended.returncode not in (0, 1) or not (LOCAL / "replay.json").exists():
        return False
    report = json.loads((LOCAL / "replay.json").read_text())
    (folder.parent / f"{folder.name}.json").write_text(json.dumps(report, indent=1))
    wrong = list_differences(report, data)
    for words in wrong:
        console.print(f"[red]{words}[/red]")
    if not wrong:
        net, products = format_amount(report["net_total"]), len(report["on_hand"])
        console.print(
            f"[green]As in Northwind's books[/green]: {report['orders']} orders, {report['lines']:,} lines, net {net}, "
            f"and every one of {products} products at its unitsInStock."
        )
    return not wrong and ended.returncode == 0


def list_differences(report: Mapping[str, Any], data: Northwind) -> list[str]:
    """What the shop says against what the CSV files say."""
    expected = {"orders": len(data.orders), "lines": len(data.rows("order-details")), "net": net_minor(data)}
    found = {"orders": report["orders"], "lines": report["lines"], "net": report["net_total"]["amount"]}
    wrong = [f"{name}: {found[name]} instead of {expected[name]}" for name in expected if found[name] != expected[name]]
    left = {sku: report["on_hand"].get(sku, 0) for sku in data.in_stock}
    return wrong + [
        f"product {sku}: {left[sku]} on hand instead of {units}"
        for sku, units in data.in_stock.items()
        if left[sku] != units
    ]


if __name__ == "__main__":
    sys.exit(main())
