"""What is not in stock is promised for its day, kept for whoever waited longest when it comes, and then brought."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from chalicelib.fulfillment import fill as filling
from chalicelib.fulfillment.fill import fill_arrived
from chalicelib.fulfillment.store import load_case
from chalicelib.kit import clock, journal
from chalicelib.notify.exceptions import exceptions
from chalicelib.notify.scene import Scene
from chalicelib.notify.words import said
from chalicelib.stock import move
from chalicelib.stock.keep import Kept, keep_levels
from chalicelib.stock.model import OutOfStock
from chalicelib.stock.store import load_places
from infra.invariants.check import check
from tests.client import call
from tests.fulfillment.build import it_is_noon, parked
from tests.proof.day import BUDI, JOKO, LIA, MAYA, TRANSFER, Day
from tests.shop import CUP, RARE, TEAPOT, a_creditor, an_order, later, level, open_shop, put, token, who

FRIDAY, MONDAY = "2026-11-27", "2026-11-30"
LATER = {"backorder": True}
NOT_HERE = {"on_hand": 0, "reserved": 0, "allocated": 0, "available": 0}


@pytest.fixture
def day(aws: Any) -> Day:
    it_is_noon()
    open_shop(TEAPOT=3)
    return Day()


def expect(day: Day, quantity: int, on: str = FRIDAY, sku: str = TEAPOT, location: str = "wh-surabaya") -> Any:
    lines = [{"sku": sku, "quantity": quantity}]
    return day.done("POST", "/stock/expected", {"location": location, "on": on, "lines": lines, "reason": "PO 88"})


def comes(day: Day, quantity: int, sku: str = TEAPOT, location: str = "wh-surabaya") -> None:
    lines = [{"sku": sku, "quantity": quantity}]
    day.done("POST", "/stock/movements", {"kind": "receive", "location": location, "reason": "PO 88", "lines": lines})
    day.all_hear()


def coming(on: str = FRIDAY, sku: str = TEAPOT, location: str = "wh-surabaya") -> dict[str, int]:
    shelf = int(on.replace("-", ""))
    found = load_places([(sku, location, shelf)])[sku, location, shelf]
    names = ("on_hand", "expected", "reserved", "allocated", "available")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def works(day: Day, name: str) -> list[tuple[str, str, int]]:
    case = load_case(day.orders[name]["id"])
    return [(one.location, one.status, sum(piece.quantity for piece in one.pieces)) for one in case.works]


def status(day: Day, name: str) -> str:
    return load_case(day.orders[name]["id"]).order.fulfillment_status


def told(day: Day, name: str, party: str = "location#wh-surabaya") -> list[str]:
    inbox = day.done("GET", "/inbox", by=JOKO)["items"]
    return [each["kind"] for each in inbox if each.get("order") == day.orders[name]["id"]]


def all_is_well() -> None:
    report = check(boto3.client("dynamodb"), "test", quiet=True)
    assert report.holds, str(report)


def test_a_line_that_is_short_says_what_could_be_promised_for_which_day(day: Day) -> None:
    expect(day, 10)

    answer = call("POST", "/api/orders", an_order((TEAPOT, 5)), key="a-key-that-nobody-used")

    assert answer.status == 409
    assert answer.json["short"] == [
        {"sku": TEAPOT, "wanted": 5, "available": 3, "expected": [{"on": FRIDAY, "quantity": 10}]}
    ]
    assert (level(TEAPOT)["available"], coming()) == (3, {"expected": 10, "available": 10})


def test_who_agrees_is_promised_the_rest_for_its_day_and_what_is_there_goes_at_once(day: Day) -> None:
    expect(day, 10)

    order = day.order("late", (TEAPOT, 5), **LATER)

    assert order["lines"][0]["later"] == [{"quantity": 2, "on": FRIDAY}]
    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 3, "available": 0}
    assert coming() == {"expected": 10, "allocated": 2, "available": 8}
    assert works(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "awaiting", 2)]
    assert status(day, "late") == "assigned"
    all_is_well()


def test_the_shop_shows_live_units_and_the_day_of_the_next_ones(day: Day) -> None:
    expect(day, 10)
    expect(day, 4, MONDAY, location="wh-sidoarjo")
    day.order("late", (TEAPOT, 5), **LATER)

    (found,) = day.done("GET", "/stock", query=f"?sku={TEAPOT}", by="")["items"]

    assert found["available"] == 0
    assert found["expected"] == [{"on": FRIDAY, "quantity": 8}, {"on": MONDAY, "quantity": 4}]


def test_never_more_is_promised_than_is_expected_and_a_refusal_moves_nothing(day: Day) -> None:
    expect(day, 2)

    answer = call("POST", "/api/orders", an_order((TEAPOT, 6), **LATER), key="a-key-that-nobody-used")

    assert answer.status == 409
    assert answer.json["short"][0]["expected"] == [{"on": FRIDAY, "quantity": 2}]
    assert (level(TEAPOT)["available"], coming()) == (3, {"expected": 2, "available": 2})


def test_the_earliest_day_is_promised_first_and_a_day_that_is_over_not_at_all(day: Day) -> None:
    expect(day, 2)
    expect(day, 5, MONDAY)

    order = day.order("late", (TEAPOT, 7), **LATER)
    later(6 * 24 * 60)
    refused = call("POST", "/api/orders", an_order((TEAPOT, 1)), key="a-key-that-nobody-used")

    assert order["lines"][0]["later"] == [{"quantity": 2, "on": FRIDAY}, {"quantity": 2, "on": MONDAY}]
    assert refused.json["short"][0]["expected"] == [{"on": MONDAY, "quantity": 3}]


def test_what_comes_is_kept_for_orders_the_longest_waiting_first_and_only_the_rest_is_sold(day: Day) -> None:
    expect(day, 10)
    day.order("first", (TEAPOT, 5), **LATER)
    later(1)
    day.order("second", (TEAPOT, 4), **LATER)

    comes(day, 5)

    assert works(day, "first") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    assert works(day, "second") == [("wh-surabaya", "awaiting", 4)]
    assert coming() == {"on_hand": 3, "expected": 5, "allocated": 4, "available": 4}
    comes(day, 5)
    assert works(day, "second") == [("wh-surabaya", "assigned", 4)]
    assert level(TEAPOT) == {"on_hand": 13, "reserved": 0, "allocated": 9, "available": 4}
    assert coming() == {}
    all_is_well()


def test_between_arrival_and_its_news_nobody_else_can_buy_what_is_kept(day: Day) -> None:
    expect(day, 2)
    day.order("late", (TEAPOT, 5), **LATER)
    lines = [{"sku": TEAPOT, "quantity": 2}]
    day.done(
        "POST", "/stock/movements", {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": lines}
    )

    answer = call("POST", "/api/orders", an_order((TEAPOT, 1), **LATER), key="a-key-that-nobody-used")

    assert answer.status == 409
    assert coming() == {"on_hand": 2, "allocated": 2}
    day.all_hear()
    all_is_well()


def test_two_deliveries_at_once_are_both_counted_and_expected_once(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by seed 20090: both had read that two were still on their way."""
    expect(day, 2)
    day.order("late", (TEAPOT, 4), **LATER)
    reads = move.load_expected

    def another_comes_in_between(firsts: Any) -> Any:
        found = reads(firsts)
        monkeypatch.setattr(move, "load_expected", reads)
        comes(day, 2)
        return found

    monkeypatch.setattr(move, "load_expected", another_comes_in_between)
    comes(day, 2)

    assert coming() == {}
    assert level(TEAPOT) == {"on_hand": 7, "reserved": 0, "allocated": 4, "available": 3}
    all_is_well()


