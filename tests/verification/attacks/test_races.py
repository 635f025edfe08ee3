"""Race conditions: concurrent requests for one coupon, unit or offer, which all read before any of them commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.client import call
from tests.shop import RARE, add_stock, an_order, level
from tests.verification.attacks.actions import send_ok, send_request
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.sample_shop import BUDI, DEWI, JOKO, RATNA, SOAP, TEA
from tests.verification.sampling import mark_cases


def at_once(shop: MemoryShop, *requests: Callable[[], Any]) -> list[Any]:
    """Stop the first request just before its commit, run the others completely, then continue the first."""
    answers: list[Any] = []
    first, rest = requests[0], list(requests[1:])

    def run_others(send: str) -> str:
        if send == "transact" and rest:
            others, rest[:] = list(rest), []
            answers.extend(request() for request in others)
        return ""

    shop.memory.inject_fault = run_others
    try:
        return [first(), *answers]
    finally:
        shop.memory.inject_fault = lambda send: ""


def a_coupon_for(shop: MemoryShop, cap: int) -> None:
    promotion: dict[str, Any] = {
        "id": "once",
        "name": "Sekali",
        "kind": "percent",
        "rate": "0.10",
        "starts_at": "2026-01-01T00:00:00Z",
    }
    promotion |= {"terms": {"id": "Sekali.", "en": "Once."}, "coupon": {"code": "SEKALI", "cap": cap}}
    send_ok(shop, "PUT", "/promotions", promotion, by=RATNA)


@pytest.mark.parametrize("buyers", [2, 3])
def test_a_single_use_coupon_is_used_once_by_concurrent_buyers(shop: MemoryShop, buyers: int) -> None:
    """Sylius CVE-2026-31824: the counter was read, incremented and written without a condition."""
    a_coupon_for(shop, cap=1)
    body = an_order((TEA, 1), coupons=["SEKALI"])

    answers = at_once(shop, *[lambda: send_request(shop, "POST", "/orders", body)] * buyers)

    assert sorted(answer.status for answer in answers) == [201] + [409] * (buyers - 1)


def test_a_spent_coupon_creates_no_order(shop: MemoryShop) -> None:
    """Shopper CVE-2026-47741: the order was created although its coupon was spent."""
    a_coupon_for(shop, cap=1)
    body = an_order((TEA, 1), coupons=["SEKALI"])
    send_ok(shop, "POST", "/orders", body)
    before = level(TEA)

    late = send_request(shop, "POST", "/orders", body)

    assert (late.status, late.json["code"]) == (409, "coupon_spent")
    assert level(TEA) == before


def test_a_good_order_stays_good_when_a_late_one_is_refused(shop: MemoryShop) -> None:
    """Saleor#15855: the fix of a coupon race refunded a *valid* order."""
    a_coupon_for(shop, cap=1)
    body = an_order((TEA, 1), coupons=["SEKALI"])
    good = send_ok(shop, "POST", "/orders", body)

    send_request(shop, "POST", "/orders", body)

    order = send_ok(shop, "GET", f"/orders/{good['id']}", by=RATNA)
    assert (order["status"], order["total"]) == ("placed", good["total"])


def test_the_last_unit_is_sold_to_one_of_two_buyers(shop: MemoryShop) -> None:
    """Saleor#543: both requests had read that one unit was left."""
    add_stock(RARE, "wh-surabaya", 1)
    body = an_order((RARE, 1))

    answers = at_once(shop, *[lambda: send_request(shop, "POST", "/orders", body)] * 2)

    assert sorted(answer.status for answer in answers) == [201, 409]
    assert level(RARE)["available"] == 0


@pytest.mark.parametrize("lines", [[(RARE, 1), (RARE, 1)], [(RARE, 1), (TEA, 1), (RARE, 1)]])
def test_two_lines_of_one_sku_are_checked_together(shop: MemoryShop, lines: list[tuple[str, int]]) -> None:
    """Medusa#16502: each line was checked separately against the same unit."""
    add_stock(RARE, "wh-surabaya", 1)

    answer = send_request(shop, "POST", "/orders", an_order(*lines))

    assert (answer.status, answer.json["code"]) == (409, "out_of_stock")
    assert answer.json["short"] == [{"sku": RARE, "wanted": 2, "available": 1}]
    assert level(RARE)["available"] == 1


