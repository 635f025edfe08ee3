"""Somebody says no: what becomes of the units, who is asked instead, and how loudly nobody is."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.fulfillment import store
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.model import Shortage
from chalicelib.fulfillment.reroute import try_stranded
from chalicelib.fulfillment.store import is_stranded
from chalicelib.kit import journal
from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    DEWI,
    JOKO,
    RATNA,
    claims,
    entry_of,
    it_is_noon,
    listen,
    parked,
    placed,
    step,
    the_case,
    the_offer,
    told,
    works,
)
from tests.shop import CUP, RARE, TEAPOT, later, level, open_shop, put, token

NONE = {"on_hand": 0, "reserved": 0, "allocated": 0, "available": 0}


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    it_is_noon()
    open_shop(TEAPOT=5, CUP=20)


def rejected(order: str, reason: str, by: str = JOKO, **said: Any) -> None:
    answer = step(order, "reject", by, {"reason": reason, **said})
    assert (answer.status, answer.json["status"]) == (200, "rejected"), answer.text
    listen(order)


def test_not_found_leaves_nothing_to_promise_there_and_another_place_brings_it() -> None:
    put(TEAPOT, "wh-sidoarjo", 4)
    order = placed((TEAPOT, 2))

    rejected(order, "not_found")

    assert level(TEAPOT) == NONE
    assert works(order) == [("wh-surabaya", "rejected"), ("wh-sidoarjo", "assigned")]
    assert level(TEAPOT, "wh-sidoarjo") == {"on_hand": 4, "reserved": 0, "allocated": 2, "available": 2}
    case = the_case(order)
    assert [(piece.location, piece.quantity) for piece in case.order.pieces] == [("wh-sidoarjo", 2)]
    assert case.order.fulfillment_status == "assigned"
    assert told(order) == ["OrderPlaced", "OfferOpened", "WorkRejected", "WorkRerouted"]
    assert journal.to_journal_entry(entry_of(order, "WorkRerouted")).event.excluded == ("wh-surabaya",)


def test_not_found_takes_nothing_from_what_others_were_promised() -> None:
    other = placed((TEAPOT, 1))
    put(TEAPOT, "wh-sidoarjo", 4)
    order = placed((TEAPOT, 2))

    rejected(order, "not_found")

    assert works(other) == [("wh-surabaya", "assigned")]
    assert level(TEAPOT) == {"on_hand": 1, "reserved": 0, "allocated": 1, "available": 0}


def test_only_the_goods_not_found_lose_their_units() -> None:
    put(TEAPOT, "wh-sidoarjo", 4)
    put(CUP, "wh-sidoarjo", 4)
    order = placed((TEAPOT, 2), (CUP, 3))

    rejected(order, "not_found", skus=[TEAPOT])

    assert level(TEAPOT) == NONE
    assert level(CUP) == {"on_hand": 20, "reserved": 0, "allocated": 0, "available": 20}


def test_damaged_units_are_written_off_and_no_others() -> None:
    put(TEAPOT, "wh-sidoarjo", 4)
    order = placed((TEAPOT, 2))

    rejected(order, "damaged")

    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}


@pytest.mark.parametrize("reason", ["closed", "too_busy"])
def test_a_place_that_has_no_time_keeps_its_units(reason: str) -> None:
    put(TEAPOT, "wh-sidoarjo", 4)
    order = placed((TEAPOT, 2))

    rejected(order, reason)

    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert works(order)[-1] == ("wh-sidoarjo", "assigned")


def test_a_held_order_is_held_elsewhere_with_the_same_end() -> None:
    put(TEAPOT, "wh-sidoarjo", 4)
    order = placed((TEAPOT, 2), payments=[{"method": "transfer"}])
    until = the_case(order).order.reserved_until

    rejected(order, "too_busy")

    assert the_case(order).order.reserved_until == until
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert level(TEAPOT, "wh-sidoarjo") == {"on_hand": 4, "reserved": 2, "allocated": 0, "available": 2}


def test_a_claimer_gives_it_back_and_the_next_salesman_and_the_warehouse_are_asked() -> None:
    put(TEAPOT, "van-budi", 3)
    put(TEAPOT, "van-dewi", 3)
    parked(BUDI, DEWI)
    order = placed((TEAPOT, 2))
    claims(order, BUDI)

    rejected(order, "too_busy", by=BUDI)

    case = the_case(order)
    assert works(order) == [("wh-surabaya", "cancelled"), ("van-budi", "rejected"), ("wh-surabaya", "assigned")]
    assert [offer.status for offer in case.offers] == ["claimed", "open"]
    assert [each.staff for each in case.offers[1].invited] == [DEWI]
    assert case.offers[0].id != case.offers[1].id
    assert case.order.bringer == ""
    assert claims(order, DEWI).status == 200
    assert level(TEAPOT, "van-dewi")["allocated"] == 2
    assert level(TEAPOT, "van-budi") == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}


def test_a_place_that_says_no_during_the_offer_is_replaced_under_the_same_offer() -> None:
    put(TEAPOT, "van-budi", 3)
    put(TEAPOT, "wh-sidoarjo", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))

    rejected(order, "closed")

    assert len(the_case(order).offers) == 1
    assert the_case(order).order.fulfillment_status == "offered"
    assert works(order) == [("wh-surabaya", "rejected"), ("wh-sidoarjo", "assigned")]
    claims(order, BUDI)
    assert works(order) == [("wh-surabaya", "rejected"), ("wh-sidoarjo", "cancelled"), ("van-budi", "accepted")]
    assert level(TEAPOT, "wh-sidoarjo")["allocated"] == 0
    assert level(TEAPOT, "van-budi")["allocated"] == 2


def test_the_last_hope_is_a_van_and_when_it_is_silent_the_owner_is_told() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    rejected(order, "not_found")
    assert (is_stranded(order), the_case(order).order.fulfillment_status) == (False, "offered")

    for _ in range(3):
        later(10)
        expire_due()
        listen(order)

    # Asked a second time, for the first time the warehouse stood behind him; a third time nobody is.
    asked = ["OfferOpened", "WorkRejected", "OfferExpired", "OfferOpened", "OfferExpired", "OrderStranded"]
    assert told(order) == ["OrderPlaced", *asked]
    assert is_stranded(order)


def test_when_nobody_can_the_order_is_stranded_once_and_says_what_is_short() -> None:
    order = placed((TEAPOT, 2))

    rejected(order, "not_found")
    listen(order)

    assert told(order) == ["OrderPlaced", "OfferOpened", "WorkRejected", "OrderStranded"]
    said = journal.to_journal_entry(entry_of(order, "OrderStranded")).event
    assert said.short == (Shortage(TEAPOT, wanted=2, available=0),)
    assert said.excluded == ("wh-surabaya",)
    assert the_case(order).order.fulfillment_status == "unassigned"
    assert (try_stranded(), told(order).count("OrderStranded")) == (0, 1)


def test_a_stranded_order_goes_on_when_goods_come_in() -> None:
    order = placed((TEAPOT, 2))
    rejected(order, "not_found")
    put(TEAPOT, "wh-sidoarjo", 2)

    moved = try_stranded()

    assert (moved, is_stranded(order)) == (1, False)
    assert works(order)[-1] == ("wh-sidoarjo", "assigned")
    assert try_stranded() == 0


def test_orders_that_nobody_can_bring_yet_keep_no_other_from_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many they are: the clock reads its list to the last page."""
    monkeypatch.setattr(store, "PAGE", 1)
    stuck, goes_on = placed((TEAPOT, 2)), placed((CUP, 1))
    for order in (stuck, goes_on):
        rejected(order, "not_found")
        listen(order)
    put(CUP, "wh-sidoarjo", 1)

    moved = try_stranded()

    assert (moved, is_stranded(stuck), is_stranded(goes_on)) == (1, True, False)


