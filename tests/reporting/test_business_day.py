"""One business day per location: recap, ledger, order list and exports put an order on the same day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.kit import clock, journal
from chalicelib.kit.journal import EntryRow
from chalicelib.payments.project_ledger import update_ledger
from chalicelib.places.model import Location, Point, Staff
from chalicelib.places.save import save_location, save_staff
from tests.client import call, staff_token
from tests.exchange.test_import_and_export import zip_folder
from tests.moto_aws import stored_rows
from tests.reporting.build import project_everything, rupiah
from tests.shop import CUP, TEAPOT, add_stock, an_order, open_shop, token

HALF_PAST_ELEVEN_IN_JAKARTA = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
JAKARTA_DAY, NEXT_DAY = "2026-11-22", "2026-11-23"
OWNER = "owner-ratna"
REPORTS = ("list", "export", "recap", "ledger")
STORES = {"store-makassar": "Asia/Makassar", "store-jayapura": "Asia/Jayapura"}


@pytest.fixture
def shop(aws: Any) -> None:
    """Stores in WITA and WIT, each with a cashier and ten teapots, at 23:30 WIB."""
    clock.source = lambda: HALF_PAST_ELEVEN_IN_JAKARTA
    open_shop(TEAPOT=5)
    for store, zone in STORES.items():
        save_location(Location(store, "store", store, Point(-5.1, 119.4), zone=zone), "test")
        save_staff(Staff(f"cashier-{store}", "Kasir", "cashier", location=store), "test")
        add_stock(TEAPOT, store, 10)


def sell(store: str, method: str) -> Any:
    cashier = staff_token(f"cashier-{store}", "cashier")
    call(
        "POST", "/api/shifts", {"till": f"till-{store}", "opening": rupiah(0)}, token=cashier, key=f"{store}-shift-0123"
    )
    body = an_order(
        (TEAPOT, 1), channel="pos", delivery={"method": "pickup", "location": store}, payments=[{"method": method}]
    )
    if method == "cash":
        body["delivery"] = {"method": "handover", "location": store}
    response = call("POST", "/api/orders", body, token=cashier, key=f"{store}-{method}-012345")
    assert response.status == 201, response.text
    return response.json


def days_of(order: Any, amount: int) -> dict[str, list[str]]:
    """Return the days on which each report has the order or its money."""
    project_everything()
    for row in sorted(stored_rows(EntryRow), key=lambda row: row.event_id):
        update_ledger(journal.row_to_message(row))
    days: dict[str, list[str]] = {report: [] for report in REPORTS}
    for day in (JAKARTA_DAY, NEXT_DAY):
        listed = get("/orders", day=day).json["items"]
        recap = get("/reports/recap/orders", **{"from": day, "to": day}).json["items"]
        ledger = get("/reports/ledger", day=day).json["items"]
        days["list"] += [day for row in listed if row["id"] == order["id"]]
        days["export"] += [day for row in get("/exports/orders.csv", day=day).text.splitlines() if order["id"] in row]
        days["recap"] += [day for row in recap if row["id"] == order["id"]]
        days["ledger"] += [day for row in ledger if row["kind"] == "captured" and row["amount"]["amount"] == amount]
    return days


def get(path: str, **query: str) -> Any:
    response = call("GET", f"/api{path}", query=query, token=token(OWNER))
    assert response.status == 200, response.text
    return response


@pytest.mark.parametrize("store", STORES)
def test_a_sale_before_midnight_in_jakarta_is_of_the_next_day_further_east(shop: None, store: str) -> None:
    order = sell(store, "cash")

    assert days_of(order, 125_000) == {report: [NEXT_DAY] for report in REPORTS}


def test_money_that_comes_later_is_of_the_day_of_the_order_s_store(shop: None) -> None:
    order = sell("store-makassar", "transfer")
    payment = order["payments"][0]["id"]
    call("POST", f"/api/payments/{payment}/proof", {"reference": "a transfer"}, token=token(OWNER), key="p" * 16)
    confirmed = call("POST", f"/api/payments/{payment}/confirm", token=token("finance-maya"), key="c" * 16)

    assert confirmed.status == 200, confirmed.text
    assert days_of(order, 125_000) == {report: [NEXT_DAY] for report in REPORTS}


def test_a_web_order_without_a_store_is_of_the_shop_s_day(shop: None) -> None:
    order = call("POST", "/api/orders", an_order((TEAPOT, 1)), key="w" * 16).json

    days = days_of(order, 0)

    assert (days["list"], days["export"], days["recap"]) == ([JAKARTA_DAY], [JAKARTA_DAY], [JAKARTA_DAY])


def test_the_list_begins_with_today_at_the_caller_s_store(shop: None) -> None:
    order = sell("store-makassar", "cash")

    listed = call("GET", "/api/orders", token=staff_token("cashier-store-makassar", "cashier")).json["items"]

    assert [row["id"] for row in listed] == [order["id"]]


def test_an_exported_order_of_an_eastern_store_is_not_placed_again(shop: None) -> None:
    order = sell("store-makassar", "cash")
    lines = f"ref,sku,quantity,unit_price\nR-1,{CUP},1,10\n"
    placed = "ref,placed_at,channel,location,historical\nR-1,2026-11-21T16:30:00Z,phone,store-makassar,yes\n"

    exported = get("/exports/orders.csv", day=NEXT_DAY).text, get("/exports/order_lines.csv", day=NEXT_DAY).text
    reports = [
        call("POST", "/api/imports", zip_folder({"orders": orders, "order_lines": lines_}), token=token(OWNER)).json
        for orders, lines_ in (exported, (placed, lines), (placed, lines))
    ]

    assert [report["changed"] for report in reports] == [{"orders": 0}, {"orders": 1}, {"orders": 0}]
    assert [report["refused"] + report["errors"] for report in reports] == [[], [], []]
    assert len(get("/orders", day=NEXT_DAY).json["items"]) == 1
    assert order["id"] in exported[0]


def test_goods_are_expected_and_promised_by_the_day_of_the_store(shop: None) -> None:
    def expect(store: str, on: str) -> Any:
        lines = [{"sku": CUP, "quantity": 4}]
        body = {"location": store, "on": on, "reason": "PO 88", "lines": lines}
        return call("POST", "/api/stock/expected", body, token=token(OWNER), key=f"{store}-{on}-01")

    over = expect("store-makassar", JAKARTA_DAY)
    expected = [expect("store-makassar", NEXT_DAY), expect("wh-surabaya", JAKARTA_DAY)]
    days = call("GET", "/api/stock", query={"sku": CUP}).json["items"][0]["expected"]

    assert (over.status, over.json["code"]) == (422, "day_is_over")
    assert [answer.status for answer in expected] == [201, 201]
    assert days == [{"on": JAKARTA_DAY, "quantity": 4}, {"on": NEXT_DAY, "quantity": 4}]


def test_a_promise_is_not_made_for_a_day_that_is_over_at_the_store(shop: None) -> None:
    before_midnight = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # 23.00 in Makassar
    clock.source = lambda: before_midnight
    body = {"location": "store-makassar", "on": JAKARTA_DAY, "reason": "PO 88", "lines": [{"sku": CUP, "quantity": 4}]}
    expected = call("POST", "/api/stock/expected", body, token=token(OWNER), key="e" * 16)
    assert expected.status == 201, expected.text

    clock.source = lambda: HALF_PAST_ELEVEN_IN_JAKARTA

    assert call("GET", "/api/stock", query={"sku": CUP}).json["items"][0].get("expected") is None