def test_the_warehouse_hears_of_it_when_it_can_begin_and_then_brings_it(day: Day) -> None:
    expect(day, 2)
    day.order("late", (TEAPOT, 5), **LATER)
    assert told(day, "late") == ["yours_now"]
    refused = call(
        "POST", f"/api/fulfillments/{load_case(day.orders['late']['id']).works[1].id}/accept", token=token(JOKO)
    )

    comes(day, 2)
    for work in (0, 1):
        day.step("late", "accept", "pick", "ready", "dispatch", "deliver", by=JOKO, work=work)

    assert (refused.status, refused.json["code"]) == (409, "cannot_move")
    assert told(day, "late") == ["yours_now", "yours_now"]
    assert status(day, "late") == "delivered"
    assert level(TEAPOT) == NOT_HERE
    all_is_well()


def test_part_of_it_may_have_left_while_the_rest_is_waited_for(day: Day) -> None:
    expect(day, 2)
    day.order("late", (TEAPOT, 5), **LATER)

    day.step("late", "accept", "pick", "ready", "dispatch", "deliver", by=JOKO, work=0)

    assert status(day, "late") == "partly_shipped"
    comes(day, 2)
    assert status(day, "late") == "partly_shipped"
    day.step("late", "accept", "pick", "ready", "dispatch", "deliver", by=JOKO, work=1)
    assert status(day, "late") == "delivered"
    all_is_well()


