"""Offers from placement on: claim, decline, expiry and acceptance, of which only one succeeds."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.fulfillment import accept as accepting
from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import expire as expiring
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.model import AlreadyClaimed, FulfillmentRef, OfferEnded, WarehouseAccepted
from chalicelib.fulfillment.routing import decision_to_json, replay_decision
from chalicelib.fulfillment.store import load_decisions, load_fulfillment_of_order
from chalicelib.kit import db, journal
from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    DEWI,
    FAR,
    JOKO,
    RATNA,
    SINTA,
    claim_as,
    deliver_events,
    event_kinds,
    freeze_at_noon,
    latest_offer,
    list_statuses,
    load_entry,
    load_fulfillment,
    park_vans,
    place_order,
    place_order_without_events,
    post_step,
)
from tests.shop import CUP, TEAPOT, add_stock, advance_clock, level, open_shop, principal_of, token


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    freeze_at_noon()
    open_shop(TEAPOT=5, CUP=20)


def test_the_warehouse_is_assigned_and_the_nearest_salesman_invited_at_once() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI, DEWI)

    order = place_order((TEAPOT, 2))

    assert event_kinds(order) == ["OrderPlaced", "OfferOpened"]
    order_fulfillment = load_fulfillment(order)
    assert order_fulfillment.order.fulfillment_status == "offered"
    assert list_statuses(order) == [("wh-surabaya", "assigned")]
    opened = journal.row_to_entry(load_entry(order, "OfferOpened")).event
    assert opened.invited == (BUDI,)
    assert opened.assigned == (FulfillmentRef(order_fulfillment.fulfillments[0].id, "wh-surabaya"),)
    assert opened.expires_at == "2026-11-22T05:10:00.000Z"


def test_without_a_near_van_only_the_warehouse_is_assigned() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI, at=FAR)

    order = place_order((TEAPOT, 2))

    order_fulfillment = load_fulfillment(order)
    assert (order_fulfillment.offers, order_fulfillment.order.fulfillment_status) == ((), "assigned")
    assert list_statuses(order) == [("wh-surabaya", "assigned")]


def test_the_stored_decision_lists_every_van_and_can_be_replayed() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    add_stock(TEAPOT, "van-dewi", 1)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))

    stored = load_decisions(order)
    shown = call("GET", f"/api/orders/{order}/routing", token=token(RATNA)).json["decisions"]

    assert decision_to_json(replay_decision(stored[0]["asked"])) == stored[0]["decision"]
    assert [(van["location"], van["verdict"], van["stock"]) for van in shown[0]["candidates"]] == [
        ("van-budi", "invited", {TEAPOT: 3}),
        ("van-dewi", "position_unknown", {TEAPOT: 1}),
    ]


def test_the_stored_decision_explains_warehouses_and_stores_and_is_decided_again_by_an_endpoint() -> None:
    order = place_order((TEAPOT, 2))

    shown = call("GET", f"/api/orders/{order}/routing", token=token(RATNA)).json["decisions"][0]
    replayed = call("GET", f"/api/orders/{order}/routing/replay", token=token(RATNA)).json["items"][0]

    verdicts = {item["location"]: item["verdict"] for item in shown["locations"]}
    assert verdicts == {"wh-surabaya": "serves", "wh-sidoarjo": "no_units", "store-tunjungan": "no_units"}
    assert shown["locations"][0]["distance_meters"] is not None
    assert shown["locations"][0]["stock"][TEAPOT] >= 2
    assert replayed == shown | {"same": True}


def test_handling_a_placement_twice_changes_nothing() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    before = journal.history(f"order#{order}")

    deliver_events(order)

    assert len(journal.history(f"order#{order}")) == len(before)
    assert len(load_fulfillment(order).offers) == 1


def test_the_first_claim_wins_and_moves_the_units_to_the_van() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    add_stock(TEAPOT, "van-dewi", 2)
    park_vans(BUDI, DEWI)
    order = place_order((TEAPOT, 2))

    first, second = claim_as(order, BUDI), claim_as(order, DEWI)

    assert (first.status, second.status, second.json["code"]) == (200, 409, "already_claimed")
    assert list_statuses(order) == [("wh-surabaya", "cancelled"), ("van-budi", "accepted")]
    order_fulfillment = load_fulfillment(order)
    assert order_fulfillment.fulfillments[1].fulfiller == BUDI
    assert order_fulfillment.fulfillments[1].claim_version == latest_offer(order).version == 2
    assert [allocation.to_json() for allocation in order_fulfillment.order.allocations] == [
        {"sku": TEAPOT, "location": "van-budi", "quantity": 2}
    ]
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert level(TEAPOT, "van-budi") == {"on_hand": 3, "reserved": 0, "allocated": 2, "available": 1}
    assert level(TEAPOT, "van-dewi") == {"on_hand": 2, "reserved": 0, "allocated": 0, "available": 2}


def test_a_claim_cancels_the_warehouse_fulfillment_once() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    warehouse = load_fulfillment(order).fulfillments[0]

    claim_as(order, BUDI)

    event = journal.row_to_entry(load_entry(order, "OfferClaimed")).event
    assert event.stood_down == (FulfillmentRef(warehouse.id, "wh-surabaya"),)
    assert event_kinds(order).count("OfferClaimed") == 1


def test_a_repeated_claim_by_the_winner_answers_the_same() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))

    first, again = claim_as(order, BUDI), claim_as(order, BUDI)

    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body
    assert level(TEAPOT, "van-budi")["allocated"] == 2


def test_a_claim_moves_the_hold_of_an_unpaid_order_with_its_expiry() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2), payments=[{"method": "transfer"}])
    until = load_fulfillment(order).order.reserved_until

    claim_as(order, BUDI)

    assert load_fulfillment(order).order.reserved_until == until
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert level(TEAPOT, "van-budi") == {"on_hand": 3, "reserved": 2, "allocated": 0, "available": 1}


def test_an_uninvited_salesman_cannot_claim_and_nothing_changes() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))

    refused = claim_as(order, DEWI)

    assert (refused.status, refused.json["code"]) == (403, "not_invited")
    assert list_statuses(order) == [("wh-surabaya", "assigned")]
    assert level(TEAPOT)["allocated"] == 2


def test_a_claim_without_stock_on_the_van_is_refused_and_nothing_changes() -> None:
    add_stock(TEAPOT, "van-budi", 2)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    other = place_order((TEAPOT, 1))
    claim_as(other, BUDI)

    refused = claim_as(order, BUDI)

    assert (refused.status, refused.json["code"]) == (409, "out_of_stock")
    assert latest_offer(order).status == "open"
    assert list_statuses(order) == [("wh-surabaya", "assigned")]
    assert level(TEAPOT, "van-budi") == {"on_hand": 2, "reserved": 0, "allocated": 1, "available": 1}


def test_an_expired_offer_leaves_the_order_to_the_warehouse() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    advance_clock(10)

    closed, again = expire_due(), expire_due()
    deliver_events(order)

    assert (closed, again) == (1, 0)
    assert event_kinds(order) == ["OrderPlaced", "OfferOpened", "OfferExpired"]
    assert load_fulfillment(order).order.fulfillment_status == "assigned"
    assert (claim_as(order, BUDI).status, claim_as(order, BUDI).json["code"]) == (409, "offer_expired")
    assert list_statuses(order) == [("wh-surabaya", "assigned")]


def test_an_offer_past_its_expiry_cannot_be_claimed_before_the_schedule_runs() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    advance_clock(10)

    refused = claim_as(order, BUDI)

    assert (refused.status, refused.json["code"]) == (409, "offer_expired")
    assert latest_offer(order).status == "expired"
    assert level(TEAPOT, "van-budi")["allocated"] == 0


def test_claims_after_the_warehouse_accepted_are_refused() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))

    accepted = post_step(order, "accept", JOKO)
    refused = claim_as(order, BUDI)

    assert accepted.json["status"] == "accepted"
    assert (refused.status, refused.json["code"]) == (409, "warehouse_accepted")
    assert load_fulfillment(order).order.fulfillment_status == "assigned"
    assert level(TEAPOT)["allocated"] == 2


@pytest.mark.parametrize("are_events_delivered", [False, True])
def test_claims_after_the_order_was_cancelled_are_refused_with_that_reason(are_events_delivered: bool) -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    cancelled = call("POST", f"/api/orders/{order}/cancel", {"reason": "changed my mind"}, token=token(RATNA))
    assert cancelled.status == 200, cancelled.text
    if are_events_delivered:
        deliver_events(order)

    claimed = claim_as(order, BUDI)
    declined = call("POST", f"/api/offers/{latest_offer(order).id}/decline", token=token(BUDI))
    offer = call("GET", f"/api/offers/{latest_offer(order).id}", token=token(BUDI))
    accepted = post_step(order, "accept", JOKO)

    refused = [(response.status, response.json["code"]) for response in (claimed, declined, accepted)]
    assert refused == [(409, "order_cancelled")] * 3
    assert offer.json["status"] == "order_cancelled"
    assert level(TEAPOT, "van-budi")["allocated"] == level(TEAPOT)["allocated"] == 0


def test_the_warehouse_cannot_accept_after_a_claim() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    warehouse = load_fulfillment(order).fulfillments[0]
    claim_as(order, BUDI)

    refused = post_step(order, "accept", JOKO, fulfillment=warehouse)

    assert (refused.status, refused.json["code"]) == (409, "already_claimed")
    assert list_statuses(order) == [("wh-surabaya", "cancelled"), ("van-budi", "accepted")]


def _interleave(monkeypatch: pytest.MonkeyPatch, module: Any, action: Any) -> None:
    """Run the action once, after `module` has read the order and before it commits."""
    pending = [action]

    def load(order_id: str) -> Any:
        order_fulfillment = load_fulfillment_of_order(order_id)
        if pending:
            pending.pop()()
        return order_fulfillment

    monkeypatch.setattr(module, "load_fulfillment_of_order", load)


def test_two_concurrent_claims_have_one_winner(monkeypatch: pytest.MonkeyPatch) -> None:
    add_stock(TEAPOT, "van-budi", 3)
    add_stock(TEAPOT, "van-dewi", 3)
    park_vans(BUDI, DEWI)
    order = place_order((TEAPOT, 2))
    offer = latest_offer(order).id
    _interleave(monkeypatch, claiming, lambda: claiming.claim(DEWI, offer))

    with pytest.raises(AlreadyClaimed):
        claiming.claim(BUDI, offer)

    assert list_statuses(order) == [("wh-surabaya", "cancelled"), ("van-dewi", "accepted")]
    assert level(TEAPOT, "van-budi")["allocated"] == 0


def test_a_concurrent_accept_defeats_a_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    fulfillment = load_fulfillment(order).fulfillments[0].id
    _interleave(monkeypatch, claiming, lambda: accepting.accept(principal_of(JOKO), fulfillment))

    with pytest.raises(WarehouseAccepted):
        claiming.claim(BUDI, latest_offer(order).id)

    assert list_statuses(order) == [("wh-surabaya", "accepted")]
    assert level(TEAPOT)["allocated"] == 2


def test_a_concurrent_claim_defeats_an_accept(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.fulfillment import status_change

    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    offer, fulfillment = latest_offer(order).id, load_fulfillment(order).fulfillments[0].id
    _interleave(monkeypatch, status_change, lambda: claiming.claim(BUDI, offer))

    with pytest.raises(AlreadyClaimed):
        accepting.accept(principal_of(JOKO), fulfillment)

    assert list_statuses(order) == [("wh-surabaya", "cancelled"), ("van-budi", "accepted")]


def test_a_concurrent_expiry_defeats_a_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    offer = latest_offer(order)
    _interleave(monkeypatch, claiming, lambda: expiring.expire(offer.id, offer.expires_at))

    with pytest.raises(OfferEnded):
        claiming.claim(BUDI, offer.id)

    assert list_statuses(order) == [("wh-surabaya", "assigned")]
    assert level(TEAPOT, "van-budi")["allocated"] == 0


def test_a_claim_before_expiry_defeats_a_concurrent_expiry(monkeypatch: pytest.MonkeyPatch) -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    offer = latest_offer(order)
    _interleave(monkeypatch, expiring, lambda: claiming.claim(BUDI, offer.id))

    closed = expiring.expire(offer.id, offer.expires_at)

    assert closed is False
    assert latest_offer(order).status == "claimed"


def test_the_last_decline_assigns_the_order_to_the_warehouse_at_once() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    add_stock(TEAPOT, "van-dewi", 3)
    park_vans(BUDI, DEWI)
    order = place_order((TEAPOT, 2))
    path = f"/api/offers/{latest_offer(order).id}/decline"

    first = call("POST", path, token=token(BUDI))
    assert (first.status, load_fulfillment(order).order.fulfillment_status) == (200, "offered")
    call("POST", path, token=token(DEWI))

    assert latest_offer(order).status == "declined_by_all"
    assert load_fulfillment(order).order.fulfillment_status == "assigned"
    assert event_kinds(order)[-2:] == ["OfferDeclined", "OfferDeclined"]


def test_a_deactivated_salesman_cannot_claim() -> None:
    from dataclasses import replace

    from chalicelib.places.find import load_staff
    from chalicelib.places.save import save_staff

    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    save_staff(replace(load_staff()[BUDI], active=False), "test")

    with pytest.raises(Exception, match="not made to you"):
        claiming.claim(BUDI, latest_offer(order).id)

    assert level(TEAPOT, "van-budi")["allocated"] == 0


def test_a_store_order_served_by_a_warehouse_is_offered_to_near_vans_too() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)

    order = place_order((TEAPOT, 2), by=SINTA, channel="pos")

    assert load_fulfillment(order).order.location == "store-tunjungan"
    assert list_statuses(order) == [("wh-surabaya", "assigned")]
    assert [invitation.staff for invitation in latest_offer(order).invitations] == [BUDI]


def test_counter_handover_creates_a_handed_over_fulfillment() -> None:
    add_stock(CUP, "store-tunjungan", 4)
    call(
        "POST",
        "/api/shifts",
        {"till": "kasir-1", "opening": {"amount": 0, "currency": "IDR"}},
        token=token(SINTA),
        key="k" * 20,
    )

    order = place_order(
        (CUP, 1),
        by=SINTA,
        channel="pos",
        delivery={"method": "handover", "location": "store-tunjungan"},
        payments=[{"method": "cash"}],
    )

    assert event_kinds(order) == ["OrderPlaced", "WorkHandedOver"]
    fulfillment = load_fulfillment(order).fulfillments[0]
    assert (fulfillment.status, fulfillment.fulfiller, fulfillment.location) == (
        "handed_over",
        SINTA,
        "store-tunjungan",
    )
    assert level(CUP, "store-tunjungan")["on_hand"] == 3


def test_an_order_cancelled_before_routing_is_not_routed() -> None:
    order = place_order_without_events((TEAPOT, 2))
    call("POST", f"/api/orders/{order}/cancel", {"reason": "changed_mind"}, token=token(RATNA), key="k" * 20)

    deliver_events(order)

    assert (load_fulfillment(order).fulfillments, load_fulfillment(order).offers) == ((), ())


def test_cancelling_an_order_cancels_its_fulfillments_and_offer() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    cancelled = call(
        "POST", f"/api/orders/{order}/cancel", {"reason": "changed_mind"}, token=token(RATNA), key="k" * 20
    )
    assert cancelled.status == 200, cancelled.text

    deliver_events(order)

    assert event_kinds(order) == ["OrderPlaced", "OfferOpened", "OrderCancelled", "WorkCancelled"]
    assert (list_statuses(order), latest_offer(order).status) == ([("wh-surabaya", "cancelled")], "superseded")
    assert claim_as(order, BUDI).status == 409
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}


def test_claiming_the_largest_order_fits_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    commit = db.commit
    monkeypatch.setattr(
        claiming.db, "commit", lambda writes, **kwargs: sizes.append(len(writes)) or commit(writes, **kwargs)
    )
    add_stock(TEAPOT, "van-budi", 3)
    add_stock(CUP, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2), (CUP, 1), payments=[{"method": "transfer"}])
    sizes.clear()

    claiming.claim(BUDI, latest_offer(order).id)

    from chalicelib.fulfillment.model import count_claim_writes

    assert sizes[0] <= count_claim_writes(pieces=2, skus=2, on_hold=True, parts=1)
