from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.kit import db, journal
from chalicelib.kit.auth import short_token
from chalicelib.notify import store, transports
from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.store import SentRow
from chalicelib.places import find as places
from chalicelib.places.save import save_staff
from tests.client import call
from tests.notify.build import (
    BUDI,
    DEWI,
    TEAM,
    a_shop_with_vans,
    deliver_all_events,
    emails_sent,
    inbox_kinds,
    load_last_entry,
    place_and_offer_order,
    place_order,
    sms_sent,
)
from tests.shop import STAFF, TEAPOT, an_order, token


def test_the_nearby_salesman_the_warehouse_and_the_customer_are_each_notified_once(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    order_id = place_and_offer_order()

    deliver_all_events(order_id)

    assert inbox_kinds(BUDI) == ["offer"]
    assert inbox_kinds(DEWI) == []
    assert inbox_kinds(TEAM) == ["assigned"]
    assert sorted(number for number, _ in sms_sent()) == ["+6281100000003", "+6281252981234"]


def test_the_salesmans_sms_has_their_claim_link_and_fits_two_messages(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")

    deliver_messages(opened)

    [(number, text)] = sms_sent()
    assert number == "+6281100000003"
    assert f"https://shop.test/o/{short_token('claim', opened.event.offer_id, 'salesman-budi')}" in text
    assert "1x Teapot" in text and "0,0 km" in text
    assert "Sari" not in text and "Kenanga" not in text
    assert len(text) <= 300 and text.isascii()


def test_the_customers_sms_has_the_link_to_the_order(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order()

    deliver_messages(load_last_entry(order_id, "OrderPlaced"))

    [(number, text)] = sms_sent()
    assert number == "+6281252981234"
    assert "Rp125.000" in text and f"https://shop.test/pesanan/?id={order_id}&token=" in text


def test_a_customer_with_an_email_address_gets_an_email_instead_of_an_sms(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order(customer={"name": "Sari", "phone": "081252981234", "email": "sari@example.com"})

    deliver_messages(load_last_entry(order_id, "OrderPlaced"))

    assert [address for address, _ in emails_sent()] == ["sari@example.com"]
    assert sms_sent() == []


def test_without_a_nearby_salesman_the_warehouse_is_told_to_ship_immediately(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_and_offer_order()

    deliver_all_events(order_id)

    assert inbox_kinds(TEAM) == ["yours_now"]


def test_duplicate_events_in_any_order_notify_each_recipient_once(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    order_id = place_and_offer_order()
    entries = journal.history(f"order#{order_id}") * 3
    random.Random(7).shuffle(entries)

    for entry in entries:
        deliver_messages(journal.row_to_entry(entry))

    assert len(sms_sent()) == len(set(sms_sent())) == 3
    assert inbox_kinds(BUDI) == inbox_kinds(DEWI) == ["offer"]
    assert inbox_kinds(TEAM) == ["assigned"]


def test_an_offer_claimed_before_its_event_arrives_notifies_no_salesman(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    order_id = place_and_offer_order()
    opened = load_last_entry(order_id, "OfferOpened")
    assert call("POST", f"/api/offers/{opened.event.offer_id}/claim", {}, token=token("salesman-budi")).status == 200

    deliver_all_events(order_id)

    assert inbox_kinds(DEWI) == []
    assert inbox_kinds(TEAM) == ["stand_down"]


def test_the_notified_parties_are_stored_with_the_order(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    order_id = place_and_offer_order()

    deliver_all_events(order_id)

    parties = {event["kind"]: event["parties"] for event in store.load_notified(f"order#{order_id}")}
    assert parties["OfferOpened"] == [BUDI, TEAM]
    assert parties["OrderPlaced"] == [f"customer#{order_id}"]


def test_a_message_whose_reply_was_lost_is_not_sent_again_and_the_next_channel_is_used(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans("van-budi")
    save_staff(replace(STAFF[2], email="budi@example.com"), "test")
    places.clear_cache()
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    calls: list[str] = []

    def lose_reply(phone: str, text: str) -> None:
        calls.append(phone)
        raise transports.OutcomeUnknown

    monkeypatch.setattr(transports, "send_sms", lose_reply)
    deliver_messages(opened)
    deliver_messages(opened)

    assert calls == ["+6281100000003"]
    assert [address for address, _ in emails_sent()] == ["budi@example.com"]
    assert send_statuses(opened.event_id) == {"sms": "unknown", "email": "sent"}


def test_a_message_is_not_sent_again_after_the_sender_died_behind_the_claim(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans("van-budi")
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")

    def die(phone: str, text: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transports, "send_sms", die)
        with pytest.raises(KeyboardInterrupt):
            deliver_messages(opened)
    deliver_messages(opened)

    assert sms_sent() == []
    assert send_statuses(opened.event_id) == {"sms": "claimed"}
    assert inbox_kinds(BUDI) == ["offer"]


def send_statuses(event_id: str, party: str = BUDI) -> dict[str, str]:
    """The outcome of a message, by channel."""
    rows = {channel: db.get(SentRow, f"sent#{event_id}#{party}#{channel}", "sent") for channel in ("sms", "email")}
    return {channel: row.status for channel, row in rows.items() if row}


def test_a_salesman_is_notified_once_of_an_order_that_another_recorded_for_them(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    order = an_order((TEAPOT, 1), channel="sfa", actor="salesman-budi")

    order_id = call("POST", "/api/orders", order, key="k" * 16, token=token("owner-ratna")).json["id"]
    for _ in range(2):
        deliver_messages(load_last_entry(order_id, "OrderPlaced"))

    assert inbox_kinds(BUDI) == ["sold"]


def test_a_salesman_is_not_notified_of_an_order_they_recorded(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    order = an_order((TEAPOT, 1), channel="sfa")

    order_id = call("POST", "/api/orders", order, key="k" * 16, token=token("salesman-budi")).json["id"]
    deliver_messages(load_last_entry(order_id, "OrderPlaced"))

    assert inbox_kinds(BUDI) == []