def test_a_salesman_nearby_who_carries_it_all_brings_it_now_and_the_promise_is_free_again(day: Day) -> None:
    expect(day, 4)
    put(TEAPOT, "van-budi", 5)
    parked(BUDI)
    day.order("late", (TEAPOT, 5), **LATER)

    day.claim("late", BUDI)

    assert works(day, "late")[2] == ("van-budi", "accepted", 5)
    assert [status for _, status, _ in works(day, "late")[:2]] == ["cancelled", "cancelled"]
    assert (level(TEAPOT)["available"], coming()) == (3, {"expected": 4, "available": 4})
    all_is_well()


def test_a_cancelled_order_gives_its_place_to_the_next(day: Day) -> None:
    expect(day, 2)
    first = day.order("first", (TEAPOT, 5), **LATER)
    day.done("POST", f"/orders/{first['id']}/cancel", {"reason": "too long"})
    day.all_hear()

    day.order("second", (TEAPOT, 5), **LATER)
    comes(day, 2)

    assert [status for _, status, _ in works(day, "first")] == ["cancelled", "cancelled"]
    assert works(day, "second") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    all_is_well()


def test_what_came_for_an_order_that_ends_can_be_sold_by_anyone(day: Day) -> None:
    expect(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **LATER)
    comes(day, 2, RARE)
    assert coming(sku=RARE) == {"on_hand": 2, "reserved": 2}

    later(24 * 60 + 1)
    day.minute()

    assert level(RARE) == {"on_hand": 2, "reserved": 0, "allocated": 0, "available": 2}
    assert coming(sku=RARE) == {}
    all_is_well()


def test_who_has_not_paid_waits_on_and_gets_his_goods_with_the_money(day: Day) -> None:
    expect(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **LATER)
    comes(day, 2, RARE)
    assert works(day, "late") == [("wh-surabaya", "awaiting", 2)]

    day.done("POST", f"/payments/{day.payment('late')}/confirm", by=MAYA)
    day.all_hear()

    assert works(day, "late") == [("wh-surabaya", "assigned", 2)]
    assert level(RARE) == {"on_hand": 2, "reserved": 0, "allocated": 2, "available": 0}
    all_is_well()


def test_a_promise_whose_payer_let_it_lapse_is_the_next_buyers_though_no_clock_came(day: Day) -> None:
    expect(day, 2, sku=RARE)
    day.order("slow", (RARE, 2), payments=TRANSFER, **LATER)
    later(24 * 60 + 1)

    day.order("quick", (RARE, 2), **LATER)

    assert works(day, "quick") == [("wh-surabaya", "awaiting", 2)]
    answer = call("POST", f"/api/payments/{day.payment('slow')}/confirm", token=token(MAYA))
    day.all_hear()
    assert answer.status == 200
    assert status(day, "slow") == "cancelled"
    assert coming(sku=RARE) == {"expected": 2, "allocated": 2}
    all_is_well()


