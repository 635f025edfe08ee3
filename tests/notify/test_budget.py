from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import clock, config, db
from chalicelib.notify import store
from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.store import BudgetRow
from tests.client import call
from tests.notify.build import (
    BUDI,
    a_shop_with_vans,
    inbox_kinds,
    load_last_entry,
    place_and_offer_order,
    place_order,
    sms_sent,
)
from tests.shop import TEAPOT, add_stock, an_order


def spent(sk: str = "all") -> int:
    row = db.get(BudgetRow, f"budget#sms#{clock.day_of(clock.now(), config.zone())}", sk)
    return int(row.spent) if row else 0


def test_sms_to_one_number_stop_at_its_daily_budget(sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATUKANAL_SMS_PER_CUSTOMER_PER_DAY", "3")
    a_shop_with_vans()
    add_stock(TEAPOT, "wh-surabaya", 20)

    for number in range(6):
        answer = call("POST", "/api/orders", an_order((TEAPOT, 1)), key=f"flood-flood-flood-{number}")
        deliver_messages(load_last_entry(answer.json["id"], "OrderPlaced"))

    assert len(sms_sent()) == 3
    assert spent() == 3


def test_the_shops_budget_is_never_exceeded_and_notices_still_reach_the_inbox(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SATUKANAL_SMS_PER_DAY", "1")
    a_shop_with_vans("van-budi")
    order_id = place_and_offer_order()

    deliver_messages(load_last_entry(order_id, "OrderPlaced"))
    deliver_messages(load_last_entry(order_id, "OfferOpened"))

    assert len(sms_sent()) == 1
    assert inbox_kinds(BUDI) == ["offer"]
    assert spent() == 1


def test_a_budget_of_zero_sends_no_sms(sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATUKANAL_SMS_PER_DAY", "0")
    a_shop_with_vans("van-budi")
    order_id = place_and_offer_order()

    deliver_messages(load_last_entry(order_id, "OfferOpened"))

    assert sms_sent() == []
    assert inbox_kinds(BUDI) == ["offer"]


def test_a_number_outside_the_allowed_countries_gets_no_sms(sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATUKANAL_SMS_PREFIXES", "+65,+60")
    a_shop_with_vans()
    order_id = place_order()

    deliver_messages(load_last_entry(order_id, "OrderPlaced"))

    assert sms_sent() == []
    assert spent() == 0
    assert store.load_notified(f"order#{order_id}") == []


def test_budgets_store_no_phone_number(sns_and_ses: Any) -> None:
    a_shop_with_vans()

    deliver_messages(load_last_entry(place_order(), "OrderPlaced"))

    items = sns_and_ses.client("dynamodb").scan(TableName="test-notify")["Items"]
    assert items and "81252981234" not in str(items)
