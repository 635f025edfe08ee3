from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.fulfillment.accept import accept
from chalicelib.kit.errors import Unavailable
from chalicelib.notify import store, transports
from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.escalate import escalate
from chalicelib.places import find as places
from chalicelib.places.save import save_location, save_staff
from tests.client import call
from tests.notify.build import (
    BUDI,
    TEAM,
    a_shop_with_vans,
    accept_as_warehouse,
    emails_sent,
    inbox_kinds,
    load_last_entry,
    place_and_offer_order,
    place_order,
    sms_sent,
)
from tests.shop import LOCATIONS, STAFF, advance_clock, principal_of, token


def give_everyone_an_email() -> None:
    save_staff(replace(STAFF[0], email="ratna@example.com"), "test")
    save_staff(replace(STAFF[2], email="budi@example.com"), "test")
    save_location(replace(LOCATIONS[0], email="gudang@example.com"), "test")
    places.clear_cache()


def addresses() -> list[str]:
    return [address for address, _ in emails_sent()]


def test_a_salesman_who_does_not_answer_gets_an_email_once(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    give_everyone_an_email()
    deliver_messages(load_last_entry(place_and_offer_order(), "OfferOpened"))

    advance_clock(minutes=4)
    escalate()
    assert addresses() == []
    advance_clock(minutes=2)
    escalate()
    escalate()

    assert addresses() == ["budi@example.com"]
    assert len(sms_sent()) == 1


def test_an_acknowledged_notice_is_not_escalated(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    give_everyone_an_email()
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    deliver_messages(opened)

    assert call("POST", f"/api/inbox/{opened.event_id}/ack", token=token("salesman-budi")).status == 200
    advance_clock(minutes=6)
    escalate()

    assert addresses() == []


def test_a_claimed_offer_is_not_escalated(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    give_everyone_an_email()
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    deliver_messages(opened)

    call("POST", f"/api/offers/{opened.event.offer_id}/claim", {}, token=token("salesman-dewi"))
    advance_clock(minutes=6)

    assert escalate() == 2
    assert escalate() == 0
    assert addresses() == []


def test_work_that_is_not_begun_is_escalated_from_the_team_to_the_owner(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    give_everyone_an_email()
    deliver_messages(load_last_entry(place_and_offer_order(), "OfferOpened"))
    assert addresses() == []

    advance_clock(minutes=6)
    escalate()
    assert addresses() == ["gudang@example.com"]
    advance_clock(minutes=6)
    escalate()

    assert addresses() == ["gudang@example.com", "ratna@example.com"]
    assert inbox_kinds("role#owner") == ["unheard"]


def test_an_escalation_that_dies_before_the_owner_is_notified_is_retried(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The channel was once recorded in a commit of its own, so the owner was never notified."""
    a_shop_with_vans()
    deliver_messages(load_last_entry(place_and_offer_order(), "OfferOpened"))
    advance_clock(minutes=6)

    def fail(*args: Any) -> None:
        raise Unavailable()

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_notice", fail)
        escalate()
    assert inbox_kinds("role#owner") == []
    advance_clock(minutes=6)
    escalate()

    assert inbox_kinds("role#owner") == ["unheard"]
    assert escalate() == 0


def test_an_unanswered_notice_is_on_the_owners_board_with_the_orders_number(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_and_offer_order()
    deliver_messages(load_last_entry(order_id, "OfferOpened"))

    for _ in range(2):
        advance_clock(minutes=6)
        escalate()

    [unheard] = call("GET", "/api/exceptions", token=token("owner-ratna")).json["items"]
    placed = call("GET", f"/api/orders/{order_id}", token=token("owner-ratna")).json
    assert (unheard["kind"], unheard["order"], unheard["number"]) == ("unheard", order_id, placed["number"])


def test_work_that_was_accepted_late_leaves_the_owners_board(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_and_offer_order()
    deliver_messages(load_last_entry(order_id, "OfferOpened"))
    for _ in range(2):
        advance_clock(minutes=6)
        escalate()
    assert kinds_on_the_board() == ["unheard"]

    accept_as_warehouse(order_id)

    assert kinds_on_the_board() == []


def test_a_board_that_did_not_change_is_not_sent_again(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    board = call("GET", "/api/exceptions", token=token("owner-ratna"))
    etag = {"If-None-Match": board.headers["ETag"]}

    assert call("GET", "/api/exceptions", token=token("owner-ratna"), headers=etag).status == 304


def kinds_on_the_board() -> list[str]:
    items = call("GET", "/api/exceptions", token=token("owner-ratna")).json["items"]
    return [item["kind"] for item in items]


def test_accepted_work_is_not_escalated(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    give_everyone_an_email()
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    deliver_messages(opened)

    accept(principal_of("warehouse-joko"), opened.event.assigned[0].fulfillment_id)
    advance_clock(minutes=6)
    escalate()

    assert addresses() == []
    assert inbox_kinds(TEAM) == ["yours_now"]


def test_a_message_whose_sender_died_behind_the_claim_goes_to_the_next_channel(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans()
    order_id = place_order(customer={"name": "Sari", "phone": "081252981234", "email": "sari@example.com"})

    def die(*args: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transports, "send_email", die)
        with pytest.raises(KeyboardInterrupt):
            deliver_messages(load_last_entry(order_id, "OrderPlaced"))
    advance_clock(minutes=6)
    escalate()
    escalate()

    assert addresses() == []
    assert [number for number, _ in sms_sent()] == ["+6281252981234"]


def test_an_offer_to_a_salesman_without_another_channel_stays_in_the_inbox(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    deliver_messages(load_last_entry(place_and_offer_order(), "OfferOpened"))
    advance_clock(minutes=6)

    assert escalate() == 1
    advance_clock(minutes=6)

    assert escalate() == 0
    assert inbox_kinds(BUDI) == ["offer"]
