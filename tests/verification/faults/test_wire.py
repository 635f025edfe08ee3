"""Whatever becomes of a request or its reply between us and the tables: one order, and the retry hears the same."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.kit import db
from infra.local.server import Answered
from tests.client import call
from tests.conftest import forget
from tests.shop import CUP, TEAPOT, level, open_shop, put, token
from tests.verification.faults import wire
from tests.verification.faults.build import (
    ALL_WELL,
    at_the_counter,
    audit,
    everything,
    open_a_shift,
    orders,
    padded,
    place,
)
from tests.verification.faults.crowd import FORK, on_own_feet
from tests.verification.faults.wire import WRITES, Wire, watched

pytestmark = pytest.mark.ministack
PAUSE = db.pause  # as production waits; other tests do not
ONCE_PROMISED = {"on_hand": 9, "reserved": 0, "allocated": 2, "available": 7}
UNTOUCHED = {"on_hand": 9, "reserved": 0, "allocated": 0, "available": 9}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it would have been waited before each next try; nobody really does."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(db, "pause", PAUSE)
    return waited


@pytest.fixture
def shop(ministack: Any, waits: list[float]) -> None:
    """Open, with everything read once that is kept for a minute."""
    open_shop(TEAPOT=9, CUP=1)
    assert place("the-first-of-all", (CUP, 1)).status == 201


def an_order() -> Answered:
    return place("the-order-of-this-test", (TEAPOT, 2))


def sold(key: str) -> Answered:
    said = at_the_counter((CUP, 1))
    return call("POST", "/api/orders", said, key=padded(key), token=token("cashier-sinta"))


def is_the_only_one(told: Answered) -> None:
    placed = [row.pk for row in orders() if row.total_minor == 250_000]
    assert placed == [told.json["id"]]
    assert level(TEAPOT) == ONCE_PROMISED
    assert audit() == ALL_WELL


def test_placing_sends_one_read_and_one_transaction(shop: None) -> None:
    with watched(Wire()) as counted:
        told = an_order()

    assert told.status == 201
    assert counted.sent == ["BatchGetItem", WRITES]


@pytest.mark.parametrize("fault", [wire.lose_the_reply, wire.send_twice])
def test_a_counter_that_just_woke_up_survives_a_fault_at_each_of_its_sends(shop: None, fault: wire.Fault) -> None:
    put(CUP, "store-tunjungan", 50)
    open_a_shift("cashier-sinta")
    forget()
    with watched(Wire()) as counted:
        assert sold("counter-sale-warm-up").status == 201

    for number in range(len(counted.sent)):
        forget()
        with watched(Wire(fault, lambda at, _, number=number: at == number)):
            told = sold(f"counter-sale-{number}")
        again = sold(f"counter-sale-{number}")

        assert (told.status, again.status) == (201, 200)
        assert again.body == told.body

    assert level(CUP, "store-tunjungan")["on_hand"] == 50 - len(counted.sent) - 1
    shift = call("GET", "/api/shifts/mine", token=token("cashier-sinta")).json
    assert shift["expected"]["amount"] == 100_000 + 12_500 * (len(counted.sent) + 1)
    assert audit() == ALL_WELL


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("fault", [wire.lose_the_reply, wire.lose_the_request, wire.send_twice, wire.break_down])
def test_a_fault_at_one_send_is_not_even_noticed(shop: None, fault: wire.Fault, number: int) -> None:
    with watched(Wire(fault, lambda at, _: at == number)) as counted:
        told = an_order()
    again = an_order()

    assert counted.sent[:2] in (["BatchGetItem", WRITES], ["BatchGetItem", "BatchGetItem"])
    assert (told.status, again.status) == (201, 200)
    assert again.body == told.body
    is_the_only_one(told)


def test_throttling_at_one_send_is_waited_out(shop: None) -> None:
    with watched(Wire(wire.throttle, lambda at, _: at in (0, 2))) as counted:
        told = an_order()

    assert told.status == 201
    assert counted.sent == ["BatchGetItem", "BatchGetItem", WRITES, WRITES]
    is_the_only_one(told)


def test_a_reply_lost_for_good_after_the_commit_is_heard_by_the_retry(shop: None) -> None:
    with watched(Wire(wire.lose_the_reply, lambda _, name: name == WRITES)) as counted:
        lost = an_order()
    again, third = an_order(), an_order()

    assert set(counted.sent[1:]) == {WRITES}
    assert (lost.status, lost.json["code"], lost.headers["Retry-After"]) == (503, "unavailable", "1")
    assert again.status == 200
    assert again.body == third.body
    is_the_only_one(again)


@pytest.mark.parametrize("name", ["BatchGetItem", WRITES])
@pytest.mark.parametrize("fault", [wire.lose_the_request, wire.break_down, wire.throttle])
def test_tables_that_stay_away_are_told_as_such_and_nothing_moved(shop: None, fault: wire.Fault, name: str) -> None:
    before = everything()
    with watched(Wire(fault, lambda _, sent: sent == name)) as counted:
        refused = an_order()

    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert counted.sent.count(name) == 3
    assert everything() == before
    assert an_order().status == 201


def test_waiting_for_busy_tables_takes_three_seconds_at_most(shop: None, waits: list[float]) -> None:
    """API Gateway gives up after 29, and the shopper long before."""
    longest = 0.0
    for turn in range(20):
        waits.clear()
        with watched(Wire(wire.throttle)):
            assert place(f"turn-{turn}", (TEAPOT, 1)).status == 503
        longest = max(longest, sum(waits))

    assert 0 < longest <= 3


def test_a_read_whose_reply_never_comes_moves_nothing(shop: None) -> None:
    before = everything()
    with watched(Wire(wire.lose_the_reply, lambda _, name: name == "BatchGetItem")):
        refused = an_order()

    assert refused.status == 503
    assert everything() == before


@pytest.mark.parametrize("conflicts", [1, 5])
def test_a_pure_conflict_is_tried_again(shop: None, conflicts: int) -> None:
    with watched(Wire(wire.conflict, lambda at, _: 1 <= at <= conflicts)) as counted:
        told = an_order()

    assert told.status == 201
    assert counted.sent == ["BatchGetItem", *[WRITES] * (conflicts + 1)]
    is_the_only_one(told)


def test_after_six_conflicts_the_shop_says_try_again_and_nothing_moved(shop: None) -> None:
    before = everything()
    with watched(Wire(wire.conflict, lambda _, name: name == WRITES)) as counted:
        refused = an_order()

    assert (refused.status, refused.json["code"], refused.headers["Retry-After"]) == (503, "unavailable", "1")
    assert counted.sent == ["BatchGetItem", *[WRITES] * 6]
    assert level(TEAPOT) == UNTOUCHED
    assert everything() == before


@pytest.mark.parametrize("name", ["BatchGetItem", WRITES])
@pytest.mark.parametrize("fault", [wire.die_before, wire.die])
def test_a_process_killed_at_any_send_leaves_all_of_an_order_or_nothing(
    shop: None, fault: wire.Fault, name: str
) -> None:
    before = everything()
    killed = FORK.Process(target=_order_under, args=(fault, name))
    killed.start()
    killed.join(60)
    left = everything()
    told, again = an_order(), an_order()

    assert killed.exitcode == -9
    committed = fault is wire.die and name == WRITES
    assert (left == before) is not committed
    assert told.status == (200 if committed else 201)
    assert again.body == told.body
    is_the_only_one(told)


def _order_under(fault: wire.Fault, name: str) -> None:
    on_own_feet()
    with watched(Wire(fault, lambda _, sent: sent == name)):
        an_order()
