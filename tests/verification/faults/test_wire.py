"""Faults in real DynamoDB requests while an order is placed: one order is created, and retries get the same answer."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.kit import db
from infra.local.server import HttpResponse
from tests.client import call
from tests.conftest import clear_caches
from tests.shop import CUP, TEAPOT, add_stock, level, open_shop, token
from tests.verification.faults import wire
from tests.verification.faults.build import (
    ALL_HOLDS,
    audit,
    counter_sale,
    list_orders,
    load_all_rows,
    open_shift,
    pad_key,
    place_order,
)
from tests.verification.faults.processes import FORK, reset_after_fork
from tests.verification.faults.wire import WRITES, Wire, inject

pytestmark = pytest.mark.ministack
PAUSE = db.pause  # that of production, which the fixtures of other tests replace
ALLOCATED_ONCE = {"on_hand": 9, "reserved": 0, "allocated": 2, "available": 7}
UNTOUCHED = {"on_hand": 9, "reserved": 0, "allocated": 0, "available": 9}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list that collects the pauses before retries, in seconds, instead of waiting."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(db, "pause", PAUSE)
    return pauses


@pytest.fixture
def shop(ministack: Any, waits: list[float]) -> None:
    """Open the shop and place an order, which fills the caches."""
    open_shop(TEAPOT=9, CUP=1)
    assert place_order("the-first-of-all", (CUP, 1)).status == 201


def place_test_order() -> HttpResponse:
    return place_order("the-order-of-this-test", (TEAPOT, 2))


def sell_at_counter(key: str) -> HttpResponse:
    body = counter_sale((CUP, 1))
    return call("POST", "/api/orders", body, key=pad_key(key), token=token("cashier-sinta"))


def assert_only_order(answer: HttpResponse) -> None:
    placed = [row.pk for row in list_orders() if row.total_minor == 250_000]
    assert placed == [answer.json["id"]]
    assert level(TEAPOT) == ALLOCATED_ONCE
    assert audit() == ALL_HOLDS


def test_placing_sends_one_read_and_one_transaction(shop: None) -> None:
    with inject(Wire()) as counted:
        answer = place_test_order()

    assert answer.status == 201
    assert counted.sent == ["BatchGetItem", WRITES]


@pytest.mark.parametrize("fault", [wire.lose_the_reply, wire.send_twice])
def test_a_cold_counter_survives_a_fault_at_each_send(shop: None, fault: wire.Fault) -> None:
    add_stock(CUP, "store-tunjungan", 50)
    open_shift("cashier-sinta")
    clear_caches()
    with inject(Wire()) as counted:
        assert sell_at_counter("counter-sale-warm-up").status == 201

    for number in range(len(counted.sent)):
        clear_caches()
        with inject(Wire(fault, lambda at, _, number=number: at == number)):
            answer = sell_at_counter(f"counter-sale-{number}")
        again = sell_at_counter(f"counter-sale-{number}")

        assert (answer.status, again.status) == (201, 200)
        assert again.body == answer.body

    assert level(CUP, "store-tunjungan")["on_hand"] == 50 - len(counted.sent) - 1
    shift = call("GET", "/api/shifts/mine", token=token("cashier-sinta")).json
    assert shift["expected"]["amount"] == 100_000 + 12_500 * (len(counted.sent) + 1)
    assert audit() == ALL_HOLDS


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("fault", [wire.lose_the_reply, wire.lose_the_request, wire.send_twice, wire.respond_500])
def test_a_fault_at_one_send_is_retried_invisibly(shop: None, fault: wire.Fault, number: int) -> None:
    with inject(Wire(fault, lambda at, _: at == number)) as counted:
        answer = place_test_order()
    again = place_test_order()

    assert counted.sent[:2] in (["BatchGetItem", WRITES], ["BatchGetItem", "BatchGetItem"])
    assert (answer.status, again.status) == (201, 200)
    assert again.body == answer.body
    assert_only_order(answer)


def test_throttling_at_one_send_is_retried(shop: None) -> None:
    with inject(Wire(wire.throttle, lambda at, _: at in (0, 2))) as counted:
        answer = place_test_order()

    assert answer.status == 201
    assert counted.sent == ["BatchGetItem", "BatchGetItem", WRITES, WRITES]
    assert_only_order(answer)


def test_a_retry_gets_the_answer_whose_reply_was_lost(shop: None) -> None:
    with inject(Wire(wire.lose_the_reply, lambda _, name: name == WRITES)) as counted:
        lost = place_test_order()
    again, third = place_test_order(), place_test_order()

    assert set(counted.sent[1:]) == {WRITES}
    assert (lost.status, lost.json["code"], lost.headers["Retry-After"]) == (503, "unavailable", "1")
    assert again.status == 200
    assert again.body == third.body
    assert_only_order(again)


@pytest.mark.parametrize("name", ["BatchGetItem", WRITES])
@pytest.mark.parametrize("fault", [wire.lose_the_request, wire.respond_500, wire.throttle])
def test_unavailable_tables_answer_503_and_change_nothing(shop: None, fault: wire.Fault, name: str) -> None:
    before = load_all_rows()
    with inject(Wire(fault, lambda _, sent: sent == name)) as counted:
        refused = place_test_order()

    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert counted.sent.count(name) == 3
    assert load_all_rows() == before
    assert place_test_order().status == 201


def test_waiting_for_busy_tables_takes_three_seconds_at_most(shop: None, waits: list[float]) -> None:
    """API Gateway times out after 29 seconds, and shoppers give up earlier."""
    longest = 0.0
    for turn in range(20):
        waits.clear()
        with inject(Wire(wire.throttle)):
            assert place_order(f"turn-{turn}", (TEAPOT, 1)).status == 503
        longest = max(longest, sum(waits))

    assert 0 < longest <= 3


def test_a_read_without_a_response_changes_nothing(shop: None) -> None:
    before = load_all_rows()
    with inject(Wire(wire.lose_the_reply, lambda _, name: name == "BatchGetItem")):
        refused = place_test_order()

    assert refused.status == 503
    assert load_all_rows() == before


@pytest.mark.parametrize("conflicts", [1, 5])
def test_a_transaction_conflict_is_retried(shop: None, conflicts: int) -> None:
    with inject(Wire(wire.conflict, lambda at, _: 1 <= at <= conflicts)) as counted:
        answer = place_test_order()

    assert answer.status == 201
    assert counted.sent == ["BatchGetItem", *[WRITES] * (conflicts + 1)]
    assert_only_order(answer)


def test_after_six_conflicts_the_answer_is_503_and_nothing_changed(shop: None) -> None:
    before = load_all_rows()
    with inject(Wire(wire.conflict, lambda _, name: name == WRITES)) as counted:
        refused = place_test_order()

    assert (refused.status, refused.json["code"], refused.headers["Retry-After"]) == (503, "unavailable", "1")
    assert counted.sent == ["BatchGetItem", *[WRITES] * 6]
    assert level(TEAPOT) == UNTOUCHED
    assert load_all_rows() == before


@pytest.mark.parametrize("name", ["BatchGetItem", WRITES])
@pytest.mark.parametrize("fault", [wire.kill_before_send, wire.kill_after_send])
def test_a_process_killed_at_any_send_leaves_all_of_an_order_or_nothing(
    shop: None, fault: wire.Fault, name: str
) -> None:
    before = load_all_rows()
    process = FORK.Process(target=_place_order_with_fault, args=(fault, name))
    process.start()
    process.join(60)
    rows_after = load_all_rows()
    answer, again = place_test_order(), place_test_order()

    assert process.exitcode == -9
    committed = fault is wire.kill_after_send and name == WRITES
    assert (rows_after == before) is not committed
    assert answer.status == (200 if committed else 201)
    assert again.body == answer.body
    assert_only_order(answer)


def _place_order_with_fault(fault: wire.Fault, name: str) -> None:
    reset_after_fork()
    with inject(Wire(fault, lambda _, sent: sent == name)):
        place_test_order()
