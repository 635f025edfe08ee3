"""Orders of an earlier system: counted in the recap and in the customer's history, and nothing else happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.customers.find import find_credit
from chalicelib.fulfillment.store import WorkRow
from chalicelib.kit import journal
from chalicelib.kit.money import Money
from chalicelib.notify.store import NoticeRow
from chalicelib.payments.ledger_store import LedgerLineRow
from infra.local import phones
from infra.local.invoke import invoke
from infra.local.schedule import build_event
from infra.local.streams import list_sources
from tests.client import call
from tests.exchange.test_import_and_export import import_folder, zip_folder
from tests.moto_aws import stored_rows
from tests.shop import CUP, RARE, TEAPOT, a_credit_customer, add_stock, advance_clock, level, open_shop, token
from tests.walks.actions import invariants_hold

DATA = Path(__file__).parents[3] / "shared" / "data" / "imports"
YEAR = 365 * 24 * 60
OWNER = "owner-ratna"
ROUTERS = (OWNER, "agent-lia")
HISTORY = {
    "orders": "ref,placed_at,channel,customer,actor,delivery_method,location,payment_method,"
    "freight,coupons,historical\n"
    "H-1,2026-10-01T03:00:00Z,web,cus_makmur,,ship,,transfer,9000,LAMA,yes\n"
    "H-2,2026-10-02T03:00:00Z,sfa,cus_makmur,salesman-budi,ship,,credit,,,yes\n"
    "H-3,2026-10-02T04:00:00Z,pos,,cashier-sinta,handover,store-tunjungan,cash,,,yes\n"
    "H-4,2026-10-03T03:00:00Z,phone,cus_makmur,agent-lia,pickup,store-tunjungan,cod,,,yes\n",
    "order_lines": "ref,sku,quantity,unit_price,discount_rate\n"
    f"H-1,{TEAPOT},2,100000,0\nH-1,{CUP},10,9999,0.1\nH-2,{CUP},50,10000,0\nH-3,{TEAPOT},1,90000,0\n"
    f"H-4,{RARE},3,500000,0\n",
}
TOTAL = 9_000 + 200_000 + 89_991 + 500_000 + 90_000 + 1_500_000


def open_shop_with_history_customer() -> None:
    """Teapots at one warehouse, and nothing of the other products that the history sold."""
    open_shop(TEAPOT=2)
    add_stock(TEAPOT, "van-budi", 5)
    a_credit_customer(400_000)


def get(path: str, **query: str) -> Any:
    response = call("GET", f"/api{path}", query=query, token=token(OWNER))
    assert response.status == 200, response.text
    return response.json


def orders_of_customer() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = get("/orders", customer="cus_makmur")["items"]
    return items


def orders_of_history() -> dict[str, dict[str, Any]]:
    days = ("2026-10-01", "2026-10-02", "2026-10-03")
    return {order["id"]: order for day in days for order in get("/orders", day=day)["items"]}


def work_and_offers() -> list[str]:
    return [row.sk for row in stored_rows(WorkRow) if row.sk.startswith(("ful_", "off_", "stranded"))]


def ledger_lines() -> list[str]:
    return [row.pk for row in stored_rows(LedgerLineRow) if row.pk.startswith("ledger#")]


def count_notices() -> int:
    return sum(row.sk.startswith("evt_") for row in stored_rows(NoticeRow))


def run_all_timers() -> None:
    for source in list_sources(app, "ScheduledEventConfig"):
        invoke(source.handler_string, build_event(source.name))


@pytest.mark.ministack
def test_a_history_is_counted_and_listed_and_notifies_no_one_now_or_later(
    ministack: Any, drain: Callable[[], int]
) -> None:
    open_shop_with_history_customer()
    drain()
    stock, notices = level(TEAPOT), count_notices()

    report = import_folder(HISTORY)
    drain()
    advance_clock(YEAR)
    run_all_timers()
    drain()

    assert (report["errors"], report["refused"], report["changed"]) == ([], [], {"orders": 4})
    assert [
        (order["status"], order["payment_status"], order["fulfillment_status"]) for order in orders_of_customer()
    ] == 3 * [("completed", "paid", "delivered")]
    recap = get("/reports/recap", **{"from": "2026-10-01", "to": "2026-10-31", "by": "salesman"})
    assert recap["totals"][0]["orders"] == 4
    assert recap["totals"][0]["sales"]["amount"] + recap["totals"][0]["freight"]["amount"] == TOTAL
    assert {row["salesman"]: row["orders"] for row in recap["items"]} == {
        "agent-lia": 1, "cashier-sinta": 1, "owner-ratna": 1, "salesman-budi": 1,
    }  # fmt: skip
    assert (level(TEAPOT), level(CUP)["allocated"], count_notices()) == (stock, 0, notices)
    assert (phones.load_messages(), work_and_offers(), ledger_lines()) == ({}, [], [])
    assert find_credit("cus_makmur").exposure == Money(0, "IDR")
    assert (get("/exceptions")["items"], get("/receivables")["items"]) == ([], [])
    assert invariants_hold()


def test_a_historical_order_is_not_routed_on_request(aws: Any) -> None:
    open_shop_with_history_customer()
    import_folder(HISTORY)
    before = orders_of_history()

    answers = [call("POST", f"/api/orders/{id_}/reroute", {}, token=token(by)) for id_ in before for by in ROUTERS]

    assert [answer.status for answer in answers[::2]] == [200] * 4
    assert orders_of_history() == before
    assert {row.sk for row in stored_rows(WorkRow)} == {"order"}
    assert {len(get(f"/orders/{order_id}/history")["items"]) for order_id in before} == {1}


def test_a_historical_order_shows_its_payment_method_and_has_one_entry_in_its_journal(aws: Any) -> None:
    open_shop_with_history_customer()
    import_folder(HISTORY)

    (order,) = [get(f"/orders/{order['id']}") for order in orders_of_customer() if order["channel"] == "web"]

    assert order["historical"] is True
    assert [(payment["method"], payment["status"]) for payment in order["payments"]] == [("transfer", "captured")]
    assert (order["coupons"], order["allocations"], order["reserved_until"]) == (["LAMA"], [], None)
    assert [entry.kind for entry in journal.history(f"order#{order['id']}")] == ["HistoricalOrderRecorded"]
    cancelled = call("POST", f"/api/orders/{order['id']}/cancel", {"reason": "test"}, token=token(OWNER), key="c" * 16)
    assert (cancelled.status, cancelled.json["code"]) == (409, "cannot_cancel")


def test_importing_a_history_or_its_export_again_changes_nothing(aws: Any) -> None:
    open_shop_with_history_customer()
    import_folder(HISTORY)
    exported = {
        name: call("GET", f"/api/exports/{name}.csv?day=2026-10-01&to=2026-10-31", token=token(OWNER)).text
        for name in ("orders", "order_lines")
    }

    reports = [import_folder(HISTORY), import_folder(exported)]

    assert [(report["errors"], report["refused"], report["changed"]) for report in reports] == 2 * [
        ([], [], {"orders": 0})
    ]
    assert [row.split(",")[-1] for row in exported["orders"].splitlines()] == ["historical", *4 * ["yes"]]
    assert [row.split(",")[7] for row in exported["orders"].splitlines()[1:]] == ["transfer", "credit", "cash", "cod"]


def test_the_whole_file_is_historical_by_the_query(aws: Any) -> None:
    open_shop_with_history_customer()
    orders = "ref,placed_at,channel,customer\nH-1,2026-10-01T03:00:00Z,phone,cus_makmur\n"
    folder = {"orders": orders, "order_lines": f"ref,sku,quantity,unit_price\nH-1,{RARE},3,500000\n"}

    response = call("POST", "/api/imports?historical=true", zip_folder(folder), token=token(OWNER))

    assert (response.json["refused"], response.json["changed"]) == ([], {"orders": 1})
    assert [order["status"] for order in orders_of_customer()] == ["completed"]


@pytest.mark.parametrize(
    ("cell", "status"), [("ya", "completed"), ("TRUE", "completed"), ("no", "placed"), ("", "placed")]
)
def test_the_column_says_yes_or_no(aws: Any, cell: str, status: str) -> None:
    open_shop_with_history_customer()
    orders = f"ref,placed_at,channel,customer,historical\nH-1,2026-10-01T03:00:00Z,phone,cus_makmur,{cell}\n"

    report = import_folder({"orders": orders, "order_lines": f"ref,sku,quantity,unit_price\nH-1,{TEAPOT},1,5000\n"})

    assert (report["errors"], [order["status"] for order in orders_of_customer()]) == ([], [status])


def test_another_word_in_the_column_is_refused(aws: Any) -> None:
    open_shop_with_history_customer()
    orders = "ref,placed_at,channel,historical\nH-1,2026-10-01T03:00:00Z,phone,maybe\n"

    report = import_folder({"orders": orders, "order_lines": f"ref,sku,quantity,unit_price\nH-1,{TEAPOT},1,5000\n"})

    assert [(error["row"], error["column"]) for error in report["errors"]] == [(2, "historical")]
    assert report["changed"] == {"orders": 0}


def test_products_and_channels_that_no_longer_sell_are_part_of_a_history(aws: Any) -> None:
    open_shop_with_history_customer()
    call("PUT", "/api/channels/phone", {"active": False}, token=token(OWNER))
    product = call("PUT", f"/api/catalog/products/{RARE}", {"name": "Rare", "active": False}, token=token(OWNER))

    report = import_folder(HISTORY)

    assert product.status == 200, product.text
    assert (report["refused"], report["changed"]) == ([], {"orders": 4})


@pytest.mark.skipif(not DATA.exists(), reason=f"needs the folders in {DATA}")
@pytest.mark.data
@pytest.mark.ministack
def test_the_order_of_a_spreadsheet_in_indonesian_is_of_its_day_and_notifies_no_one(
    ministack: Any, drain: Callable[[], int]
) -> None:
    open_shop()
    folder = {path.stem: path.read_bytes() for path in (DATA / "excel-id").glob("*.csv")}

    response = call("POST", "/api/imports", zip_folder(folder), token=token(OWNER))
    drain()
    advance_clock(YEAR)
    run_all_timers()
    drain()

    assert (response.json["errors"], response.json["refused"], response.json["changed"]["orders"]) == ([], [], 1)
    (order,) = get("/orders", day="2026-10-31")["items"]
    assert (order["placed_at"], order["total"]["amount"]) == ("2026-10-31T07:05:00.000Z", 37_500)
    assert (order["status"], order["payment_status"]) == ("completed", "paid")
    assert (phones.load_messages(), work_and_offers(), count_notices()) == ({}, [], 0)
    assert level("XL-001")["allocated"] == 0
