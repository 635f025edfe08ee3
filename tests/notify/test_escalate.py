from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.fulfillment.accept import accept
from chalicelib.kit.errors import Unavailable
from chalicelib.notify import store, transports
from chalicelib.notify.escalate import escalate
from chalicelib.notify.tell import tell
from chalicelib.places import find as places
from chalicelib.places.keep import keep_location, keep_staff
from tests.client import call
from tests.notify.build import BUDI, TEAM, a_shop_with_vans, inbox_of, mails_sent, offered, placed, sms_sent, told
from tests.shop import LOCATIONS, STAFF, later, token, who


def reachable_by_mail() -> None:
    keep_staff(replace(STAFF[0], email="ratna@example.com"), "test")
    keep_staff(replace(STAFF[2], email="budi@example.com"), "test")
    keep_location(replace(LOCATIONS[0], email="gudang@example.com"), "test")
    places.forget()


def addresses() -> list[str]:
    return [address for address, _ in mails_sent()]


def test_a_salesman_who_does_not_answer_gets_an_email_once(carriers: Any) -> None:
    a_shop_with_vans("van-budi")
    reachable_by_mail()
    tell(told(offered(), "OfferOpened"))

    later(minutes=4)
    escalate()
    assert addresses() == []
    later(minutes=2)
    escalate()
    escalate()

    assert addresses() == ["budi@example.com"]
    assert len(sms_sent()) == 1


def test_whoever_acknowledged_is_left_alone(carriers: Any) -> None:
    a_shop_with_vans("van-budi")
    reachable_by_mail()
    opened = told(offered(), "OfferOpened")
    tell(opened)

    assert call("POST", f"/api/inbox/{opened.event_id}/ack", token=token("salesman-budi")).status == 200
    later(minutes=6)
    escalate()

    assert addresses() == []


def test_nobody_is_reminded_of_an_offer_that_is_over(carriers: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    reachable_by_mail()
    opened = told(offered(), "OfferOpened")
    tell(opened)

    call("POST", f"/api/offers/{opened.event.offer_id}/claim", {}, token=token("salesman-dewi"))
    later(minutes=6)

    assert escalate() == 2
    assert escalate() == 0
    assert addresses() == []


def test_work_that_nobody_begins_climbs_from_the_team_to_the_owner(carriers: Any) -> None:
    a_shop_with_vans()
    reachable_by_mail()
    tell(told(offered(), "OfferOpened"))
    assert addresses() == []

    later(minutes=6)
    escalate()
    assert addresses() == ["gudang@example.com"]
    later(minutes=6)
    escalate()

    assert addresses() == ["gudang@example.com", "ratna@example.com"]
    assert inbox_of("role#owner") == ["unheard"]


def test_whoever_dies_before_the_owner_is_told_leaves_the_rung_to_be_climbed_again(
    carriers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rung was written first: the next minute took the ladder for climbed, and nobody ever heard."""
    a_shop_with_vans()
    tell(told(offered(), "OfferOpened"))
    later(minutes=6)

    def lost(*said: Any) -> None:
        raise Unavailable()

    with monkeypatch.context() as dying:
        dying.setattr(store, "put_notice", lost)
        escalate()
    assert inbox_of("role#owner") == []
    later(minutes=6)
    escalate()

    assert inbox_of("role#owner") == ["unheard"]
    assert escalate() == 0


def test_what_nobody_heard_stands_on_the_owners_board_under_the_number_people_call_it_by(carriers: Any) -> None:
    a_shop_with_vans()
    order_id = offered()
    tell(told(order_id, "OfferOpened"))

    for _ in range(2):
        later(minutes=6)
        escalate()

    [unheard] = call("GET", "/api/exceptions", token=token("owner-ratna")).json["items"]
    placed = call("GET", f"/api/orders/{order_id}", token=token("owner-ratna")).json
    assert (unheard["kind"], unheard["order"], unheard["number"]) == ("unheard", order_id, placed["number"])


def test_work_that_was_accepted_needs_no_reminder(carriers: Any) -> None:
    a_shop_with_vans()
    reachable_by_mail()
    opened = told(offered(), "OfferOpened")
    tell(opened)

    accept(who("warehouse-joko"), opened.event.assigned[0].fulfillment_id)
    later(minutes=6)
    escalate()

    assert addresses() == []
    assert inbox_of(TEAM) == ["yours_now"]


def test_a_claimed_sms_of_a_sender_that_died_goes_to_the_next_channel(
    carriers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans()
    order_id = placed(customer={"name": "Sari", "phone": "081252981234", "email": "sari@example.com"})

    def killed(*said: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(transports, "email", killed)
        with pytest.raises(KeyboardInterrupt):
            tell(told(order_id, "OrderPlaced"))
    later(minutes=6)
    escalate()
    escalate()

    assert addresses() == []
    assert [number for number, _ in sms_sent()] == ["+6281252981234"]


def test_an_offer_for_a_salesman_with_no_other_channel_rests_in_his_inbox(carriers: Any) -> None:
    a_shop_with_vans("van-budi")
    tell(told(offered(), "OfferOpened"))
    later(minutes=6)

    assert escalate() == 1
    later(minutes=6)

    assert escalate() == 0
    assert inbox_of(BUDI) == ["offer"]