def test_the_owner_may_have_it_looked_at_again() -> None:
    order = placed((TEAPOT, 2))
    rejected(order, "not_found")
    put(TEAPOT, "wh-sidoarjo", 2)

    answer = call("POST", f"/api/orders/{order}/reroute", token=token(RATNA))

    assert answer.json["fulfillment_status"] == "assigned"
    assert [each["cause"] for each in answer.json["decisions"]] == ["asked", "OrderPlaced"]


def test_who_collects_at_a_counter_is_served_nowhere_else() -> None:
    put(CUP, "store-tunjungan", 4)
    order = placed((CUP, 2), delivery={"method": "pickup", "location": "store-tunjungan"})

    rejected(order, "not_found", by="cashier-sinta")

    assert works(order) == [("store-tunjungan", "rejected")]
    assert told(order)[-1] == "OrderStranded"


def test_rejecting_twice_is_rejecting_once() -> None:
    put(TEAPOT, "wh-sidoarjo", 4)
    order = placed((TEAPOT, 2))
    work = the_case(order).works[0]
    rejected(order, "damaged")

    again = step(order, "reject", JOKO, {"reason": "damaged"}, work=work)

    assert again.json["status"] == "rejected"
    assert level(TEAPOT)["on_hand"] == 3
    assert told(order).count("WorkRerouted") == 1


def test_a_reason_nobody_knows_is_refused() -> None:
    order = placed((TEAPOT, 2))

    assert step(order, "reject", JOKO, {"reason": "no mood"}).status == 422
    assert works(order) == [("wh-surabaya", "assigned")]
    assert the_case(order).offers == () or the_offer(order).status == "open"


def test_late_money_may_find_more_where_some_was_promised_and_all_of_it_is_brought() -> None:
    """Found by seed 14193: the second unit from the same shelf was brought by nobody."""
    put(RARE, "wh-surabaya", 1)
    put(RARE, "store-tunjungan", 1)
    order = placed((RARE, 2), payments=[{"method": "transfer"}])
    later(24 * 60 + 1)
    placed((RARE, 1))
    put(RARE, "store-tunjungan", 1)

    payment = the_case(order).order.payment_ids[0]
    confirmed = call("POST", f"/api/payments/{payment}/confirm", token=token("finance-maya"))
    listen(order)

    assert confirmed.status == 200
    brought = [work for work in the_case(order).works if work.status != "cancelled"]
    assert {work.location for work in brought} == {"store-tunjungan"}
    assert sum(piece.quantity for work in brought for piece in work.pieces) == 2
