"""From placement to whoever brings it: offers, claims, expiry and acceptance, each excluding the others."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.fulfillment import accept as accepting
from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import expire as expiring
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.model import AlreadyClaimed, FulfillmentAt, OfferEnded, WarehouseAccepted
from chalicelib.fulfillment.route import as_json, route_again
from chalicelib.fulfillment.store import load_case, load_decisions
from chalicelib.kit import db, journal
from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    DEWI,
    FAR,
    JOKO,
    RATNA,
    SINTA,
    claims,
    entry_of,
    it_is_noon,
    listen,
    parked,
    placed,
    placed_only,
    step,
    the_case,
    the_offer,
    told,
    works,
)
from tests.shop import CUP, TEAPOT, later, level, open_shop, put, token, who


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    it_is_noon()
    open_shop(TEAPOT=5, CUP=20)


def test_logistics_and_the_near_salesman_are_told_at_the_same_moment() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI, DEWI)

    order = placed((TEAPOT, 2))

    assert told(order) == ["OrderPlaced", "OfferOpened"]
    case = the_case(order)
    assert case.order.fulfillment_status == "offered"
    assert works(order) == [("wh-surabaya", "assigned")]
    opened = journal.to_journal_entry(entry_of(order, "OfferOpened")).event
    assert opened.invited == (BUDI,)
    assert opened.assigned == (FulfillmentAt(case.works[0].id, "wh-surabaya"),)
    assert opened.expires_at == "2026-11-22T05:10:00.000Z"


def test_nobody_near_means_the_warehouse_alone() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI, at=FAR)

    order = placed((TEAPOT, 2))

    case = the_case(order)
    assert (case.offers, case.order.fulfillment_status) == ((), "assigned")
    assert works(order) == [("wh-surabaya", "assigned")]


def test_the_stored_decision_lists_every_van_and_can_be_made_again() -> None:
    put(TEAPOT, "van-budi", 3)
    put(TEAPOT, "van-dewi", 1)
    parked(BUDI)
    order = placed((TEAPOT, 2))

    stored = load_decisions(order)
    shown = call("GET", f"/api/orders/{order}/routing", token=token(RATNA)).json["decisions"]

    assert as_json(route_again(stored[0]["asked"])) == stored[0]["decision"]
    assert [(each["location"], each["verdict"], each["stock"]) for each in shown[0]["candidates"]] == [
        ("van-budi", "invited", {TEAPOT: 3}),
        ("van-dewi", "position_unknown", {TEAPOT: 1}),
    ]


def test_a_repeat_of_the_placement_does_nothing() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    before = journal.history(f"order#{order}")

    listen(order)

    assert len(journal.history(f"order#{order}")) == len(before)
    assert len(the_case(order).offers) == 1


def test_the_first_claim_wins_and_moves_the_units_to_the_van() -> None:
    put(TEAPOT, "van-budi", 3)
    put(TEAPOT, "van-dewi", 2)
    parked(BUDI, DEWI)
    order = placed((TEAPOT, 2))

    first, second = claims(order, BUDI), claims(order, DEWI)

    assert (first.status, second.status, second.json["code"]) == (200, 409, "already_claimed")
    assert works(order) == [("wh-surabaya", "cancelled"), ("van-budi", "accepted")]
    case = the_case(order)
    assert case.works[1].fulfiller == BUDI
    assert case.works[1].claim_version == the_offer(order).version == 2
    assert [piece.as_json() for piece in case.order.pieces] == [{"sku": TEAPOT, "location": "van-budi", "quantity": 2}]
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert level(TEAPOT, "van-budi") == {"on_hand": 3, "reserved": 0, "allocated": 2, "available": 1}
    assert level(TEAPOT, "van-dewi") == {"on_hand": 2, "reserved": 0, "allocated": 0, "available": 2}


def test_a_claim_sends_logistics_one_stand_down() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    warehouse = the_case(order).works[0]

    claims(order, BUDI)

    said = journal.to_journal_entry(entry_of(order, "OfferClaimed")).event
    assert said.stood_down == (FulfillmentAt(warehouse.id, "wh-surabaya"),)
    assert told(order).count("OfferClaimed") == 1


def test_the_winner_may_ask_again_and_gets_the_same() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))

    first, again = claims(order, BUDI), claims(order, BUDI)

    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body
    assert level(TEAPOT, "van-budi")["allocated"] == 2


def test_the_hold_of_an_unpaid_order_moves_with_its_end() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2), payments=[{"method": "transfer"}])
    until = the_case(order).order.reserved_until

    claims(order, BUDI)

    assert the_case(order).order.reserved_until == until
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert level(TEAPOT, "van-budi") == {"on_hand": 3, "reserved": 2, "allocated": 0, "available": 1}


def test_who_was_not_invited_cannot_claim_and_nothing_moves() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))

    refused = claims(order, DEWI)

    assert (refused.status, refused.json["code"]) == (403, "not_invited")
    assert works(order) == [("wh-surabaya", "assigned")]
    assert level(TEAPOT)["allocated"] == 2


def test_goods_sold_from_the_van_meanwhile_refuse_the_claim_and_nothing_moves() -> None:
    put(TEAPOT, "van-budi", 2)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    other = placed((TEAPOT, 1))
    claims(other, BUDI)

    refused = claims(order, BUDI)

    assert (refused.status, refused.json["code"]) == (409, "out_of_stock")
    assert the_offer(order).status == "open"
    assert works(order) == [("wh-surabaya", "assigned")]
    assert level(TEAPOT, "van-budi") == {"on_hand": 2, "reserved": 0, "allocated": 1, "available": 1}


def test_nobody_claims_in_time_and_the_warehouse_ships_without_anyone_deciding() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    later(10)

    closed, again = expire_due(), expire_due()
    listen(order)

    assert (closed, again) == (1, 0)
    assert told(order) == ["OrderPlaced", "OfferOpened", "OfferExpired"]
    assert the_case(order).order.fulfillment_status == "assigned"
    assert (claims(order, BUDI).status, claims(order, BUDI).json["code"]) == (409, "offer_expired")
    assert works(order) == [("wh-surabaya", "assigned")]


def test_an_offer_past_its_end_cannot_be_claimed_though_no_clock_came_by() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    later(10)

    refused = claims(order, BUDI)

    assert (refused.status, refused.json["code"]) == (409, "offer_expired")
    assert the_offer(order).status == "expired"
    assert level(TEAPOT, "van-budi")["allocated"] == 0


def test_the_warehouse_begins_and_later_claims_are_told_so() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))

    accepted = step(order, "accept", JOKO)
    refused = claims(order, BUDI)

    assert accepted.json["status"] == "accepted"
    assert (refused.status, refused.json["code"]) == (409, "warehouse_accepted")
    assert the_case(order).order.fulfillment_status == "assigned"
    assert level(TEAPOT)["allocated"] == 2


def test_a_claim_came_first_so_the_warehouse_cannot_begin() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    warehouse = the_case(order).works[0]
    claims(order, BUDI)

    refused = step(order, "accept", JOKO, work=warehouse)

    assert (refused.status, refused.json["code"]) == (409, "already_claimed")
    assert works(order) == [("wh-surabaya", "cancelled"), ("van-budi", "accepted")]


def _in_between(monkeypatch: pytest.MonkeyPatch, module: Any, happens: Any) -> None:
    """Once, after the victim has read and before he commits, something else happens."""
    pending = [happens]

    def load(order_id: str) -> Any:
        case = load_case(order_id)
        if pending:
            pending.pop()()
        return case

    monkeypatch.setattr(module, "load_case", load)


def test_two_claims_at_once_have_one_winner(monkeypatch: pytest.MonkeyPatch) -> None:
    put(TEAPOT, "van-budi", 3)
    put(TEAPOT, "van-dewi", 3)
    parked(BUDI, DEWI)
    order = placed((TEAPOT, 2))
    offer = the_offer(order).id
    _in_between(monkeypatch, claiming, lambda: claiming.claim(DEWI, offer))

    with pytest.raises(AlreadyClaimed):
        claiming.claim(BUDI, offer)

    assert works(order) == [("wh-surabaya", "cancelled"), ("van-dewi", "accepted")]
    assert level(TEAPOT, "van-budi")["allocated"] == 0


def test_the_warehouse_accepts_while_somebody_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    work = the_case(order).works[0].id
    _in_between(monkeypatch, claiming, lambda: accepting.accept(who(JOKO), work))

    with pytest.raises(WarehouseAccepted):
        claiming.claim(BUDI, the_offer(order).id)

    assert works(order) == [("wh-surabaya", "accepted")]
    assert level(TEAPOT)["allocated"] == 2


def test_somebody_claims_while_the_warehouse_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.fulfillment import step as stepping

    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    offer, work = the_offer(order).id, the_case(order).works[0].id
    _in_between(monkeypatch, stepping, lambda: claiming.claim(BUDI, offer))

    with pytest.raises(AlreadyClaimed):
        accepting.accept(who(JOKO), work)

    assert works(order) == [("wh-surabaya", "cancelled"), ("van-budi", "accepted")]


def test_the_clock_closes_an_offer_while_somebody_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    offer = the_offer(order)
    _in_between(monkeypatch, claiming, lambda: expiring.expire(offer.id, offer.expires_at))

    with pytest.raises(OfferEnded):
        claiming.claim(BUDI, offer.id)

    assert works(order) == [("wh-surabaya", "assigned")]
    assert level(TEAPOT, "van-budi")["allocated"] == 0


def test_a_claim_in_the_last_moment_outlives_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    offer = the_offer(order)
    _in_between(monkeypatch, expiring, lambda: claiming.claim(BUDI, offer.id))

    closed = expiring.expire(offer.id, offer.expires_at)

    assert closed is False
    assert the_offer(order).status == "claimed"


def test_the_last_no_gives_the_order_to_the_warehouse_at_once() -> None:
    put(TEAPOT, "van-budi", 3)
    put(TEAPOT, "van-dewi", 3)
    parked(BUDI, DEWI)
    order = placed((TEAPOT, 2))
    path = f"/api/offers/{the_offer(order).id}/decline"

    first = call("POST", path, token=token(BUDI))
    assert (first.status, the_case(order).order.fulfillment_status) == (200, "offered")
    call("POST", path, token=token(DEWI))

    assert the_offer(order).status == "declined_by_all"
    assert the_case(order).order.fulfillment_status == "assigned"
    assert told(order)[-2:] == ["OfferDeclined", "OfferDeclined"]


def test_who_lost_his_role_since_can_no_longer_take_goods_from_the_van() -> None:
    from dataclasses import replace

    from chalicelib.places.find import staff
    from chalicelib.places.keep import keep_staff

    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    keep_staff(replace(staff()[BUDI], active=False), "test")

    with pytest.raises(Exception, match="not made to you"):
        claiming.claim(BUDI, the_offer(order).id)

    assert level(TEAPOT, "van-budi")["allocated"] == 0


def test_the_store_sells_what_a_warehouse_has_and_a_near_van_is_asked_too() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)

    order = placed((TEAPOT, 2), by=SINTA, channel="pos")

    assert the_case(order).order.location == "store-tunjungan"
    assert works(order) == [("wh-surabaya", "assigned")]
    assert [each.staff for each in the_offer(order).invited] == [BUDI]


def test_goods_given_at_the_counter_are_work_done_already() -> None:
    put(CUP, "store-tunjungan", 4)
    call(
        "POST",
        "/api/shifts",
        {"till": "kasir-1", "opening": {"amount": 0, "currency": "IDR"}},
        token=token(SINTA),
        key="k" * 20,
    )

    order = placed(
        (CUP, 1),
        by=SINTA,
        channel="pos",
        delivery={"method": "handover", "location": "store-tunjungan"},
        payments=[{"method": "cash"}],
    )

    assert told(order) == ["OrderPlaced", "WorkHandedOver"]
    work = the_case(order).works[0]
    assert (work.status, work.fulfiller, work.location) == ("handed_over", SINTA, "store-tunjungan")
    assert level(CUP, "store-tunjungan")["on_hand"] == 3


def test_an_order_cancelled_before_it_was_routed_is_left_alone() -> None:
    order = placed_only((TEAPOT, 2))
    call("POST", f"/api/orders/{order}/cancel", {"reason": "changed_mind"}, token=token(RATNA), key="k" * 20)

    listen(order)

    assert (the_case(order).works, the_case(order).offers) == ((), ())


def test_an_order_that_ends_sends_everyone_home() -> None:
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    cancelled = call(
        "POST", f"/api/orders/{order}/cancel", {"reason": "changed_mind"}, token=token(RATNA), key="k" * 20
    )
    assert cancelled.status == 200, cancelled.text

    listen(order)

    assert told(order) == ["OrderPlaced", "OfferOpened", "OrderCancelled", "WorkCancelled"]
    assert (works(order), the_offer(order).status) == ([("wh-surabaya", "cancelled")], "superseded")
    assert claims(order, BUDI).status == 409
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}


def test_the_biggest_order_still_fits_when_it_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    commit = db.commit
    monkeypatch.setattr(claiming.db, "commit", lambda writes, *more: sizes.append(len(writes)) or commit(writes, *more))
    put(TEAPOT, "van-budi", 3)
    put(CUP, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2), (CUP, 1), payments=[{"method": "transfer"}])
    sizes.clear()

    claiming.claim(BUDI, the_offer(order).id)

    from chalicelib.fulfillment.model import writes_to_claim

    assert sizes[0] <= writes_to_claim(pieces=2, skus=2, on_hold=True, parts=1)
