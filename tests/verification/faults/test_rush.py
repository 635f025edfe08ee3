"""More buyers than units, from several processes at once: every unit is sold once, and the others are refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.stock.store import load_levels
from infra.local.server import HttpResponse
from tests.client import call
from tests.shop import CUP, RARE, TEAPOT, a_credit_customer, add_stock, advance_clock, level, open_shop, token
from tests.verification.faults.build import (
    ALL_HOLDS,
    CREDIT,
    TRANSFER,
    audit,
    audit_commits,
    count_answers,
    list_orders,
    place_order,
)
from tests.verification.faults.processes import run_at_once, run_distributed
from tests.verification.sampling import mark_cases

pytestmark = pytest.mark.ministack
PROCESSES = 8


def a_buyer(number: int, sku: str, *quantities: int) -> Callable[[], HttpResponse]:
    """Return a task that places an order in one of four channels, with one line for each quantity."""
    lines = [(sku, quantity) for quantity in quantities]
    customer = {"name": f"Pembeli {number}", "phone": f"0812{number:08}"}
    fields, by = [
        ({"channel": "web"}, ""),
        ({"channel": "phone"}, "agent-lia"),
        ({"channel": "social", "payments": TRANSFER}, "agent-lia"),
        ({"channel": "marketplace", "ref": f"TOKOKU-{number}", "payments": TRANSFER}, "channel-tokoku"),
    ][number % 4]
    return lambda: place_order(f"buyer-{number}", *lines, by=by, customer=customer, **fields)


def promised_units(sku: str) -> int:
    """Return the units allocated to all orders."""
    return sum(
        allocation["quantity"]
        for row in list_orders()
        for allocation in call("GET", f"/api/orders/{row.pk}", token=token("owner-ratna")).json["allocations"]
        if allocation["sku"] == sku
    )


def available_units(sku: str) -> list[int]:
    """Return the available units of each shard of both warehouses."""
    return [shard.available for shard in load_levels([(sku, "wh-surabaya"), (sku, "wh-sidoarjo")])]


@pytest.mark.parametrize("units", mark_cases([15, 100], lambda units: units == 15))
def test_four_times_as_many_buyers_from_four_channels_buy_exactly_the_units_there_are(
    ministack: Any, units: int
) -> None:
    open_shop(CUP=units)

    answers = run_distributed([a_buyer(number, CUP, 1) for number in range(4 * units)], PROCESSES)

    assert count_answers(answers) == {(201, ""): units, (409, "out_of_stock"): 3 * units}
    assert len(list_orders()) == units
    stock = level(CUP)
    assert stock["reserved"] + stock["allocated"] == stock["on_hand"] == units
    assert stock["available"] == 0
    assert audit() == ALL_HOLDS


@pytest.mark.verify
def test_carts_with_two_lines_of_one_sku_are_promised_whole_or_not_at_all(ministack: Any) -> None:
    open_shop(CUP=100)

    answers = run_distributed([a_buyer(number, CUP, 1, 2) for number in range(60)], PROCESSES)

    assert count_answers(answers) == {(201, ""): 33, (409, "out_of_stock"): 27}
    assert available_units(CUP) == [1]
    assert promised_units(CUP) == 99
    assert audit() == ALL_HOLDS


@pytest.mark.verify
def test_the_last_units_are_sold_from_every_shard_of_every_warehouse(ministack: Any) -> None:
    open_shop(CUP=40)
    add_stock(CUP, "wh-sidoarjo", 7)
    body = {"location": "wh-surabaya", "sku": CUP, "shelves": 4, "reason": "sale tomorrow"}
    resharded = call("POST", "/api/stock/shelves", body, key="reshard-the-cups", token=token("owner-ratna"))

    answers = run_distributed([a_buyer(number, CUP, 1) for number in range(80)], PROCESSES)

    assert resharded.status < 300, resharded.text
    assert count_answers(answers) == {(201, ""): 47, (409, "out_of_stock"): 33}
    assert available_units(CUP) == [0, 0, 0, 0, 0]
    assert audit() == ALL_HOLDS


def test_the_same_key_posted_ten_times_at_once_is_one_order_with_ten_equal_answers(ministack: Any) -> None:
    open_shop(TEAPOT=50)

    answers = run_at_once([lambda: place_order("one-key-for-all-of-us", (TEAPOT, 3))] * 10)

    assert {answer.status for answer in answers} <= {200, 201}
    assert [answer.status for answer in answers].count(201) == 1
    assert len({answer.body for answer in answers}) == 1
    assert [row.pk for row in list_orders()] == [answers[0].json["id"]]
    assert level(TEAPOT) == {"on_hand": 50, "reserved": 0, "allocated": 3, "available": 47}
    assert audit() == ALL_HOLDS


@pytest.mark.verify
def test_ten_requests_with_one_key_for_the_last_unit_all_succeed(ministack: Any) -> None:
    open_shop(RARE=1)

    answers = run_at_once([lambda: place_order("one-key-for-the-last", (RARE, 1))] * 10)

    assert {answer.status for answer in answers} <= {200, 201}
    assert len({answer.body for answer in answers}) == 1
    assert level(RARE) == {"on_hand": 1, "reserved": 0, "allocated": 1, "available": 0}


def test_units_of_an_expired_hold_go_to_one_of_two_buyers_before_the_sweep(ministack: Any) -> None:
    open_shop(RARE=1)
    waiting = place_order("never-paid", (RARE, 1), payments=TRANSFER)
    advance_clock(24 * 60 + 1)

    answers = run_at_once([a_buyer(number, RARE, 1) for number in (0, 1)])

    assert waiting.status == 201
    assert count_answers(answers) == {(201, ""): 1, (409, "out_of_stock"): 1}
    assert level(RARE) == {"on_hand": 1, "reserved": 0, "allocated": 1, "available": 0}


@pytest.mark.verify
def test_a_late_payment_and_a_new_buyer_never_both_get_the_unit_of_an_ended_hold(ministack: Any) -> None:
    open_shop(RARE=5)
    chance = random.Random(5)
    for turn in range(5):
        waiting = place_order(f"late-payer-{turn}", (RARE, 5), payments=TRANSFER).json
        advance_clock(24 * 60 + 1)
        pay = f"/api/payments/{waiting['payments'][0]['id']}/confirm"
        tasks = [
            lambda pay=pay: call("POST", pay, token=token("finance-maya")),
            lambda turn=turn: place_order(f"new-buyer-{turn}", (RARE, 5)),
        ]
        chance.shuffle(tasks)

        answers = run_at_once(tasks)

        paid = call("GET", f"/api/orders/{waiting['id']}", token=token("owner-ratna")).json
        bought = [answer for answer in answers if answer.status == 201]
        assert len(bought) == (0 if paid["status"] == "placed" else 1), count_answers(answers)
        assert level(RARE) == {"on_hand": 5, "reserved": 0, "allocated": 5, "available": 0}
        assert audit_commits() == []  # events of earlier days are not delivered here
        won = bought[0].json["id"] if bought else waiting["id"]
        ended = call("POST", f"/api/orders/{won}/cancel", {"reason": "next turn"}, token=token("owner-ratna"))
        assert ended.status == 200, ended.text


def test_two_orders_on_credit_of_150_against_200_left_are_one(ministack: Any) -> None:
    open_shop(CUP=400)  # goods for both: only the credit is short
    customer = a_credit_customer(limit=200 * 12_500)
    tasks = [
        lambda turn=turn: place_order(
            f"on-credit-{turn}",
            (CUP, 150),
            by="agent-lia",
            channel="phone",
            customer={"id": customer},
            payments=CREDIT,
        )
        for turn in range(2)
    ]

    answers = run_at_once(tasks)

    assert count_answers(answers) == {(201, ""): 1, (402, "credit_limit_reached"): 1}
    card = call("GET", f"/api/customers/{customer}", token=token("owner-ratna")).json
    assert card["credit_left"]["amount"] == 50 * 12_500
    assert level(CUP)["available"] == 250
    assert audit() == ALL_HOLDS


def test_a_coupon_for_five_is_used_by_exactly_five_of_thirty(ministack: Any) -> None:
    open_shop(CUP=500)
    saved = call("PUT", "/api/promotions", COUPON_FOR_FIVE, token=token("owner-ratna"))
    tasks = [lambda n=n: place_order(f"coupon-{n}", (CUP, 1), coupons=["LIMA"]) for n in range(30)]

    answers = run_distributed(tasks, PROCESSES)

    assert saved.status < 300, saved.text
    assert count_answers(answers) == {(201, ""): 5, (409, "coupon_spent"): 25}
    assert level(CUP)["allocated"] == 5
    assert audit() == ALL_HOLDS


COUPON_FOR_FIVE = {
    "id": "lima",
    "name": "Lima",
    "kind": "percent",
    "rate": "0.10",
    "starts_at": "2026-01-01T00:00:00Z",
    "terms": {"id": "Lima kali.", "en": "Five times."},
    "coupon": {"code": "LIMA", "cap": 5},
}
