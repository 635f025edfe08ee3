from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.kit import db, journal
from chalicelib.kit.auth import short_token
from chalicelib.notify import store, transports
from chalicelib.notify.store import SentRow
from chalicelib.notify.tell import tell
from chalicelib.places import find as places
from chalicelib.places.keep import keep_staff
from tests.client import call
from tests.notify.build import (
    BUDI,
    DEWI,
    TEAM,
    a_shop_with_vans,
    everybody_hears,
    inbox_of,
    mails_sent,
    offered,
    placed,
    sms_sent,
    told,
)
from tests.shop import STAFF, TEAPOT, an_order, token


def test_the_near_salesman_the_warehouse_and_the_customer_each_hear_once(carriers: Any) -> None:
    a_shop_with_vans("van-budi")
    order_id = offered()

    everybody_hears(order_id)

    assert inbox_of(BUDI) == ["offer"]
    assert inbox_of(DEWI) == []
    assert inbox_of(TEAM) == ["assigned"]
    assert sorted(number for number, _ in sms_sent()) == ["+6281100000003", "+6281252981234"]


def test_the_salesmans_sms_carries_his_claim_link_and_fits_two_messages(carriers: Any) -> None:
    a_shop_with_vans("van-budi")
    opened = told(offered(), "OfferOpened")

    tell(opened)

    [(number, text)] = sms_sent()
    assert number == "+6281100000003"
    assert f"https://shop.test/o/{short_token('claim', opened.event.offer_id, 'salesman-budi')}" in text
    assert "1x Teapot" in text and "0,0 km" in text
    assert "Sari" not in text and "Kenanga" not in text
    assert len(text) <= 300 and text.isascii()


def test_the_customers_sms_carries_the_link_of_his_order(carriers: Any) -> None:
    a_shop_with_vans()
    order_id = placed()

    tell(told(order_id, "OrderPlaced"))

    [(number, text)] = sms_sent()
    assert number == "+6281252981234"
    assert "Rp125.000" in text and f"https://shop.test/pesanan/?id={order_id}&token=" in text


def test_a_customer_with_an_address_is_written_to_instead(carriers: Any) -> None:
    a_shop_with_vans()
    order_id = placed(customer={"name": "Sari", "phone": "081252981234", "email": "sari@example.com"})

    tell(told(order_id, "OrderPlaced"))

    assert [address for address, _ in mails_sent()] == ["sari@example.com"]
    assert sms_sent() == []


def test_without_a_salesman_near_the_work_is_the_warehouses_at_once(carriers: Any) -> None:
    a_shop_with_vans()
    order_id = offered()

    everybody_hears(order_id)

    assert inbox_of(TEAM) == ["yours_now"]


def test_duplicates_and_any_order_of_events_tell_everybody_once(carriers: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    order_id = offered()
    entries = journal.history(f"order#{order_id}") * 3
    random.Random(7).shuffle(entries)

    for entry in entries:
        tell(journal.to_journal_entry(entry))

    assert len(sms_sent()) == len(set(sms_sent())) == 3
    assert inbox_of(BUDI) == inbox_of(DEWI) == ["offer"]
    assert inbox_of(TEAM) == ["assigned"]


def test_an_offer_that_was_claimed_before_anybody_heard_of_it_alerts_no_salesman(carriers: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    order_id = offered()
    opened = told(order_id, "OfferOpened")
    assert call("POST", f"/api/offers/{opened.event.offer_id}/claim", {}, token=token("salesman-budi")).status == 200

    everybody_hears(order_id)

    assert inbox_of(DEWI) == []
    assert inbox_of(TEAM) == ["stand_down"]


def test_who_was_told_is_kept_with_the_order(carriers: Any) -> None:
    a_shop_with_vans("van-budi")
    order_id = offered()

    everybody_hears(order_id)

    heard = {each["kind"]: each["parties"] for each in store.load_told(f"order#{order_id}")}
    assert heard["OfferOpened"] == [BUDI, TEAM]
    assert heard["OrderPlaced"] == [f"customer#{order_id}"]


def test_a_reply_that_is_lost_is_never_sent_again_and_the_next_channel_is_used(
    carriers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans("van-budi")
    keep_staff(replace(STAFF[2], email="budi@example.com"), "test")
    places.forget()
    opened = told(offered(), "OfferOpened")
    calls: list[str] = []

    def lost(phone: str, text: str) -> None:
        calls.append(phone)
        raise transports.Unknown

    monkeypatch.setattr(transports, "sms", lost)
    tell(opened)
    tell(opened)

    assert calls == ["+6281100000003"]
    assert [address for address, _ in mails_sent()] == ["budi@example.com"]
    assert sends(opened.event_id) == {"sms": "unknown", "email": "sent"}


def test_a_sender_that_dies_after_the_claim_sends_nothing_twice(carriers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a_shop_with_vans("van-budi")
    opened = told(offered(), "OfferOpened")

    def killed(phone: str, text: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(transports, "sms", killed)
        with pytest.raises(KeyboardInterrupt):
            tell(opened)
    tell(opened)

    assert sms_sent() == []
    assert sends(opened.event_id) == {"sms": "claimed"}
    assert inbox_of(BUDI) == ["offer"]


def sends(event_id: str, party: str = BUDI) -> dict[str, str]:
    """What became of a message, by channel."""
    found = {channel: db.get(SentRow, f"sent#{event_id}#{party}#{channel}", "sent") for channel in ("sms", "email")}
    return {channel: row.status for channel, row in found.items() if row}


def test_a_salesman_hears_once_of_the_order_that_somebody_else_wrote_down_for_him(carriers: Any) -> None:
    a_shop_with_vans("van-budi")
    order = an_order((TEAPOT, 1), channel="sfa", actor="salesman-budi")

    order_id = call("POST", "/api/orders", order, key="k" * 16, token=token("owner-ratna")).json["id"]
    for _ in range(2):
        tell(told(order_id, "OrderPlaced"))

    assert inbox_of(BUDI) == ["sold"]


def test_what_a_salesman_sells_himself_is_no_news_to_him(carriers: Any) -> None:
    a_shop_with_vans("van-budi")
    order = an_order((TEAPOT, 1), channel="sfa")

    order_id = call("POST", "/api/orders", order, key="k" * 16, token=token("salesman-budi")).json["id"]
    tell(told(order_id, "OrderPlaced"))

    assert inbox_of(BUDI) == []
