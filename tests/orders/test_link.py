"""The customer's link to an order: it opens one order until it expires or is replaced."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from chalicelib.kit import config
from tests.client import call
from tests.notify.build import deliver_all_events, sms_sent
from tests.notify.conftest import sns_and_ses  # noqa: F401 - catches SMS and e-mail
from tests.shop import TEAPOT, advance_clock, an_order, open_shop, token

DAY = 24 * 60


def place_order() -> tuple[str, str]:
    answer = call("POST", "/api/orders", an_order((TEAPOT, 1)), key=f"a-guest-{id(object())}-orders")
    assert answer.status == 201, answer.text
    return answer.json["id"], answer.json["token"]


def status_with_link(order_id: str, link: str) -> int:
    return call("GET", f"/api/orders/{order_id}", query={"token": link}).status


def test_a_link_cannot_be_guessed_and_opens_no_other_order_of_the_same_customer(aws: Any) -> None:
    open_shop(TEAPOT=5)
    mine, link = place_order()
    other, _ = place_order()

    assert len(base64.urlsafe_b64decode(link + "=" * (-len(link) % 4))) * 8 == 256
    assert (status_with_link(mine, link), status_with_link(other, link), status_with_link(mine, link[:-2])) == (
        200,
        404,
        404,
    )


def test_a_link_expires_after_ninety_days(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order_id, link = place_order()

    advance_clock(90 * DAY - 1)
    before = status_with_link(order_id, link)
    advance_clock(1)

    assert (before, status_with_link(order_id, link)) == (200, 404)


def test_a_new_link_goes_only_to_the_customer_and_replaces_the_old_one(aws: Any, sns_and_ses: Any) -> None:  # noqa: F811
    open_shop(TEAPOT=5)
    order_id, link = place_order()
    path, agent, key = f"/api/orders/{order_id}/link", token("agent-lia"), "a-lost-phone-0001"

    renewed, again = (call("POST", path, token=agent, key=key) for _ in range(2))
    deliver_all_events(order_id)

    assert renewed.status == again.status == 200 and renewed.body == again.body
    assert status_with_link(order_id, link) == 404
    [text] = [text for _, text in sms_sent() if "tautan baru" in text]
    new = text.rpartition("token=")[2]
    assert status_with_link(order_id, new) == 200
    assert new.encode() not in renewed.body


def test_a_link_stays_valid_while_its_signing_key_is_configured(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop(TEAPOT=5)
    order_id, link = place_order()
    old, new = config.secrets()[-1], "a-signing-key-that-was-added-later-00001"

    def with_keys(*keys: str) -> int:
        monkeypatch.setattr(config, "secrets", lambda: keys)
        return status_with_link(order_id, link)

    assert with_keys(old, new) == 200
    assert with_keys(new) == 404
