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
    told = project_everything()

    rows = {row["channel"]: row for row in load_recap()["items"]}

    by_hand: dict[str, dict[str, int]] = {}
    for event in (each.event for each in told if each.kind == "OrderPlaced"):
        sums = by_hand.setdefault(event.channel, {"orders": 0, "units": 0, "sales": 0, "tax": 0, "cost": 0})
        sums["orders"] += 1
        for line in event.lines:
            sums["units"] += line.quantity
            sums["sales"] += line.total_minor
            sums["tax"] += line.tax_minor
            sums["cost"] += line.cost_minor
    assert rows.keys() == by_hand.keys() == {"web", "pos", "sfa", "phone"}
    for channel, sums in by_hand.items():
        row = rows[channel]
        assert {name: row[name] for name in ("orders", "units")} == {name: sums[name] for name in ("orders", "units")}
        assert [row[name] for name in ("sales", "tax", "cost")] == [
            rupiah(sums[name]) for name in ("sales", "tax", "cost")
        ]
        assert row["margin"] == rupiah(sums["sales"] - sums["tax"] - sums["cost"])
    assert rows["web"]["sales"] == rupiah(250_000)
    assert rows["pos"]["cash"] == rupiah(125_000)


def test_the_total_is_the_same_however_it_is_cut(shop: Any) -> None:
    a_day_of_sales()
    project_everything()

    for by in ("", "day", "channel,location", "salesman", "day,channel,location,salesman"):
        said = load_recap(by)
        assert sum(row["sales"]["amount"] for row in said["items"]) == said["totals"][0]["sales"]["amount"] == 437_500


def test_a_shopper_is_nobodys_sale_and_staff_have_their_own(shop: Any) -> None:
    a_day_of_sales()
    project_everything()

    assert {row["salesman"]: row["orders"] for row in load_recap("salesman")["items"]} == {
        None: 1,
        "agent-lia": 1,
        "cashier-sinta": 1,
        "salesman-budi": 1,
    }


def test_a_sale_that_an_import_writes_down_is_its_salesmans(shop: Any) -> None:
    place_order("import", (TEAPOT, 1), by="owner-ratna", channel="sfa", actor="salesman-budi")
    project_everything()

    assert {row["salesman"]: row["orders"] for row in load_recap("salesman")["items"]} == {"salesman-budi": 1}


def test_twice_and_in_any_order_comes_to_the_same(shop: Any) -> None:
    orders = a_day_of_sales()
    call("POST", f"/api/orders/{orders['web']}/cancel", {"reason": "changed_mind"}, token=token("owner-ratna"))
    entries = [told for order_id in orders.values() for told in load_entries(order_id)] * 3
    random.Random(11).shuffle(entries)

    for told in entries:
        project_entry(told)

    totals = load_recap()["totals"][0]
    assert (totals["orders"], totals["cancelled"], totals["sales"]) == (3, 1, rupiah(187_500))
    assert totals["cash"] == rupiah(125_000)


def test_the_end_heard_before_the_beginning_leaves_nothing(shop: Any) -> None:
    order_id = place_order("web", (TEAPOT, 2), payments=[{"method": "transfer"}])
    call("POST", f"/api/orders/{order_id}/cancel", {"reason": "changed_mind"}, token=token("owner-ratna"))

    for told in reversed(load_entries(order_id)):
        project_entry(told)

    totals = load_recap()["totals"][0]
    assert (totals["orders"], totals["units"], totals["sales"], totals["cancelled"]) == (0, 0, rupiah(0), 1)


def test_a_confirmed_transfer_is_money_that_is_not_cash(shop: Any) -> None:
    place_order("web", (TEAPOT, 2), payments=[{"method": "transfer"}])
    order = call("GET", "/api/orders", token=token("owner-ratna"), query={"day": TODAY}).json["items"][0]["id"]
    payment = call("GET", f"/api/orders/{order}", token=token("owner-ratna")).json["payments"][0]["id"]
    assert call("POST", f"/api/payments/{payment}/confirm", {}, token=token("finance-maya"), key="c" * 16).status == 200

    project_everything()

    [row] = load_recap()["items"]
    assert (row["cash"], row["noncash"]) == (rupiah(0), rupiah(250_000))


def test_days_follow_the_clock_of_the_place(shop: Any) -> None:
    clock.source = lambda: datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
    place_order("late", (TEAPOT, 1))

    project_everything()

    assert load_recap("day")["items"][0]["day"] == TODAY  # 00.30 of the 22nd in Surabaya


def test_csv_says_what_the_screen_says(shop: Any) -> None:
    a_day_of_sales()
    project_everything()
    query = {"from": TODAY, "to": TODAY, "by": "channel,salesman", "format": "csv"}

    answer = call("GET", "/api/reports/recap", token=token("owner-ratna"), query=query)

    sheet = list(csv.DictReader(io.StringIO(answer.text)))
    screen = load_recap("channel,salesman")["items"]
    assert [(row["channel"], row["salesman"] or None, int(row["sales"]), int(row["orders"])) for row in sheet] == [
        (row["channel"], row["salesman"], row["sales"]["amount"], row["orders"]) for row in screen
    ]


def test_a_figure_opens_into_its_orders(shop: Any) -> None:
    orders = a_day_of_sales()
    project_everything()

    def behind(**wanted: Any) -> list[str]:
        query = {"from": TODAY, "to": TODAY} | wanted
        answer = call("GET", "/api/reports/recap/orders", token=token("owner-ratna"), query=query)
        return [each["id"] for each in answer.json["items"]]

    assert behind(channel="sfa") == [orders["sfa"]]
    assert behind(salesman="-") == [orders["web"]]
    assert sorted(behind()) == sorted(orders.values())


def test_drill_down_pages_neither_skip_nor_repeat(shop: Any) -> None:
    orders = a_day_of_sales()
    project_everything()

    seen, cursor = [], ""
    while cursor is not None:
        query = {"from": TODAY, "to": TODAY, "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = call("GET", "/api/reports/recap/orders", token=token("owner-ratna"), query=query).json
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]

    assert sorted(seen) == sorted(orders.values())


def test_questions_that_make_no_sense_are_refused(shop: Any) -> None:
    def asked(**query: Any) -> int:
        return call("GET", "/api/reports/recap", token=token("owner-ratna"), query=query).status

    assert asked(**{"from": TODAY}) == 422
    assert asked(**{"from": TODAY, "to": "2026-11-01"}) == 422
    assert asked(**{"from": "2020-01-01", "to": TODAY}) == 422
    assert asked(**{"from": TODAY, "to": TODAY, "by": "moon"}) == 422
