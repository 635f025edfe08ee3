"""Tokens and signing keys: each token gives access to one object, appears nowhere else, and can be revoked."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import auth, config
from chalicelib.orders.model import LINK_LIFETIME
from chalicelib.places.model import Staff
from chalicelib.places.save import save_staff
from tests.client import call
from tests.conftest import clear_caches
from tests.shop import advance_clock, token
from tests.verification.attacks.actions import assert_nothing_changes, place_order, send_ok, send_request
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.principals import PRINCIPALS, send_as
from tests.verification.endpoints.sample_shop import LIA, RATNA, STAFF

OLD, NEW = "an-old-signing-key-of-thirty-two-characters", "the-signing-key-of-these-tests-is-long-enough"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def configure(*secrets: str) -> None:
        monkeypatch.setenv("SATUKANAL_SECRETS", ",".join(secrets))
        config.secrets.cache_clear()

    yield configure
    monkeypatch.undo()
    config.secrets.cache_clear()


def test_a_token_is_invalid_once_its_signing_key_is_removed(shop: MemoryShop, keys: Any) -> None:
    """CosmicSting: keys stolen before the patch remained valid after it."""
    keys(OLD)
    tokens = {
        "staff": token(RATNA),
        "order": auth.order_token(shop.sample.ids["ord_01KB"]),
        "cursor": auth.sign("c", 1),
    }

    keys(OLD, NEW)
    assert _statuses(shop, tokens) == [200, 200, 1]
    keys(NEW)
    assert _statuses(shop, tokens) == [401, 404, None]


def _statuses(shop: MemoryShop, tokens: dict[str, str]) -> list[Any]:
    clear_caches()
    mine = send_request(shop, "GET", f"/orders/{shop.sample.ids['ord_01KB']}", token=tokens["order"])
    return [call("GET", "/api/me", token=tokens["staff"]).status, mine.status, auth.unsign("c", tokens["cursor"])]


@pytest.mark.parametrize("secrets", [[""], ["short"], [NEW, "short"], ["", NEW, "x" * 31]])
def test_an_empty_or_short_signing_key_is_refused(keys: Any, secrets: list[str]) -> None:
    """CCAvenue CVE-2026-103298, Eurobank CVE-2026-103300: the signing key was empty by default."""
    keys(*secrets)

    with pytest.raises(RuntimeError, match="signing key of 32 characters"):
        config.secrets()


def test_every_letter_of_an_orders_token_counts(shop: MemoryShop) -> None:
    """Like Adobe CVE-2025-54236 (SessionReaper): a changed token must not be valid."""
    order, good = shop.sample.ids["ord_01KB"], shop.sample.tokens["ord_01KB"]
    letters = string.ascii_letters + string.digits + "-_"
    tampered = [good[:at] + letters[(letters.index(good[at]) + 1) % 64] + good[at + 1 :] for at in range(len(good) - 1)]
    tampered += [good[:-1], good + "A", good[::-1], good.lower(), good.upper(), f" {good}", f"{good}\x00", good * 4]

    with assert_nothing_changes(shop):
        answers = [send_request(shop, "GET", f"/orders/{order}", token=changed) for changed in tampered]

    assert {answer.status for answer in answers} == {404}


def test_every_letter_of_a_staff_token_counts(shop: MemoryShop) -> None:
    good = token(RATNA)
    tampered = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(len(good) - 1)]

    assert {call("GET", "/api/me", token=changed).status for changed in tampered} == {401}


def test_tokens_appear_only_in_the_answers_that_issue_them(shop: MemoryShop) -> None:
    """Payment Plugins for Stripe CVE-2026-80339, Sylius CVE-2024-40633: another page's response contained a key.

    Checks every endpoint as every principal.
    """
    secrets = {name: secret for name, secret in shop.sample.tokens.items() if secret}
    keys = [*config.secrets(), *map(token, STAFF.values())]

    for row in ROWS:
        shop.reset()
        if row.prepare:
            row.prepare(shop.sample)
        for who in PRINCIPALS:
            text = send_as(shop.sample, row, who).body.decode("utf-8", "replace")
            shown = [name for name, secret in secrets.items() if secret in text]
            assert shown == [] or (row.endpoint.endswith("/pay-link") and shown == ["a draft"]), (row.name, who)
            assert not [key for key in keys if key in text], (row.name, who)


def test_no_token_is_stored_in_plain_text(shop: MemoryShop) -> None:
    """A backup of the tables must not give access to orders."""
    tables = str(shop.memory.tables)

    assert not [secret for secret in shop.sample.tokens.values() if secret and secret in tables]
    assert not [key for key in config.secrets() if key in tables]


def test_an_order_link_expires(shop: MemoryShop) -> None:
    order = place_order(shop, "+6281252000001")

    advance_clock(int(LINK_LIFETIME / timedelta(minutes=1)) + 1)

    assert send_request(shop, "GET", f"/orders/{order['id']}", token=order["token"]).status == 404


def test_a_newer_link_revokes_the_older(shop: MemoryShop) -> None:
    """Like CosmicSting: a link that was sent to the wrong person can be revoked."""
    order = place_order(shop, "+6281252000001")

    send_ok(shop, "POST", f"/orders/{order['id']}/link", by=LIA)

    assert send_request(shop, "GET", f"/orders/{order['id']}", token=order["token"]).status == 404


def test_signing_staff_out_revokes_their_tokens(shop: MemoryShop) -> None:
    """Like Adobe CVE-2025-54236: a stolen session ends when it is revoked."""
    save_staff(Staff("owner-gone", "Gone", "owner"), "test")
    staff_token = auth.staff_token("owner-gone", "owner")
    assert call("GET", "/api/me", token=staff_token).status == 200

    save_staff(Staff("owner-gone", "Gone", "owner", version=2), "test")
    clear_caches()

    assert call("GET", "/api/me", token=staff_token).status == 401


@pytest.mark.parametrize("purpose", ["cursor:products", "whatsapp-cart", "staff", ""])
def test_a_token_signed_for_one_purpose_is_invalid_for_others(shop: MemoryShop, purpose: str) -> None:
    signed = auth.sign(purpose, {"id": RATNA, "role": "owner", "v": 1})

    assert call("GET", "/api/me", token=signed).status == 401
    assert send_request(shop, "GET", "/orders", by=RATNA, cursor=signed).status == 422
    line = {"sku": "TEH-001", "quantity": 1}
    body = {"channel": "whatsapp", "cart": signed, "lines": [line], "payments": [{"method": "cod"}]}
    assert send_request(shop, "POST", "/orders", body).status == 422


def test_a_staff_token_in_the_query_is_ignored(shop: MemoryShop) -> None:
    """URLs are logged and stored by browsers, so staff tokens are accepted in the header only."""
    assert send_request(shop, "GET", "/me", token=token(RATNA)).status == 401
