"""Rejection and rerouting: what happens to the units, who serves the order instead, and stranded orders."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.fulfillment import store
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.model import Shortage
from chalicelib.fulfillment.reroute import retry_stranded
from chalicelib.fulfillment.store import is_stranded
from chalicelib.kit import journal
from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    DEWI,
    JOKO,
    RATNA,
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
    post_step,
)
from tests.shop import CUP, RARE, TEAPOT, add_stock, advance_clock, level, open_shop, token

NO_UNITS = {"on_hand": 0, "reserved": 0, "allocated": 0, "available": 0}


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    freeze_at_noon()
    open_shop(TEAPOT=5, CUP=20)


def reject_fulfillment(order: str, reason: str, by: str = JOKO, **fields: Any) -> None:
    response = post_step(order, "reject", by, {"reason": reason, **fields})
    assert (response.status, response.json["status"]) == (200, "rejected"), response.text
    deliver_events(order)


def test_not_found_writes_off_the_location_and_reroutes() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 4)
    order = place_order((TEAPOT, 2))

    reject_fulfillment(order, "not_found")

    assert level(TEAPOT) == NO_UNITS
    assert list_statuses(order) == [("wh-surabaya", "rejected"), ("wh-sidoarjo", "assigned")]
    assert level(TEAPOT, "wh-sidoarjo") == {"on_hand": 4, "reserved": 0, "allocated": 2, "available": 2}
    order_fulfillment = load_fulfillment(order)
    assert [(allocation.location, allocation.quantity) for allocation in order_fulfillment.order.allocations] == [
        ("wh-sidoarjo", 2)
    ]
    assert order_fulfillment.order.fulfillment_status == "assigned"
    assert event_kinds(order) == ["OrderPlaced", "OfferOpened", "WorkRejected", "WorkRerouted"]
    assert journal.row_to_entry(load_entry(order, "WorkRerouted")).event.excluded == ("wh-surabaya",)


def test_not_found_keeps_allocations_of_other_orders() -> None:
    other = place_order((TEAPOT, 1))
    add_stock(TEAPOT, "wh-sidoarjo", 4)
    order = place_order((TEAPOT, 2))

    reject_fulfillment(order, "not_found")

    assert list_statuses(other) == [("wh-surabaya", "assigned")]
    assert level(TEAPOT) == {"on_hand": 1, "reserved": 0, "allocated": 1, "available": 0}


def test_only_skus_not_found_are_written_off() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 4)
    add_stock(CUP, "wh-sidoarjo", 4)
    order = place_order((TEAPOT, 2), (CUP, 3))

    reject_fulfillment(order, "not_found", skus=[TEAPOT])

    assert level(TEAPOT) == NO_UNITS
    assert level(CUP) == {"on_hand": 20, "reserved": 0, "allocated": 0, "available": 20}


def test_only_damaged_units_are_written_off() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 4)
    order = place_order((TEAPOT, 2))

    reject_fulfillment(order, "damaged")

    assert level(TEAPOT) == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}


@pytest.mark.parametrize("reason", ["closed", "too_busy"])
def test_closed_or_too_busy_writes_nothing_off(reason: str) -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 4)
    order = place_order((TEAPOT, 2))

    reject_fulfillment(order, reason)

    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert list_statuses(order)[-1] == ("wh-sidoarjo", "assigned")


def test_rerouting_moves_a_hold_with_its_expiry() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 4)
    order = place_order((TEAPOT, 2), payments=[{"method": "transfer"}])
    until = load_fulfillment(order).order.reserved_until

    reject_fulfillment(order, "too_busy")

    assert load_fulfillment(order).order.reserved_until == until
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert level(TEAPOT, "wh-sidoarjo") == {"on_hand": 4, "reserved": 2, "allocated": 0, "available": 2}


def test_a_rejected_claim_is_offered_to_the_next_salesman_and_assigned_to_the_warehouse() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    add_stock(TEAPOT, "van-dewi", 3)
    park_vans(BUDI, DEWI)
    order = place_order((TEAPOT, 2))
    claim_as(order, BUDI)

    reject_fulfillment(order, "too_busy", by=BUDI)

    order_fulfillment = load_fulfillment(order)
    assert list_statuses(order) == [("wh-surabaya", "cancelled"), ("van-budi", "rejected"), ("wh-surabaya", "assigned")]
    assert [offer.status for offer in order_fulfillment.offers] == ["claimed", "open"]
    assert [invitation.staff for invitation in order_fulfillment.offers[1].invitations] == [DEWI]
    assert order_fulfillment.offers[0].id != order_fulfillment.offers[1].id
    assert order_fulfillment.order.carrier_name == ""
    assert claim_as(order, DEWI).status == 200
    assert level(TEAPOT, "van-dewi")["allocated"] == 2
    assert level(TEAPOT, "van-budi") == {"on_hand": 3, "reserved": 0, "allocated": 0, "available": 3}


def test_a_rejection_during_an_offer_is_reassigned_under_the_same_offer() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    add_stock(TEAPOT, "wh-sidoarjo", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))

    reject_fulfillment(order, "closed")

    assert len(load_fulfillment(order).offers) == 1
    assert load_fulfillment(order).order.fulfillment_status == "offered"
    assert list_statuses(order) == [("wh-surabaya", "rejected"), ("wh-sidoarjo", "assigned")]
    claim_as(order, BUDI)
    assert list_statuses(order) == [("wh-surabaya", "rejected"), ("wh-sidoarjo", "cancelled"), ("van-budi", "accepted")]
    assert level(TEAPOT, "wh-sidoarjo")["allocated"] == 0
    assert level(TEAPOT, "van-budi")["allocated"] == 2


def test_an_order_strands_when_the_last_offer_expires() -> None:
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    reject_fulfillment(order, "not_found")
    assert (is_stranded(order), load_fulfillment(order).order.fulfillment_status) == (False, "offered")

    for _ in range(3):
        advance_clock(10)
        expire_due()
        deliver_events(order)

    # The salesman is invited twice; after two unanswered offers no one is left to invite.
    later = ["OfferOpened", "WorkRejected", "OfferExpired", "OfferOpened", "OfferExpired", "OrderStranded"]
    assert event_kinds(order) == ["OrderPlaced", *later]
    assert is_stranded(order)


def test_an_unservable_order_is_stranded_once_with_its_shortages() -> None:
    order = place_order((TEAPOT, 2))

    reject_fulfillment(order, "not_found")
    deliver_events(order)

    assert event_kinds(order) == ["OrderPlaced", "OfferOpened", "WorkRejected", "OrderStranded"]
    event = journal.row_to_entry(load_entry(order, "OrderStranded")).event
    assert event.short == (Shortage(TEAPOT, wanted=2, available=0),)
    assert event.excluded == ("wh-surabaya",)
    assert load_fulfillment(order).order.fulfillment_status == "unassigned"
    assert (retry_stranded(), event_kinds(order).count("OrderStranded")) == (0, 1)


def test_a_stranded_order_is_rerouted_when_stock_arrives() -> None:
    order = place_order((TEAPOT, 2))
    reject_fulfillment(order, "not_found")
    add_stock(TEAPOT, "wh-sidoarjo", 2)

    moved = retry_stranded()

    assert (moved, is_stranded(order)) == (1, False)
    assert list_statuses(order)[-1] == ("wh-sidoarjo", "assigned")
    assert retry_stranded() == 0


def test_stranded_orders_do_not_block_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schedule reads all pages of the list."""
    monkeypatch.setattr(store, "PAGE_SIZE", 1)
    stuck, servable = place_order((TEAPOT, 2)), place_order((CUP, 1))
    for order in (stuck, servable):
        reject_fulfillment(order, "not_found")
        deliver_events(order)
    add_stock(CUP, "wh-sidoarjo", 1)

    moved = retry_stranded()

    assert (moved, is_stranded(stuck), is_stranded(servable)) == (1, True, False)