def test_goods_from_another_house_serve_those_who_wait_as_well(day: Day) -> None:
    expect(day, 2)
    day.order("late", (TEAPOT, 5), **LATER)
    put(TEAPOT, "store-tunjungan", 4)
    load = {"source": "store-tunjungan", "destination": "wh-surabaya", "lines": [{"sku": TEAPOT, "quantity": 4}]}
    sent = day.done("POST", "/stock/transfers", load)

    day.done("POST", f"/stock/transfers/{sent['id']}/receive", {}, by=JOKO)
    day.all_hear()

    assert works(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    assert level(TEAPOT) == {"on_hand": 7, "reserved": 0, "allocated": 5, "available": 2}
    assert coming() == {"expected": 2, "available": 2}
    all_is_well()


def test_an_order_for_two_goods_waits_for_both_and_keeps_what_came_from_those_behind_it(day: Day) -> None:
    expect(day, 1, sku=RARE)
    expect(day, 2, sku=CUP)
    day.order("both", (RARE, 1), (CUP, 1), **LATER)
    later(1)
    day.order("one", (CUP, 1), **LATER)

    comes(day, 1, CUP)
    assert (works(day, "both"), works(day, "one")) == (
        [("wh-surabaya", "awaiting", 2)],
        [("wh-surabaya", "awaiting", 1)],
    )
    comes(day, 1, RARE)

    assert works(day, "both") == [("wh-surabaya", "assigned", 2)]
    comes(day, 1, CUP)
    assert works(day, "one") == [("wh-surabaya", "assigned", 1)]
    all_is_well()


def test_an_order_that_is_not_paid_keeps_nothing_from_a_paid_one_behind_it(day: Day) -> None:
    """Found by seed 23431: it waited for two goods, and one of them had come."""
    expect(day, 4, sku=RARE)
    expect(day, 2, sku=CUP)
    day.order("both", (RARE, 1), (CUP, 1), payments=TRANSFER, **LATER)
    later(1)
    day.order("one", (CUP, 1), **LATER)

    comes(day, 1, CUP)

    assert works(day, "one") == [("wh-surabaya", "assigned", 1)]
    assert coming(sku=CUP) == {"expected": 1, "reserved": 1}
    all_is_well()


def test_counting_sees_what_came_and_waits_for_its_order(day: Day) -> None:
    expect(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **LATER)
    comes(day, 3, RARE)

    counted = {"location": "wh-surabaya", "lines": [{"sku": RARE, "counted": 3}], "reason": "month end"}
    answer = day.done("POST", "/stock/counts", counted, by=JOKO)
    levels = day.done("GET", "/stock/locations/wh-surabaya", by=JOKO)["items"]

    assert answer["counted"] == [{"sku": RARE, "expected": 3, "counted": 3, "variance": 0}]
    (found,) = [each for each in levels if each["sku"] == RARE]
    assert (found["on_hand"], found["available"]) == (3, 1)
    assert found["expected"] == [{"on": FRIDAY, "quantity": 0, "promised": 2}]
    all_is_well()


def test_levels_kept_from_elsewhere_cannot_take_what_waits_for_its_order(day: Day) -> None:
    expect(day, 2, sku=RARE)
    day.order("late", (RARE, 2), payments=TRANSFER, **LATER)
    comes(day, 3, RARE)

    with pytest.raises(OutOfStock):
        keep_levels(who("owner-ratna"), "wh-surabaya", [Kept(RARE, 1)])
    assert (level(RARE)["on_hand"], coming(sku=RARE)) == (1, {"on_hand": 2, "reserved": 2})

    assert keep_levels(who("owner-ratna"), "wh-surabaya", [Kept(RARE, 3)]) == 0
    assert keep_levels(who("owner-ratna"), "wh-surabaya", [Kept(RARE, 2)]) == 1
    assert (level(RARE)["on_hand"], coming(sku=RARE)) == (0, {"on_hand": 2, "reserved": 2})
    all_is_well()


def test_fewer_can_be_expected_but_never_fewer_than_are_promised(day: Day) -> None:
    expect(day, 10)
    day.order("late", (TEAPOT, 5), **LATER)
    fewer = {"location": "wh-surabaya", "on": FRIDAY, "lines": [{"sku": TEAPOT, "quantity": 1}], "reason": "PO 88"}

    refused = call("POST", "/api/stock/expected", fewer, token=token(JOKO), key="a-key-that-nobody-used")
    expect(day, 2)

    assert (refused.status, refused.json["code"]) == (409, "promised_ahead")
    assert "2 units" in refused.json["detail"]
    assert coming() == {"expected": 2, "allocated": 2}
    all_is_well()


def test_goods_are_expected_today_or_later(day: Day) -> None:
    over = {"location": "wh-surabaya", "on": "2026-11-21", "lines": [{"sku": TEAPOT, "quantity": 1}], "reason": "PO 88"}

    refused = call("POST", "/api/stock/expected", over, token=token(JOKO), key="a-key-that-nobody-used")

    assert (refused.status, refused.json["code"]) == (422, "day_is_over")


def test_saying_twice_what_is_expected_changes_nothing(day: Day) -> None:
    expect(day, 10)

    assert expect(day, 10)["movements"] == []
    assert coming() == {"expected": 10, "available": 10}


def test_nothing_that_is_not_there_is_handed_over(day: Day) -> None:
    expect(day, 10, location="store-tunjungan")
    body = an_order((TEAPOT, 1), channel="pos", payments=[{"method": "cash"}], delivery={"method": "handover"}, **LATER)
    day.done("POST", "/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, by="cashier-sinta")

    refused = call("POST", "/api/orders", body, token=token("cashier-sinta"), key="a-key-that-nobody-used")

    assert (refused.status, refused.json["code"]) == (409, "out_of_stock")
    assert coming(location="store-tunjungan") == {"expected": 10, "available": 10}


def test_goods_that_were_never_there_can_be_sold_ahead_on_credit_and_a_draft_keeps_the_consent(day: Day) -> None:
    a_creditor(5_000_000)
    expect(day, 10, sku=CUP)
    body = an_order((CUP, 4), channel="phone", payments=[{"method": "credit"}], customer={"id": "cus_makmur"}, **LATER)
    made = day.done("POST", "/drafts", body, by=LIA)

    order = day.done("POST", f"/drafts/{made['id']}/submit", by=LIA)
    day.all_hear()

    assert order["lines"][0]["later"] == [{"quantity": 4, "on": FRIDAY}]
    assert coming(sku=CUP) == {"expected": 10, "allocated": 4, "available": 6}
    all_is_well()


def test_the_clock_fills_what_the_news_came_too_early_for(day: Day) -> None:
    expect(day, 2)
    order = an_order((TEAPOT, 5), **LATER)
    day.orders["late"] = day.done("POST", "/orders", order, by="")
    lines = [{"sku": TEAPOT, "quantity": 2}]
    moved = {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": lines}
    day.done("POST", "/stock/movements", moved)
    assert fill_arrived() == 0

    day.all_hear()

    assert works(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]
    assert (fill_arrived(), fill_arrived()) == (0, 0)
    all_is_well()


def test_an_order_heard_of_after_its_goods_came_needs_no_list(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by full seed 1439: the list of those who wait lags behind."""
    expect(day, 2)
    day.orders["late"] = day.done("POST", "/orders", an_order((TEAPOT, 5), **LATER), by="")
    lines = [{"sku": TEAPOT, "quantity": 2}]
    moved = {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": lines}
    day.done("POST", "/stock/movements", moved)
    monkeypatch.setattr(filling, "awaiting_work", lambda location: iter(()))

    day.all_hear()

    assert works(day, "late") == [("wh-surabaya", "assigned", 3), ("wh-surabaya", "assigned", 2)]


def test_a_cart_is_told_what_could_come_later(day: Day) -> None:
    expect(day, 10)

    quoted = day.done("POST", "/quotes", {"channel": "web", "lines": [{"sku": TEAPOT, "quantity": 5}]}, by="")

    assert quoted["short"] == [
        {"sku": TEAPOT, "wanted": 5, "available": 3, "expected": [{"on": FRIDAY, "quantity": 10}]}
    ]


def test_the_customer_is_told_the_day_and_the_warehouse_sees_what_it_waits_for(day: Day) -> None:
    expect(day, 1)
    expect(day, 5, MONDAY)

    order = day.order("late", (TEAPOT, 5), **LATER)
    (waits, other) = day.done("GET", "/fulfillments", by=JOKO, query="?of=awaiting")["items"]
    (begins,) = day.done("GET", "/fulfillments", by=JOKO)["items"]

    told = said("placed", "id", Scene(told_of(order["id"], "OrderPlaced")).order_facts())[1]
    assert "Yang belum ada datang 27/11-30/11." in told
    assert [(each["status"], each["expected_on"]) for each in (waits, other)] == [
        ("awaiting", FRIDAY),
        ("awaiting", MONDAY),
    ]
    assert (begins["status"], "expected_on" in begins) == ("assigned", False)


def test_the_owner_sees_promises_whose_day_is_over(day: Day) -> None:
    expect(day, 2)
    order = day.order("late", (TEAPOT, 5), **LATER)
    later(5 * 24 * 60)
    on_time = [each for each in exceptions(clock.now()) if each["kind"] == "late_goods"]

    later(24 * 60)
    (found,) = [each for each in exceptions(clock.now()) if each["kind"] == "late_goods"]

    assert on_time == []
    assert (found["order"], found["on"], found["location"]) == (order["id"], FRIDAY, "wh-surabaya")
    assert found["action"] == {"method": "POST", "path": f"/orders/{order['id']}/cancel"}


def told_of(order_id: str, kind: str) -> journal.Told:
    entries = journal.history(f"order#{order_id}")
    return journal.heard(journal.told(next(entry for entry in entries if entry.kind == kind)))