def test_another_spelling_of_a_sku_is_unknown(shop: MemoryShop) -> None:
    """Like Medusa#16569: another spelling of a SKU must not count as another product."""
    add_stock(RARE, "wh-surabaya", 1)

    answer = send_request(shop, "POST", "/orders", an_order((RARE, 1), (RARE.lower(), 1), (f"{RARE} ", 1)))

    assert (answer.status, answer.json["code"]) == (422, "unknown_sku")
    assert level(RARE)["available"] == 1


def test_an_order_over_two_warehouses_takes_from_both_or_from_none(shop: MemoryShop) -> None:
    """Like Vendure#3508, Magento inventory#3036: an order from several locations is allocated as a whole."""
    add_stock(RARE, "wh-surabaya", 1)
    add_stock(RARE, "wh-sidoarjo", 1)
    body = an_order((RARE, 2))

    answers = at_once(shop, *[lambda: send_request(shop, "POST", "/orders", body)] * 2)

    assert sorted(answer.status for answer in answers) == [201, 409]
    assert [level(RARE, place)["available"] for place in ("wh-surabaya", "wh-sidoarjo")] == [0, 0]


@pytest.mark.parametrize("buyers", mark_cases([200, 10_000], lambda buyers: buyers == 200))
def test_of_many_buyers_of_one_unit_one_gets_it(shop: MemoryShop, buyers: int) -> None:
    """Like Saleor#543 with many buyers: ten requests at a time have read that one unit is left."""
    add_stock(RARE, "wh-surabaya", 1)
    body, answers, waiting = an_order((RARE, 1)), Counter[tuple[int, str]](), iter(range(buyers))

    def buy() -> None:
        if next(waiting, None) is not None:
            answer = send_request(shop, "POST", "/orders", body)
            answers[answer.status, answer.json.get("code", "")] += 1

    ready: list[str] = []

    def start_another(send: str) -> str:
        """Start another request before each commit, until ten are waiting to commit."""
        if send == "transact" and len(ready) < 10:
            ready.append(send)
            buy()
        return ""

    shop.memory.inject_fault = start_another
    try:
        for _ in range(buyers):
            buy()
    finally:
        shop.memory.inject_fault = lambda send: ""

    assert len(ready) == 10
    assert answers == {(201, ""): 1, (409, "out_of_stock"): buyers - 1}
    assert level(RARE) == {"on_hand": 1, "reserved": 0, "allocated": 1, "available": 0}


def test_one_of_two_salesmen_and_a_warehouse_gets_the_work(shop: MemoryShop) -> None:
    """Like Saleor#544, with three concurrent requests for one order's work."""
    offer, work = shop.sample.ids["an offer"], shop.sample.ids["ord_01KB"]
    parcel = send_ok(shop, "GET", f"/orders/{work}/routing", by=RATNA)["fulfillments"][0]["id"]

    answers = at_once(
        shop,
        lambda: send_request(shop, "POST", f"/offers/{offer}/claim", by=BUDI),
        lambda: send_request(shop, "POST", f"/offers/{offer}/claim", by=DEWI),
        lambda: send_request(shop, "POST", f"/fulfillments/{parcel}/accept", by=JOKO),
    )

    assert sorted(answer.status for answer in answers) == [200, 409, 409]


def test_a_key_used_twice_at_once_makes_one_order(shop: MemoryShop) -> None:
    """A double click; in django-oscar#4612 it used a coupon twice."""
    body, before = an_order((SOAP, 1)), level(SOAP)["allocated"] + level(SOAP, "wh-sidoarjo")["allocated"]

    def click() -> Any:
        return call("POST", "/api/orders", body, key="an-impatient-buyers-key")

    answers = at_once(shop, click, click)

    assert sorted(answer.status for answer in answers) == [200, 201]
    assert answers[0].json == answers[1].json
    assert level(SOAP)["allocated"] + level(SOAP, "wh-sidoarjo")["allocated"] == before + 1
