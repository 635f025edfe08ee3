"""The conditions of the writes of fulfillment, each term by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.fulfillment import store
from chalicelib.fulfillment.model import (
    AlreadyClaimed,
    Offer,
    OfferEnded,
    apply_claim,
    transition_fulfillment,
    transition_offer,
)
from chalicelib.fulfillment.routing import RoutingSettings, decide_route
from chalicelib.kit.errors import Refused, StaleVersion
from tests.conditional_writes import assert_commits, assert_refused, memory  # noqa: F401
from tests.fulfillment.build import NOON, a_fulfillment, a_routing_request, an_offer

pytestmark = pytest.mark.usefixtures("memory")

WON = apply_claim(an_offer(), "dewi", NOON)
LATER = an_offer().expires_at


def store_offer(offer: Offer) -> None:
    assert_commits(*store.create_offer(offer))


def test_a_fulfillment_is_created_once_and_updated_only_from_the_version_read() -> None:
    fulfillment = a_fulfillment()
    accepted = transition_fulfillment(fulfillment, "accepted")
    assert_refused(store.update_fulfillment(fulfillment, accepted))
    assert_commits(store.create_fulfillment(fulfillment))

    assert_refused(store.create_fulfillment(fulfillment))
    assert_refused(store.update_fulfillment(replace(fulfillment, version=2), accepted))
    assert_refused(store.update_fulfillment(replace(fulfillment, status="picking"), accepted))
    assert_commits(store.update_fulfillment(fulfillment, accepted))
    assert_refused(store.update_fulfillment(fulfillment, transition_fulfillment(fulfillment, "rejected")))


def test_an_offer_and_its_links_are_created_once() -> None:
    offer, offer_without_links = an_offer(), an_offer(invited=())
    store_offer(offer)

    assert_refused(*store.create_offer(offer_without_links))
    assert_refused(*store.create_offer(offer)[1:2])


def test_an_open_offer_is_claimed_from_the_version_read() -> None:
    assert_refused(store.update_claimed_offer(an_offer(), WON, NOON))
    store_offer(an_offer(version=2))

    assert_refused(store.update_claimed_offer(an_offer(), WON, NOON))

    assert_commits(store.update_claimed_offer(an_offer(version=2), replace(WON, version=3), NOON))
    assert store.find_offer("off_1-1") == replace(WON, version=3)


@pytest.mark.parametrize(
    ("status", "refusal"),
    [("claimed", AlreadyClaimed), ("superseded", StaleVersion), ("expired", OfferEnded)],
)
def test_an_offer_that_is_not_open_cannot_be_claimed_whatever_its_version(status: str, refusal: type[Refused]) -> None:
    store_offer(an_offer(status=status))

    assert_refused(store.update_claimed_offer(an_offer(), WON, NOON), by=refusal)


def test_an_offer_can_be_claimed_until_just_before_it_expires() -> None:
    store_offer(an_offer())

    assert_refused(store.update_claimed_offer(an_offer(), WON, LATER), by=OfferEnded)

    assert_commits(store.update_claimed_offer(an_offer(), WON, LATER - timedelta(milliseconds=1)))


def test_an_offer_is_closed_from_the_version_read_and_only_while_it_is_open() -> None:
    ended = transition_offer(an_offer(), "expired")
    assert_refused(store.close_offer(an_offer(), ended))
    store_offer(an_offer())

    assert_refused(store.close_offer(an_offer(version=2), ended))
    assert_commits(store.close_offer(an_offer(), ended))


def test_closing_does_not_overwrite_an_earlier_claim() -> None:
    store_offer(replace(WON, version=1))

    assert_refused(
        store.close_offer(an_offer(), transition_offer(an_offer(), "expired"), AlreadyClaimed(offer="off_1-1")),
        by=AlreadyClaimed,
    )


def test_a_decision_is_stored_once_per_cause_and_instant() -> None:
    decision = decide_route(a_routing_request(), [], {}, NOON, RoutingSettings())
    assert_commits(store.create_decision("ord_1", NOON, "placed", {"asked": 1}, decision))

    assert_refused(store.create_decision("ord_1", NOON, "placed", {"asked": 2}, decision))

    assert [decision["asked"] for decision in store.load_decisions("ord_1")] == [{"asked": 1}]


def test_an_order_is_marked_stranded_once() -> None:
    assert_commits(store.mark_stranded("ord_1", NOON))

    assert_refused(store.mark_stranded("ord_1", LATER))
