"""Import and export of CSV files by the API: dry runs, wrong rows, repeated imports, and export after import."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.kit import journal
from tests.client import call
from tests.shop import CUP, TEAPOT, an_order, level, open_shop, token

FOLDER = {
    "locations": "id,kind,name,lat,lon,staff\nwh-one,warehouse,Gudang Satu,-7.25,112.75,\n",
    "products": "sku,name,category,price,cost\n"
    + "".join(f"SKU{number:04d},Barang {number},Dapur,{1000 + number},{500 + number}\n" for number in range(30)),
    "stock": "sku,location,on_hand,safety_stock,display\nSKU0001,wh-one,10,0,1\nSKU0002,wh-one,5,2,0\n",
    "customers": "id,name,phone,credit_limit,terms_days,opening_receivable\n"
    "cus-a,Toko Anugerah,081234567890,500000,14,120000\n"
    "cus-b,Warung Bu Sri,(5) 555-4729,,,\n",
    "orders": "ref,placed_at,channel,customer,payment_method\nR-1,2026-01-05T03:00:00Z,phone,cus-a,cod\n",
    "order_lines": "ref,sku,quantity,unit_price,discount_rate\nR-1,SKU0001,3,999,0.15\n",
}


def zip_folder(folder: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in folder.items():
            archive.writestr(f"{name}.csv", text)
    return buffer.getvalue()


def import_folder(folder: dict[str, str], dry_run: bool = False) -> Any:
    path = f"/api/imports?dry_run={'true' if dry_run else 'false'}"
    return call("POST", path, zip_folder(folder), token=token("owner-ratna")).json


def test_importing_a_folder_twice_changes_nothing_the_second_time(aws: Any) -> None:
    open_shop()

    first, second = import_folder(FOLDER), import_folder(FOLDER)

    assert first["errors"] == first["refused"] == []
    assert first["changed"] == {"locations": 1, "products": 30, "stock": 2, "customers": 2, "orders": 1}
    assert set(second["changed"].values()) == {0}
    assert level("SKU0001", "wh-one") == {"on_hand": 10, "reserved": 0, "allocated": 3, "available": 6}


def test_agreed_prices_are_rounded_half_up(aws: Any) -> None:
    open_shop()
    import_folder(FOLDER)

    orders = call("GET", "/api/orders?day=2026-01-05", token=token("owner-ratna")).json["items"]

    assert [order["total"]["amount"] for order in orders] == [2547]  # 3 × 999 × 0.85 = 2547.45


def test_a_dry_run_lists_every_bad_row_and_changes_nothing(aws: Any) -> None:
    open_shop(TEAPOT=3)
    rows = [f"NEW{number:04d},Barang,Dapur,1000,500" for number in range(200)]
    rows[10], rows[100], rows[199] = "NEW0010,,Dapur,1000,500", "NEW0100,Barang,Dapur,seribu,500", "BAD SKU!,B,D,1,1"
    entries = len(journal.history("product#NEW0001"))

    report = import_folder({"products": "sku,name,category,price,cost\n" + "\n".join(rows) + "\n"}, dry_run=True)

    assert [(error["row"], error["column"]) for error in report["errors"]] == [
        (12, "name"),
        (102, "price"),
        (201, "sku"),
    ]
    assert report["rows"] == {"products": 200}
    assert len(journal.history("product#NEW0001")) == entries == 0


def test_an_unknown_column_is_refused_by_name(aws: Any) -> None:
    open_shop()

    report = import_folder({"products": "sku,name,price,colour\nA,B,1,red\n"})

    assert [(error["row"], error["column"]) for error in report["errors"]] == [(1, "colour")]


def test_a_refused_order_is_reported_and_the_rest_is_imported(aws: Any) -> None:
    open_shop(TEAPOT=1, CUP=5)
    folder = {
        "orders": "ref,placed_at,channel\nR-1,2026-01-05T03:00:00Z,phone\nR-2,2026-01-06T03:00:00Z,phone\n",
        "order_lines": f"ref,sku,quantity,unit_price\nR-1,{TEAPOT},2,10\nR-2,{CUP},1,10\n",
    }

    report = import_folder(folder)

    detail = f"Not enough stock: {TEAPOT}, 2 wanted, 1 available."
    facts = {"short": [{"sku": TEAPOT, "wanted": 2, "available": 1}]}
    assert report["refused"] == [{"ref": "R-1", "code": "out_of_stock", "detail": detail, "facts": facts}]
    assert report["changed"]["orders"] == 1
    assert (level(TEAPOT)["allocated"], level(CUP)["allocated"]) == (0, 1)


def test_a_count_below_the_allocated_units_is_reported_and_the_rest_is_saved(aws: Any) -> None:
    open_shop(TEAPOT=5, CUP=5)
    placed = call("POST", "/api/orders", an_order((TEAPOT, 3)), key="p" * 16)
    rows = [f"{CUP},wh-surabaya,7", f"{TEAPOT},wh-surabaya,2"]
    folder = {
        "locations": "id,kind,name\nwh-two,warehouse,Gudang Dua\n",
        "stock": "\n".join(["sku,location,on_hand", *rows, ""]),
    }

    first, second = import_folder(folder), import_folder(folder)

    assert placed.status == 201
    assert [(error["file"], error["row"]) for error in first["errors"]] == [("stock.csv", 3)]
    assert (first["changed"], second["changed"]) == ({"locations": 1, "stock": 1}, {"locations": 0, "stock": 0})
    assert (level(TEAPOT)["on_hand"], level(CUP)["on_hand"]) == (5, 7)


def test_stock_of_a_product_with_a_wrong_row_is_reported_and_the_rest_is_saved(aws: Any) -> None:
    open_shop(CUP=5)
    folder = {
        "products": "sku,name,price\nNEW-1,Barang,seribu\n",
        "stock": f"sku,location,on_hand\nNEW-1,wh-surabaya,4\n{CUP},wh-surabaya,7\n",
    }

    report = import_folder(folder)

    assert [(error["file"], error["row"]) for error in report["errors"]] == [("products.csv", 2), ("stock.csv", 2)]
    assert report["changed"] == {"products": 0, "stock": 1}
    assert level(CUP)["on_hand"] == 7


def test_a_return_line_is_skipped_with_its_reason(aws: Any) -> None:
    open_shop(TEAPOT=5)
    folder = {
        "orders": "ref,placed_at,channel\nR-1,2026-01-05T03:00:00Z,phone\n",
        "order_lines": f"ref,sku,quantity,unit_price\nR-1,{TEAPOT},2,10\nR-1,{CUP},-1,10\n",
    }

    report = import_folder(folder)

    assert report["skipped"] == [{"ref": "R-1", "row": 3, "reason": "returns_not_yet"}]
    assert report["changed"]["orders"] == 1


def test_an_invalid_phone_number_is_saved_as_written(aws: Any) -> None:
    open_shop()
    import_folder(FOLDER)

    customer = call("GET", "/api/customers/cus-b", token=token("agent-lia")).json

    assert customer["phone"] == "(5) 555-4729"


def test_exported_files_import_without_changes(aws: Any) -> None:
    open_shop()
    import_folder(FOLDER)
    names = ("locations", "staff", "products", "stock", "customers")

    exported = {name: call("GET", f"/api/exports/{name}.csv", token=token("owner-ratna")).text for name in names}
    report = import_folder(exported)

    assert report["errors"] == []
    assert set(report["changed"].values()) == {0}
    assert "cus-a,Toko Anugerah,,+6281234567890,,,,,ID,,,500000,14," in exported["customers"].splitlines()
    assert "SKU0001,Barang 1,1001,Dapur,,,501,IDR,0.11,,0,0" in exported["products"].splitlines()


def test_a_sharded_sku_is_exported_once_with_the_sum_of_its_shards(aws: Any) -> None:
    open_shop(TEAPOT=10)
    body = {"location": "wh-surabaya", "sku": TEAPOT, "shelves": 4}
    assert call("POST", "/api/stock/shelves", body, token=token("owner-ratna"), key="s" * 16).status == 201

    exported = call("GET", "/api/exports/stock.csv", token=token("owner-ratna")).text

    assert exported.removeprefix("\ufeff").splitlines() == [
        "sku,location,on_hand,safety_stock,display",
        "TEAPOT,wh-surabaya,10,0,0",
    ]


def test_orders_are_exported_with_their_prices(aws: Any) -> None:
    open_shop()
    import_folder(FOLDER)

    exported = call("GET", "/api/exports/order_lines.csv?day=2026-01-05", token=token("owner-ratna")).text

    assert exported.splitlines()[1] == "R-1,SKU0001,3,999,0.15015015015"


def test_a_cell_that_looks_like_a_formula_is_escaped(aws: Any) -> None:
    open_shop()
    import_folder({"products": "sku,name,price\nEVIL,=HYPERLINK(1),5\n"})

    exported = call("GET", "/api/exports/products.csv", token=token("owner-ratna")).text

    assert "EVIL,'=HYPERLINK(1)," in exported


def test_a_body_that_is_not_a_zip_is_refused(aws: Any) -> None:
    open_shop()

    answer = call("POST", "/api/imports", b"not a zip", token=token("owner-ratna"))

    assert (answer.status, answer.json["code"]) == (422, "invalid")


CUSTOMERS_HEADER = "id,name,phone,country\n"


def test_a_phone_with_letters_or_two_digits_refuses_its_row(aws: Any) -> None:
    open_shop()
    rows = "LT-1,Toko O,0812529810O3,ID\nLT-2,Toko l,08125298100l,ID\nLT-3,Toko pendek,12,ID\n"

    report = import_folder({"customers": CUSTOMERS_HEADER + rows})

    assert [(error["row"], error["column"]) for error in report["errors"]] == [(2, "phone"), (3, "phone"), (4, "phone")]
    assert report["changed"] == {"customers": 0}
    assert call("GET", "/api/customers?phone=081252981003", token=token("owner-ratna")).json["items"] == []


def test_a_country_is_read_by_code_and_by_name(aws: Any) -> None:
    open_shop()
    rows = "C-1,Satu,081252981001,Indonesia\nC-2,Dua,081252981002,id\nC-3,Tiga,020 7946 0018,Inggris Raya\n"

    report = import_folder({"customers": CUSTOMERS_HEADER + rows + "C-4,Empat,081252981004,Atlantis\n"})

    assert [(error["row"], error["column"]) for error in report["errors"]] == [(5, "country")]
    cards = [call("GET", f"/api/customers/C-{number}", token=token("owner-ratna")).json for number in (1, 2, 3)]
    assert [card["phone"] for card in cards] == ["+6281252981001", "+6281252981002", "+442079460018"]
    assert [card["address"]["country"] for card in cards] == ["ID", "ID", "GB"]


def test_a_number_that_does_not_exist_is_kept_as_written_and_reported(aws: Any) -> None:
    open_shop()
    staff = "id,name,role,phone\nsalesman-eko,Eko,salesman,(5) 555-4729\nsalesman-adi,Adi,salesman,081252981001\n"

    report = import_folder({"staff": staff, "customers": CUSTOMERS_HEADER + "C-1,Ana,(5) 555-4729,MX\n"})

    assert report["errors"] == []
    assert [(each["file"], each["row"], each["column"]) for each in report["warnings"]] == [
        ("staff.csv", 2, "phone"),
        ("customers.csv", 2, "phone"),
    ]
    people = {each["id"]: each["phone"] for each in call("GET", "/api/staff", token=token("owner-ratna")).json["items"]}
    assert (people["salesman-eko"], people["salesman-adi"]) == ("(5) 555-4729", "+6281252981001")


@pytest.mark.parametrize(
    "placed_at", ["2099-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_an_imported_order_was_placed_between_1990_and_now(aws: Any, placed_at: str, dry_run: bool) -> None:
    open_shop(TEAPOT=9)
    orders = f"ref,placed_at,channel,payment_method\nR-1,{placed_at},web,cod\n"
    lines = f"ref,sku,quantity,unit_price\nR-1,{TEAPOT},1,1000\n"

    report = import_folder({"orders": orders, "order_lines": lines}, dry_run)

    assert [(error["row"], error["column"]) for error in report["errors"]] == [(2, "placed_at")]
    assert level(TEAPOT)["allocated"] == 0
