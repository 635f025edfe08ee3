"""What is exported imports as it was, and what a file does not carry stays."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.catalog.find import load_products
from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.customers.find import find_credit
from chalicelib.customers.grant_terms import grant_terms
from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.customers.store import customer_key, row_to_customer
from chalicelib.exchange import import_csv
from chalicelib.kit import db
from chalicelib.kit.money import Money
from chalicelib.places import find as places
from chalicelib.places.model import Location, Point, Staff
from chalicelib.places.save import save_location, save_staff
from tests.client import call
from tests.exchange.test_import_and_export import import_folder, zip_folder
from tests.shop import CUP, HERE, TEAPOT, an_order, level, open_shop, token

CLOSED_STORE = Location(
    "store-bali",
    "store",
    "Toko Bali",
    Point(-8.65, 115.22),
    zone="Asia/Makassar",
    address="Jl. Sunset 1",
    phone="+62361123456",
    email="bali@toko.example",
    active=False,
)
FORMER_STAFF = Staff("agent-made", "Made", "agent", "+6281100000077", language="en", active=False)
WITHDRAWN = Product(
    "OLD-1", "=Teko 'lama'", "Dapur", "IDR", description="Dua\nbaris", active=False, image="old.jpg", reorder_level=3
)


def export_file(name: str, **query: str) -> str:
    response = call("GET", f"/api/exports/{name}.csv", query=query, token=token("owner-ratna"))
    assert response.status == 200, response.text
    return response.text


def import_file(name: str, text: str, **query: str) -> Any:
    path = f"/api/imports?file={name}" + "".join(f"&{key}={value}" for key, value in query.items())
    return call("POST", path, text, token=token("owner-ratna")).json


def stored_customer(customer_id: str) -> Customer:
    key = customer_key(customer_id)
    return row_to_customer(db.get(key.row, key.pk, key.sk))


def a_group_customer() -> str:
    customer = Customer("cus_maju", "Toko Maju", "PT Maju", phone="+6281200000019", email="maju@toko.example")
    save_customer(customer, "test")
    grant_terms(customer.id, Money(500_000, "IDR"), 14, "wholesale", reason="test", actor="test")
    return customer.id


@pytest.mark.parametrize("numbers", ["", "id"])
def test_every_export_imports_without_a_change(aws: Any, numbers: str) -> None:
    open_shop(TEAPOT=5)
    save_location(CLOSED_STORE, "test")
    save_staff(FORMER_STAFF, "test")
    save_staff(Staff("agent-eka", "Eka", "agent", "+6281100000078", language="en"), "test")
    save_product(WITHDRAWN, "test")
    save_product(Product("NO-PRICE", "'=Belum", "Dapur", "IDR", tax_rate="0.12", channels=("pos", "web")), "test")
    places.clear_cache()
    a_group_customer()
    call("POST", "/api/orders", an_order((TEAPOT, 1)), key="p" * 16)
    names = ("locations", "staff", "products", "stock", "customers", "orders", "order_lines")
    exported = {name: export_file(name, **({"numbers": numbers} if numbers else {})) for name in names}

    report = import_folder(exported)

    assert (report["errors"], report["refused"]) == ([], [])
    assert report["changed"] == dict.fromkeys(report["changed"], 0)
    assert {name: export_file(name, **({"numbers": numbers} if numbers else {})) for name in names} == exported
    assert places.find_location_uncached("store-bali") == CLOSED_STORE
    assert places.find_staff_uncached("agent-made").active is False
    assert load_products(["OLD-1"])["OLD-1"] == WITHDRAWN
    assert stored_customer("cus_maju").price_group == "wholesale"


def test_columns_that_a_file_does_not_carry_stay(aws: Any) -> None:
    open_shop()
    save_location(CLOSED_STORE, "test")
    save_staff(FORMER_STAFF, "test")
    product = Product("KOPI", "Kopi", "Kopi", "IDR", "Bubuk", "8990800000015", "0.12", ("web",), 200, 4, 9_000)
    save_product(product, "test")
    import_file("stock", "sku,location,on_hand,safety_stock,display\nKOPI,wh-surabaya,9,2,1\n")
    a_group_customer()
    before = stored_customer("cus_maju")
    folder = {
        "locations": "id,kind,name\nstore-bali,store,Toko Kuta\n",
        "staff": "id,name,role\nagent-made,Made Ayu,agent\n",
        "products": "sku,name,price\nKOPI,Kopi bubuk,12500\n",
        "stock": "sku,location,on_hand\nKOPI,wh-surabaya,12\n",
        "customers": "id,name,credit_limit\ncus_maju,Toko Maju Jaya,750000\n",
    }

    report = import_folder(folder)

    assert report["errors"] == []
    location, staff = places.find_location_uncached("store-bali"), places.find_staff_uncached("agent-made")
    assert (location.name, location.zone, location.phone, location.active) == (
        "Toko Kuta",
        CLOSED_STORE.zone,
        CLOSED_STORE.phone,
        False,
    )
    assert location.point == CLOSED_STORE.point
    assert (staff.name, staff.phone, staff.language, staff.active) == ("Made Ayu", FORMER_STAFF.phone, "en", False)
    changed = load_products(["KOPI"])["KOPI"]
    assert (changed.name, changed.barcode, changed.cost_minor, changed.channels) == (
        "Kopi bubuk",
        product.barcode,
        9_000,
        ("web",),
    )
    assert "KOPI,wh-surabaya,12,2,1" in export_file("stock").splitlines()
    after = stored_customer("cus_maju")
    assert (after.name, after.phone, after.company, after.terms_days, after.price_group) == (
        "Toko Maju Jaya",
        before.phone,
        before.company,
        14,
        "wholesale",
    )
    assert find_credit("cus_maju").limit == Money(750_000, "IDR")


def test_an_empty_cell_of_a_carried_column_empties_it(aws: Any) -> None:
    open_shop()
    a_group_customer()

    report = import_file("customers", "id,name,company,email,credit_limit\ncus_maju,Toko Maju,,,\n")

    after = stored_customer("cus_maju")
    assert report["errors"] == []
    assert (after.company, after.email, after.phone) == ("", "", "+6281200000019")
    assert find_credit("cus_maju").limit == Money(0, "IDR")


def test_an_exported_order_is_not_placed_again(aws: Any) -> None:
    open_shop(TEAPOT=5)
    placed = call("POST", "/api/orders", an_order((TEAPOT, 2)), key="p" * 16)
    before = level(TEAPOT)
    exported = {name: export_file(name) for name in ("orders", "order_lines")}

    report = import_folder(exported)

    orders = call("GET", "/api/orders", token=token("owner-ratna")).json["items"]
    assert (report["errors"], report["refused"], report["changed"]) == ([], [], {"orders": 0})
    assert [order["id"] for order in orders] == [placed.json["id"]]
    assert level(TEAPOT) == before


def test_an_order_of_the_shop_with_other_lines_is_refused(aws: Any) -> None:
    open_shop(TEAPOT=5)
    placed = call("POST", "/api/orders", an_order((TEAPOT, 2)), key="p" * 16)
    lines = f"ref,sku,quantity,unit_price\n{placed.json['id']},{TEAPOT},3,125000\n"

    report = import_folder({"orders": export_file("orders"), "order_lines": lines})

    assert [(refusal["ref"], refusal["code"]) for refusal in report["refused"]] == [
        (placed.json["id"], "order_differs")
    ]
    assert level(TEAPOT)["allocated"] == 2


REPEATED_ROWS = {
    "products": ("sku,name,price\nA-1,Kopi,1\nA-2,Teh,1\nA-1,Kopi,2\n", "sku"),
    "locations": ("id,kind,name\nwh-x,warehouse,X\nwh-y,warehouse,Y\nwh-x,store,X\n", "id"),
    "staff": ("id,name,role\nx,X,agent\ny,Y,agent\nx,X,owner\n", "id"),
    "customers": ("id,name\ncus-x,X\ncus-y,Y\ncus-x,Z\n", "id"),
    "stock": (f"sku,location,on_hand\n{CUP},wh-surabaya,1\n{CUP},wh-sidoarjo,2\n{CUP},wh-surabaya,3\n", "sku"),
    "postcodes": ("postcode,country,area\n60111,ID,A\n60112,ID,B\n60111,ID,C\n", "country"),
}


@pytest.mark.parametrize("name", REPEATED_ROWS)
def test_a_repeated_key_is_refused_with_its_row_and_none_of_its_rows_is_imported(aws: Any, name: str) -> None:
    open_shop()
    text, column = REPEATED_ROWS[name]

    dry, first, second = import_file(name, text, dry_run="true"), import_file(name, text), import_file(name, text)

    for report in (dry, first, second):
        assert [(error["row"], error["column"]) for error in report["errors"]] == [(4, column)]
        assert "of row 2" in report["errors"][0]["reason"]
    assert [report["changed"] for report in (dry, first, second)] == [{name: 0}, {name: 1}, {name: 0}]


def test_a_repeated_order_is_refused_with_its_row(aws: Any) -> None:
    open_shop(TEAPOT=5)
    folder = {
        "orders": "ref,placed_at,channel\nR-1,2026-01-05T03:00:00Z,phone\nR-1,2026-01-06T03:00:00Z,phone\n",
        "order_lines": f"ref,sku,quantity,unit_price\nR-1,{TEAPOT},2,10\n",
    }

    report = import_folder(folder)

    assert ("orders.csv", 3, "ref") in [(error["file"], error["row"], error["column"]) for error in report["errors"]]
    assert report["changed"]["orders"] == 0


OPENING = "id,name,credit_limit,opening_receivable\ncus_maju,Toko Maju,500000,{amount}\n"


def receivables_of(customer_id: str) -> list[int]:
    items = call("GET", f"/api/receivables?customer={customer_id}", token=token("owner-ratna")).json["items"]
    return [item["amount"]["amount"] for item in items]


def test_an_opening_receivable_of_a_customer_with_credit_is_recorded_once(aws: Any) -> None:
    open_shop()
    a_group_customer()

    reports = [import_file("customers", OPENING.format(amount=120_000)) for _ in range(2)]

    assert [(report["errors"], report["changed"]["customers"]) for report in reports] == [([], 1), ([], 0)]
    assert receivables_of("cus_maju") == [120_000]
    assert find_credit("cus_maju").exposure == Money(120_000, "IDR")


def test_another_opening_receivable_is_reported(aws: Any) -> None:
    open_shop()
    import_file("customers", OPENING.format(amount=120_000))

    report = import_file("customers", OPENING.format(amount=150_000))

    assert [(error["row"], error["column"]) for error in report["errors"]] == [(2, "opening_receivable")]
    assert report["errors"][0]["reason"].startswith("is recorded as Rp120.000 already")
    assert receivables_of("cus_maju") == [120_000]


def test_a_dry_run_finds_what_a_channel_refuses(aws: Any) -> None:
    open_shop(CUP=5)
    folder = {
        "products": f"sku,name,price,channels\nPOS-1,Teh,10,pos\nALL-1,Gula,10,\n{CUP},Cup,10,pos\n",
        "stock": "sku,location,on_hand\nPOS-1,wh-surabaya,9\nALL-1,wh-surabaya,9\n",
        "orders": "ref,placed_at,channel\n" + "".join(f"R-{n},2026-01-05T03:00:00Z,phone\n" for n in range(3)),
        "order_lines": f"ref,sku,quantity,unit_price\nR-0,POS-1,1,10\nR-1,ALL-1,1,10\nR-2,{CUP},1,10\n",
    }

    dry, real = import_folder(folder, dry_run=True), import_folder(folder)

    assert [(refusal["ref"], refusal["code"]) for refusal in dry["refused"]] == [
        ("R-0", "not_published"),
        ("R-2", "not_published"),
    ]
    assert dry["refused"] == real["refused"]
    assert (dry["errors"], real["errors"]) == ([], [])


def test_a_dry_run_reports_a_thousand_bad_rows(aws: Any) -> None:
    open_shop()
    products = "sku,name,price\n" + "".join(f"BAD-{number},Teh,seribu\n" for number in range(1000))
    stock = "sku,location,on_hand\n" + "".join(f"BAD-{number},wh-surabaya,1\n" for number in range(1000))

    response = call(
        "POST",
        "/api/imports?dry_run=true",
        zip_folder({"products": products, "stock": stock}),
        token=token("owner-ratna"),
    )

    errors = response.json["errors"]
    assert [error["row"] for error in errors if error["file"] == "products.csv"] == list(range(2, 1002))
    assert [error["row"] for error in errors if error["file"] == "stock.csv"] == list(range(2, 1002))


def test_a_report_lists_a_page_and_counts_the_rest(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_csv, "MAX_LISTED", 40)
    open_shop()
    products = "sku,name,price\n" + "".join(f"BAD-{number},Teh,seribu\n" for number in range(100))

    pages = [import_file("products", products, dry_run="true", start=start) for start in ("0", "40", "80")]

    assert [page["next"] for page in pages] == [40, 80, None]
    assert [error["row"] for page in pages for error in page["errors"]] == list(range(2, 102))
    assert [page["counts"]["errors"] for page in pages] == [100, 100, 100]


@pytest.mark.parametrize("file", ["orders", "order_lines"])
@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        ("day=2025-01-01&to=2026-01-02", "to", "367 days are too many: an export covers at most 366"),
        ("day=2026-01-02&to=2026-01-01", "to", "must not be before day"),
        ("to=2026-01-01", "day", "is missing"),
    ],
)
def test_days_that_cannot_be_exported_are_refused(aws: Any, file: str, query: str, field: str, reason: str) -> None:
    open_shop()

    response = call("GET", f"/api/exports/{file}.csv?{query}", token=token("owner-ratna"))

    assert (response.status, response.json["errors"][0]["field"]) == (422, field)
    assert response.json["errors"][0]["says"].startswith(reason)


def test_a_year_of_orders_is_exported_whole(aws: Any) -> None:
    open_shop(TEAPOT=5)
    lines = f"ref,sku,quantity,unit_price\nR-1,{TEAPOT},1,10\nR-2,{TEAPOT},1,10\n"
    orders = "ref,placed_at,channel\nR-1,2024-12-31T17:00:00Z,phone\nR-2,2026-01-01T16:59:59Z,phone\n"
    import_folder({"orders": orders, "order_lines": lines})

    exported = export_file("orders", day="2025-01-01", to="2026-01-01")

    assert [row.split(",")[0] for row in exported.splitlines()[1:]] == ["R-1", "R-2"]


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "0", "26-01-01", "2026-1-1"])
@pytest.mark.parametrize(
    "path",
    ["orders?day={}", "exports/orders.csv?day={}", "exports/orders.csv?day=2026-01-01&to={}", "reports/ledger?day={}"],
)
def test_a_day_that_does_not_exist_is_refused(aws: Any, path: str, day: str) -> None:
    open_shop()

    response = call("GET", "/api/" + path.format(day), token=token("owner-ratna"))

    assert (response.status, response.json["code"]) == (422, "invalid")


def test_exports_carry_a_byte_order_mark_and_the_wanted_separator(aws: Any) -> None:
    open_shop()
    save_location(Location("wh-x", "warehouse", "X", HERE, zone="Asia/Jakarta"), "test")

    plain, indonesian = export_file("locations"), export_file("locations", numbers="id")

    assert plain.startswith("\ufeffid,kind,name,lat,lon,staff\r\n")
    assert indonesian.startswith("\ufeffid;kind;name;lat;lon;staff\r\n")
    assert "wh-x;warehouse;X;-7,2575;112,7521;" in indonesian.splitlines()
