"""A small history lived through in a shop of its own: every tender and delivery, a return, and two orders refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.replay import history
from infra.replay.order_queue import OrderQueue
from infra.replay.simulated_staff import ignores_offer

FILES = {
    "locations": """id,kind,name,lat,lon,staff
        wh,warehouse,W,-7.28,112.73,
        st,store,S,-7.27,112.74,
        van-a,van,V,-7.28,112.74,salesman-a""",
    "staff": """id,name,role,phone,email,location
        salesman-a,Adi,salesman,081252000001,,van-a""",
    "products": """sku,name,price,currency,tax_rate
        TEA,Tea,12500,IDR,0.11
        CUP,Cup,30000,IDR,0.11""",
    "stock": """sku,location,on_hand
        TEA,wh,20
        CUP,wh,5
        TEA,st,9
        TEA,van-a,6""",
    "customers": """id,name,street,country,lat,lon,credit_limit,terms_days
        c1,Sari,Jl. A,ID,-7.281,112.731,,
        c2,Toko,Jl. B,ID,,,100000,14""",
    "orders": """ref,placed_at,channel,customer,actor,delivery_method,location,payment_method,freight,coupons
        A,2026-01-03T08:00:00Z,web,c1,,ship,,cod,5000,
        B,2026-01-02T08:00:00Z,pos,,,handover,st,cash,,
        C,2026-01-04T08:00:00Z,phone,c1,,pickup,st,transfer,,
        D,2026-01-01T08:00:00Z,sfa,c2,salesman-a,ship,,credit,,
        E,2026-01-05T08:00:00Z,web,c1,,ship,,cod,,
        F,2026-01-06T08:00:00Z,sfa,c2,salesman-a,ship,,credit,,""",
    "order_lines": """ref,sku,quantity,unit_price,discount_rate
        A,TEA,3,12345,0.1
        A,CUP,-1,30000,
        B,TEA,1,12500,
        C,TEA,2,12500,
        D,CUP,2,30000,
        E,CUP,9,30000,
        F,CUP,2,30000,""",
}


def write_folder(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text("\n".join(map(str.strip, text.splitlines())) + "\n")
    return folder


def test_a_history_is_read_oldest_first_and_returns_are_put_aside(tmp_path):
    told = history.load_history(write_folder(tmp_path), "IDR")

    assert [each.ref for each in told.orders] == ["D", "B", "A", "C", "E", "F"]
    assert told.skipped == [{"ref": "A", "row": 3, "reason": "returns_not_yet"}]
    assert told.orders[2].body["lines"] == [
        {
            "sku": "TEA",
            "quantity": 3,
            "agreed": {"unit_price": {"amount": 12345, "currency": "IDR"}, "discount_rate": "0.1"},
        }
    ]


def test_a_shop_counts_in_the_currency_of_its_products(tmp_path):
    (tmp_path / "products.csv").write_text("sku,name,price,currency\nA,Tea,5,USD\n")

    assert (history.find_currency(tmp_path), history.find_currency(tmp_path / "nothing")) == ("USD", "IDR")


def test_salesmen_are_silent_for_three_orders_in_ten_and_always_for_the_same():
    refs = [str(number) for number in range(10_000)]

    assert 2_800 < sum(map(ignores_offer, refs)) < 3_200
    assert [ignores_offer(ref) for ref in refs] == [ignores_offer(ref) for ref in refs]


def test_a_customers_second_order_waits_until_the_first_has_its_answer_and_others_go_past(tmp_path):
    line = OrderQueue(
        history.load_history(write_folder(tmp_path), "IDR").orders
    )  # D and F are one customer's, A, C and E another's

    first = [line.take() for _ in range(3)]
    line.done(first[2])
    then = [line.take()]
    line.done(first[0])
    then += [line.take()]

    assert [each.ref for each in first] == ["D", "B", "A"]
    assert [each.ref for each in then] == ["C", "F"]
    line.done(then[0])
    assert (line.take().ref, line.take()) == ("E", None)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: Any) -> dict[str, Any]:
    folder, local = write_folder(tmp_path_factory.mktemp("history")), tmp_path_factory.mktemp("local")
    told = os.environ | {"DATA": str(folder), "LOCAL": str(local)}

    ended = subprocess.run(
        [sys.executable, "-m", "infra.replay.run"], env=told, capture_output=True, text=True, timeout=170
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads((local / "replay.json").read_text())


@pytest.mark.ministack
def test_every_good_order_is_placed_delivered_and_counted(replayed):
    nets = {"A": 33_332, "B": 12_500, "C": 25_000, "D": 60_000}  # A: 3 × 12,345 less a tenth, rounded half up

    assert (replayed["orders"], replayed["lines"], replayed["units_sold"]) == (4, 4, 8)
    assert replayed["net_total"] == {"amount": sum(nets.values()), "currency": "IDR"}
    assert replayed["by_channel"]["phone"] == {"orders": 1, "net_total": {"amount": nets["C"], "currency": "IDR"}}
    assert replayed["on_hand"] == {"TEA": 35 - 6, "CUP": 5 - 2}


@pytest.mark.ministack
def test_what_the_rules_refuse_is_told_by_its_reference_and_the_rest_goes_on(replayed):
    assert {(each["ref"], each["code"]) for each in replayed["refused"]} == {
        ("E", "out_of_stock"),
        ("F", "credit_limit_reached"),
    }
    assert replayed["skipped"] == [{"ref": "A", "row": 3, "reason": "returns_not_yet"}]


@pytest.mark.ministack
def test_the_near_salesman_is_asked_and_everything_that_must_stay_true_does(replayed):
    """Besides the offer he hears of the order that the import writes down in his name."""
    offers = replayed["offers"]

    assert (offers["made"], offers["claimed_by_salesman"] + offers["fell_back"]) == (1, 1)
    assert replayed["notified"]["salesman"] == 2
    assert replayed["invariants"]["violated"] == []
    assert len(replayed["invariants"]["checked"]) > 10
