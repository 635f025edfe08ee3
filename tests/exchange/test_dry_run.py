"""A dry run reports what the real run refuses, in the same words, and changes nothing."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from chalicelib.customers.find import find_credit
from tests.client import call
from tests.exchange.test_import_and_export import import_folder
from tests.shop import CUP, TEAPOT, a_credit_customer, an_order, open_shop, token

ORDERS = "ref,placed_at,channel,customer,payment_method,coupons\n"
LINES = "ref,sku,quantity,unit_price\n"
NEW_PRODUCT = {"products": "sku,name,price\nNEW,Kopi,1000\n", "stock": "sku,location,on_hand\nNEW,wh-new,5\n"}
NEW_PLACES = {"locations": "id,kind,name\nwh-new,warehouse,Baru\n"}


def orders(*rows: str, lines: str) -> dict[str, str]:
    dated = (f"{ref},2026-01-05T03:00:00Z,phone,{rest}" for ref, _, rest in (row.partition(",") for row in rows))
    return {"orders": ORDERS + "\n".join(dated), "order_lines": LINES + lines}


CASES: dict[str, tuple[dict[str, str], list[Any]]] = {
    "the second order takes more than the first one left of the folder's stock": (
        NEW_PLACES | NEW_PRODUCT | orders("R-1,,,", "R-2,,,", "R-3,,,", lines="R-1,NEW,3,1\nR-2,NEW,3,1\nR-3,NEW,2,1"),
        [("R-2", "out_of_stock")],
    ),
    "the shop's stock is short": (orders("R-1,,,", lines=f"R-1,{TEAPOT},9,1\n"), [("R-1", "out_of_stock")]),
    "the second order exceeds the credit limit": (
        orders(
            "R-1,cus_makmur,credit,", "R-2,cus_makmur,credit,", lines=f"R-1,{CUP},1,60000\nR-2,{CUP},1,60000\n"
        ),
        [("R-2", "credit_limit_reached")],
    ),
    "an opening receivable of the folder uses the limit": (
        {"customers": "id,name,credit_limit,opening_receivable\ncus-x,Toko X,100000,90000\n"}
        | orders("R-1,cus-x,credit,", lines=f"R-1,{CUP},1,60000\n"),
        [("R-1", "credit_limit_reached")],
    ),
    "a customer without terms buys on credit": (
        {"customers": "id,name\ncus-x,Toko X\n"} | orders("R-1,cus-x,credit,", lines=f"R-1,{CUP},1,60000\n"),
        [("R-1", "no_credit_terms")],
    ),
    "cash needs an open shift": (orders("R-1,,cash,", lines=f"R-1,{CUP},1,60000\n"), [("R-1", "no_open_shift")]),
    "a coupon does not exist": (orders("R-1,,,NOPE", lines=f"R-1,{CUP},1,60000\n"), [("R-1", "unknown_coupon")]),
    "a barcode is of a product of the shop, or of an earlier row": (
        {"products": "sku,name,price,barcode\nA-1,Kopi,1,111\nA-2,Teh,1,111\nA-3,Gula,1,TAKEN\n"},
        [("products.csv", 3, ""), ("products.csv", 4, "")],
    ),
    "a barcode is free once an earlier row gave it up": (
        {"products": f"sku,name,price,barcode\n{CUP},Cup,12500,222\nA-3,Gula,1,TAKEN\n"},
        [],
    ),
    "a count is below the allocated units": (
        {"stock": f"sku,location,on_hand\n{TEAPOT},wh-surabaya,2\n{CUP},wh-surabaya,7\n"},
        [("stock.csv", 2, "")],
    ),
    "a postcode is none of the folder's own": (
        {
            "postcodes": "postcode,country,area\n60241,ID,Surabaya\n",
            "customers": "id,name,postcode,country\ncus-x,X,60241,ID\ncus-y,Y,99999,ID\n",
        },
        [("customers.csv", 3, "postcode")],
    ),
    "the only owner loses the role": ({"staff": "id,name,role\nowner-ratna,Ratna,agent\n"}, [("staff.csv", 2, "")]),
    "two customers with one phone would have a limit each": (
        {
            "customers": "id,name,phone,credit_limit\ncus-x,X,081252981001,100000\ncus-y,Y,+62 812 5298 1001,100000\n"
            "cus-z,Z,081252981001,\ncus-w,W,081200000009,5\n"
        },
        [("customers.csv", 3, "phone"), ("customers.csv", 5, "phone")],
    ),
}  # fmt: skip


def open_shop_for_cases() -> None:
    """Cups with the barcode TAKEN, five teapots of which three are promised, a customer with Rp100.000 of credit."""
    open_shop(TEAPOT=5, CUP=50)
    a_credit_customer(100_000)
    product = {"name": "Cup", "category": "Dapur", "barcode": "TAKEN"}
    saved = call("PUT", f"/api/catalog/products/{CUP}", product, token=token("owner-ratna"))
    placed = call("POST", "/api/orders", an_order((TEAPOT, 3)), key="p" * 16)
    assert (saved.status, placed.status) == (200, 201)


def dump_tables() -> list[Any]:
    client = boto3.client("dynamodb")
    tables = client.list_tables()["TableNames"]
    return [client.scan(TableName=table)["Items"] for table in tables]


def refusals_of(report: Any) -> list[Any]:
    refused = [(row["ref"], row["code"]) for row in report["refused"]]
    return refused + [(row["file"], row["row"], row["column"]) for row in report["errors"]]


@pytest.mark.parametrize("case", CASES)
def test_a_dry_run_foresees_every_refusal(aws: Any, case: str) -> None:
    folder, expected = CASES[case]
    open_shop_for_cases()
    before = dump_tables()

    dry = import_folder(folder, dry_run=True)
    unchanged = dump_tables() == before
    real = import_folder(folder)

    assert refusals_of(dry) == expected
    assert (dry["errors"], dry["refused"]) == (real["errors"], real["refused"])
    assert (unchanged, set(dry["changed"].values())) == (True, {0})


def test_requests_after_a_dry_run_see_nothing_of_it(aws: Any) -> None:
    open_shop_for_cases()

    import_folder(NEW_PLACES | NEW_PRODUCT, dry_run=True)

    locations = call("GET", "/api/locations", token=token("owner-ratna")).json["items"]
    assert "wh-new" not in [location["id"] for location in locations]
    assert call("GET", "/api/catalog/products/NEW", token=token("owner-ratna")).status == 404


def test_a_phone_of_another_customer_gives_no_second_limit(aws: Any) -> None:
    open_shop_for_cases()
    folder = {"customers": "id,name,phone,credit_limit\ncus-w,Toko W,081200000009,500000\n"}

    report = import_folder(folder)

    assert "cus_makmur" in report["errors"][0]["reason"]
    assert find_credit("cus-w") is None
