"""A replay of a small history: every tender and delivery method, a return, and two refused orders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.exchange.model import CellFormats
from infra.replay import history
from infra.replay.order_queue import OrderQueue
from infra.replay.simulated_staff import is_offer_ignored

IDR = CellFormats("IDR", "Asia/Jakarta")
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


def test_a_history_is_read_oldest_first_without_returns(tmp_path):
    loaded = history.load_history(write_folder(tmp_path), IDR)

    assert [order.ref for order in loaded.orders] == ["D", "B", "A", "C", "E", "F"]
    assert loaded.skipped == [{"ref": "A", "row": 3, "reason": "returns_not_yet"}]
    assert loaded.orders[2].body["lines"] == [
        {
            "sku": "TEA",
            "quantity": 3,
            "agreed": {"unit_price": {"amount": 12345, "currency": "IDR"}, "discount_rate": "0.1"},
        }
    ]


def test_a_history_is_read_as_an_import_reads_it(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "\ufeffREF;Placed_at;Channel;Freight;;\nA;31/12/2025 14.05;phone;9.000;;\nB;31/12/2025 15.00;phone;;;\n"
    )
    (tmp_path / "order_lines.csv").write_text("ref;sku;quantity;unit_price\nA;TEA;1.000;12.500\nB;TEA;1;12,5\n")

    loaded = history.load_history(tmp_path, IDR)

    (order,) = loaded.orders
    assert (order.placed_at.isoformat(), order.body["freight"]["amount"]) == ("2025-12-31T07:05:00+00:00", 9000)
    (line,) = order.body["lines"]
    assert (line["quantity"], line["agreed"]["unit_price"]["amount"]) == (1000, 12500)
    assert loaded.refused == [
        {"ref": "B", "code": "unreadable", "detail": "unit_price 12,5 has decimals, and IDR has none"}
    ]


def test_the_currency_of_a_replay_is_that_of_its_products(tmp_path):
    (tmp_path / "products.csv").write_text("sku,name,price,currency\nA,Tea,5,USD\n")

    assert (history.find_currency(tmp_path), history.find_currency(tmp_path / "nothing")) == ("USD", "IDR")


def test_salesmen_ignore_three_offers_in_ten_and_always_the_same():
    refs = [str(number) for number in range(10_000)]

    assert 2_800 < sum(map(is_offer_ignored, refs)) < 3_200
    assert [is_offer_ignored(ref) for ref in refs] == [is_offer_ignored(ref) for ref in refs]


def test_a_second_order_of_a_customer_waits_until_the_first_is_placed_and_others_overtake_it(tmp_path):
    # D and F are of one customer, A, C and E of another.
    queue = OrderQueue(history.load_history(write_folder(tmp_path), IDR).orders)

    first = [queue.take() for _ in range(3)]
    queue.done(first[2])
    then = [queue.take()]
    queue.done(first[0])
    then += [queue.take()]

    assert [order.ref for order in first] == ["D", "B", "A"]
    assert [order.ref for order in then] == ["C", "F"]
    queue.done(then[0])
    assert (queue.take().ref, queue.take()) == ("E", None)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: Any) -> dict[str, Any]:
    folder, local = write_folder(tmp_path_factory.mktemp("history")), tmp_path_factory.mktemp("local")
    environment = os.environ | {"DATA": str(folder), "LOCAL": str(local)}

    result = subprocess.run(
        [sys.executable, "-m", "infra.replay.run"], env=environment, capture_output=True, text=True, timeout=170
    )

    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads((local / "replay.json").read_text())


@pytest.mark.ministack
def test_every_valid_order_is_placed_delivered_and_counted(replayed):
    nets = {"A": 33_332, "B": 12_500, "C": 25_000, "D": 60_000}  # A: 3 × 12,345 less a tenth, rounded half up

    assert (replayed["orders"], replayed["lines"], replayed["units_sold"]) == (4, 4, 8)
    assert replayed["net_total"] == {"amount": sum(nets.values()), "currency": "IDR"}
    assert replayed["by_channel"]["phone"] == {"orders": 1, "net_total": {"amount": nets["C"], "currency": "IDR"}}
    assert replayed["on_hand"] == {"TEA": 35 - 6, "CUP": 5 - 2}


@pytest.mark.ministack
def test_refused_orders_are_listed_by_reference_and_the_others_are_placed(replayed):
    assert {(refusal["ref"], refusal["code"]) for refusal in replayed["refused"]} == {
        ("E", "out_of_stock"),
        ("F", "credit_limit_reached"),
    }
    assert replayed["skipped"] == [{"ref": "A", "row": 3, "reason": "returns_not_yet"}]


@pytest.mark.ministack
def test_the_salesman_nearby_gets_an_offer_and_all_invariants_hold(replayed):
    """The second notice is about the order that was placed in the salesman's name."""
    offers = replayed["offers"]

    assert (offers["made"], offers["claimed_by_salesman"] + offers["fell_back"]) == (1, 1)
    assert replayed["notified"]["salesman"] == 2
    assert replayed["invariants"]["violated"] == []
    assert len(replayed["invariants"]["checked"]) > 10
