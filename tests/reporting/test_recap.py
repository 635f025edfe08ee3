from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.reporting.project_recap import project_entry
from tests.client import call
from tests.reporting.build import TODAY, load_entries, load_recap, place_order, project_everything, rupiah
from tests.shop import CUP, TEAPOT, a_credit_customer, token


def a_day_of_sales() -> dict[str, str]:
    call("POST", "/api/shifts", {"till": "till-1", "opening": rupiah(0)}, token=token("cashier-sinta"), key="s" * 16)
    counter = {"delivery": {"method": "handover", "location": "store-tunjungan"}}
    a_credit_customer(1_000_000)
    return {
        "web": place_order("web", (TEAPOT, 2), payments=[{"method": "transfer"}]),
        "pos": place_order(
            "pos", (TEAPOT, 1), by="cashier-sinta", channel="pos", payments=[{"method": "cash"}], **counter
        ),
        "sfa": place_order(
            "sfa",
            (CUP, 4),
            by="salesman-budi",
            channel="sfa",
            customer={"name": "Toko Makmur", "phone": "+6281200000009"},
        ),
        "phone": place_order("phone", (CUP, 1), by="agent-lia", channel="phone"),
    }


def test_the_recap_of_a_day_equals_sums_computed_from_the_journal(shop: Any) -> None:
    a_day_of_sales()
    entries = project_everything()

    rows = {row["channel"]: row for row in load_recap()["items"]}

    expected: dict[str, dict[str, int]] = {}
    for event in (entry.event for entry in entries if entry.kind == "OrderPlaced"):
        sums = expected.setdefault(event.channel, {"orders": 0, "units": 0, "sales": 0, "tax": 0, "cost": 0})
        sums["orders"] += 1
        for line in event.lines:
            sums["units"] += line.quantity
            sums["sales"] += line.total_minor
            sums["tax"] += line.tax_minor
            sums["cost"] += line.cost_minor
    assert rows.keys() == expected.keys() == {"web", "pos", "sfa", "phone"}
    for channel, sums in expected.items():
        row = rows[channel]
        assert {name: row[name] for name in ("orders", "units")} == {name: sums[name] for name in ("orders", "units")}
        assert [row[name] for name in ("sales", "tax", "cost")] == [
            rupiah(sums[name]) for name in ("sales", "tax", "cost")
        ]
        assert row["margin"] == rupiah(sums["sales"] - sums["tax"] - sums["cost"])
    assert rows["web"]["sales"] == rupiah(250_000)
    assert rows["pos"]["cash"] == rupiah(125_000)


def test_the_total_is_the_same_for_all_dimensions(shop: Any) -> None:
    a_day_of_sales()
    project_everything()

    for by in ("", "day", "channel,location", "salesman", "day,channel,location,salesman"):
        recap = load_recap(by)
        assert sum(row["sales"]["amount"] for row in recap["items"]) == recap["totals"][0]["sales"]["amount"] == 437_500


def test_orders_of_shoppers_have_no_salesman(shop: Any) -> None:
    a_day_of_sales()
    project_everything()

    assert {row["salesman"]: row["orders"] for row in load_recap("salesman")["items"]} == {
        None: 1,
        "agent-lia": 1,
        "cashier-sinta": 1,
        "salesman-budi": 1,
    }


def test_an_imported_sale_belongs_to_the_salesman_it_names(shop: Any) -> None:
    place_order("import", (TEAPOT, 1), by="owner-ratna", channel="sfa", actor="salesman-budi")
    project_everything()

    assert {row["salesman"]: row["orders"] for row in load_recap("salesman")["items"]} == {"salesman-budi": 1}


def test_repeated_and_reordered_entries_give_the_same_sums(shop: Any) -> None:
    orders = a_day_of_sales()
    call("POST", f"/api/orders/{orders['web']}/cancel", {"reason": "changed_mind"}, token=token("owner-ratna"))
    entries = [entry for order_id in orders.values() for entry in load_entries(order_id)] * 3
    random.Random(11).shuffle(entries)

    for entry in entries:
        project_entry(entry)

    totals = load_recap()["totals"][0]
    assert (totals["orders"], totals["cancelled"], totals["sales"]) == (3, 1, rupiah(187_500))
    assert totals["cash"] == rupiah(125_000)


