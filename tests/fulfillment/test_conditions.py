"""Each condition of the room's writes, term by term."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.fulfillment import store
from chalicelib.fulfillment.model import AlreadyClaimed, Offer, OfferEnded, WarehouseAccepted, claimed, moved, stepped
from chalicelib.fulfillment.route import Settings, route
from chalicelib.kit.errors import Refused
from tests.conditions import lands, memory, refused  # noqa: F401
from tests.fulfillment.build import NOON, a_job, a_work, an_offer

pytestmark = pytest.mark.usefixtures("memory")

WON = claimed(an_offer(), "dewi", NOON)
LATER = an_offer().expires_at


def stands(offer: Offer) -> None:
    lands(*store.new_offer(offer))


def test_work_is_made_once_and_goes_on_only_from_what_was_read() -> None:
    work = a_work()
    begun = stepped(work, "accepted")
    refused(store.change_work(work, begun))
    lands(store.new_work(work))

    refused(store.new_work(work))
    refused(store.change_work(replace(work, version=2), begun))
    refused(store.change_work(replace(work, status="picking"), begun))
    lands(store.change_work(work, begun))
    refused(store.change_work(work, stepped(work, "rejected")))


def test_an_offer_is_made_once_and_each_of_its_links_too() -> None:
    offer, nobody = an_offer(), an_offer(invited=())
    stands(offer)

    refused(*store.new_offer(nobody))
    refused(*store.new_offer(offer)[1:2])


def test_an_open_offer_is_won_from_the_version_read() -> None:
    refused(store.win_offer(an_offer(), WON, NOON))
    stands(an_offer(version=2))

    refused(store.win_offer(an_offer(), WON, NOON))

    lands(store.win_offer(an_offer(version=2), replace(WON, version=3), NOON))
    assert store.load_offer("off_1-1") == replace(WON, version=3)


@pytest.mark.parametrize(
    ("status", "no"),
    [("claimed", AlreadyClaimed), ("superseded", WarehouseAccepted), ("expired", OfferEnded)],
)
def test_an_offer_that_is_no_longer_open_is_not_won_whatever_its_version(status: str, no: type[Refused]) -> None:
    stands(an_offer(status=status))

    refused(store.win_offer(an_offer(), WON, NOON), by=no)


def test_an_offer_is_won_until_just_before_its_end() -> None:
    stands(an_offer())

    refused(store.win_offer(an_offer(), WON, LATER), by=OfferEnded)

    lands(store.win_offer(an_offer(), WON, LATER - timedelta(milliseconds=1)))


def test_an_offer_is_closed_from_the_version_read_and_only_while_it_is_open() -> None:
    ended = moved(an_offer(), "expired")
    refused(store.close_offer(an_offer(), ended))
    stands(an_offer())

    refused(store.close_offer(an_offer(version=2), ended))
    lands(store.close_offer(an_offer(), ended))


def test_a_claim_that_came_first_stands() -> None:
    stands(replace(WON, version=1))

    refused(
        store.close_offer(an_offer(), moved(an_offer(), "expired"), AlreadyClaimed(offer="off_1-1")), by=AlreadyClaimed
    )


def test_a_decision_is_kept_once_for_each_cause_and_instant() -> None:
    decision = route(a_job(), [], {}, NOON, Settings())
    lands(store.keep_decision("ord_1", NOON, "placed", {"asked": 1}, decision))

    refused(store.keep_decision("ord_1", NOON, "placed", {"asked": 2}, decision))

    assert [each["asked"] for each in store.load_decisions("ord_1")] == [{"asked": 1}]


def test_an_order_strands_once() -> None:
    lands(store.strand("ord_1", NOON))

    refused(store.strand("ord_1", LATER))