def test_the_owner_can_reroute_a_stranded_order() -> None:
    order = place_order((TEAPOT, 2))
    reject_fulfillment(order, "not_found")
    add_stock(TEAPOT, "wh-sidoarjo", 2)

    response = call("POST", f"/api/orders/{order}/reroute", token=token(RATNA))

    assert response.json["fulfillment_status"] == "assigned"
    assert [decision["cause"] for decision in response.json["decisions"]] == ["asked", "OrderPlaced"]


def test_a_pickup_order_is_rerouted_to_no_other_location() -> None:
    add_stock(CUP, "store-tunjungan", 4)
    order = place_order((CUP, 2), delivery={"method": "pickup", "location": "store-tunjungan"})

    reject_fulfillment(order, "not_found", by="cashier-sinta")

    assert list_statuses(order) == [("store-tunjungan", "rejected")]
    assert event_kinds(order)[-1] == "OrderStranded"


def test_rejecting_twice_is_a_no_op() -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 4)
    order = place_order((TEAPOT, 2))
    fulfillment = load_fulfillment(order).fulfillments[0]
    reject_fulfillment(order, "damaged")

    again = post_step(order, "reject", JOKO, {"reason": "damaged"}, fulfillment=fulfillment)

    assert again.json["status"] == "rejected"
    assert level(TEAPOT)["on_hand"] == 3
    assert event_kinds(order).count("WorkRerouted") == 1


def test_an_unknown_reason_is_refused() -> None:
    order = place_order((TEAPOT, 2))

    assert post_step(order, "reject", JOKO, {"reason": "no mood"}).status == 422
    assert list_statuses(order) == [("wh-surabaya", "assigned")]
    assert load_fulfillment(order).offers == () or latest_offer(order).status == "open"


def test_a_late_payment_that_allocates_more_at_a_location_is_fulfilled_completely() -> None:
    """Regression (seed 14193): the second unit from the same level belonged to no fulfillment."""
    add_stock(RARE, "wh-surabaya", 1)
    add_stock(RARE, "store-tunjungan", 1)
    order = place_order((RARE, 2), payments=[{"method": "transfer"}])
    advance_clock(24 * 60 + 1)
    place_order((RARE, 1))
    add_stock(RARE, "store-tunjungan", 1)

    payment = load_fulfillment(order).order.payment_ids[0]
    confirmed = call("POST", f"/api/payments/{payment}/confirm", token=token("finance-maya"))
    deliver_events(order)

    assert confirmed.status == 200
    active = [fulfillment for fulfillment in load_fulfillment(order).fulfillments if fulfillment.status != "cancelled"]
    assert {fulfillment.location for fulfillment in active} == {"store-tunjungan"}
    assert sum(allocation.quantity for fulfillment in active for allocation in fulfillment.allocations) == 2