def test_a_cancellation_projected_before_its_order_leaves_no_sale(shop: Any) -> None:
    order_id = place_order("web", (TEAPOT, 2), payments=[{"method": "transfer"}])
    call("POST", f"/api/orders/{order_id}/cancel", {"reason": "changed_mind"}, token=token("owner-ratna"))

    for entry in reversed(load_entries(order_id)):
        project_entry(entry)

    totals = load_recap()["totals"][0]
    assert (totals["orders"], totals["units"], totals["sales"], totals["cancelled"]) == (0, 0, rupiah(0), 1)


def test_a_confirmed_transfer_counts_as_noncash(shop: Any) -> None:
    place_order("web", (TEAPOT, 2), payments=[{"method": "transfer"}])
    order = call("GET", "/api/orders", token=token("owner-ratna"), query={"day": TODAY}).json["items"][0]["id"]
    payment = call("GET", f"/api/orders/{order}", token=token("owner-ratna")).json["payments"][0]["id"]
    assert call("POST", f"/api/payments/{payment}/confirm", {}, token=token("finance-maya"), key="c" * 16).status == 200

    project_everything()

    [row] = load_recap()["items"]
    assert (row["cash"], row["noncash"]) == (rupiah(0), rupiah(250_000))


def test_days_follow_the_time_zone_of_the_location(shop: Any) -> None:
    clock.source = lambda: datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
    place_order("late", (TEAPOT, 1))

    project_everything()

    assert load_recap("day")["items"][0]["day"] == TODAY  # 00.30 of the 22nd in Surabaya


def test_csv_has_the_same_figures_as_json(shop: Any) -> None:
    a_day_of_sales()
    project_everything()
    query = {"from": TODAY, "to": TODAY, "by": "channel,salesman", "format": "csv"}

    answer = call("GET", "/api/reports/recap", token=token("owner-ratna"), query=query)

    csv_rows = list(csv.DictReader(io.StringIO(answer.text)))
    json_rows = load_recap("channel,salesman")["items"]
    assert [(row["channel"], row["salesman"] or None, int(row["sales"]), int(row["orders"])) for row in csv_rows] == [
        (row["channel"], row["salesman"], row["sales"]["amount"], row["orders"]) for row in json_rows
    ]


def test_the_orders_behind_a_figure_are_listed(shop: Any) -> None:
    orders = a_day_of_sales()
    project_everything()

    def list_orders(**filters: Any) -> list[str]:
        query = {"from": TODAY, "to": TODAY} | filters
        answer = call("GET", "/api/reports/recap/orders", token=token("owner-ratna"), query=query)
        return [order["id"] for order in answer.json["items"]]

    assert list_orders(channel="sfa") == [orders["sfa"]]
    assert list_orders(salesman="-") == [orders["web"]]
    assert sorted(list_orders()) == sorted(orders.values())


def test_pages_of_orders_neither_skip_nor_repeat(shop: Any) -> None:
    orders = a_day_of_sales()
    project_everything()

    listed, cursor = [], ""
    while cursor is not None:
        query = {"from": TODAY, "to": TODAY, "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = call("GET", "/api/reports/recap/orders", token=token("owner-ratna"), query=query).json
        listed += [order["id"] for order in page["items"]]
        cursor = page["next"]

    assert sorted(listed) == sorted(orders.values())


def test_invalid_queries_are_refused(shop: Any) -> None:
    def status(**query: Any) -> int:
        return call("GET", "/api/reports/recap", token=token("owner-ratna"), query=query).status

    assert status(**{"from": TODAY}) == 422
    assert status(**{"from": TODAY, "to": "2026-11-01"}) == 422
    assert status(**{"from": "2020-01-01", "to": TODAY}) == 422
    assert status(**{"from": TODAY, "to": TODAY, "by": "moon"}) == 422
