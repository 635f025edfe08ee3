"""Tokens and keys: each opens one thing, shows nowhere else, and is dead once it was taken away."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import auth, config
from chalicelib.orders.model import LINK_LASTS
from chalicelib.places.keep import keep_staff
from chalicelib.places.model import Staff
from tests.client import call
from tests.conftest import forget
from tests.shop import later, token
from tests.verification.attacks.acts import ask, done, nothing_moves, ordered
from tests.verification.attacks.ground import Ground
from tests.verification.endpoints.knock import PRINCIPALS, knock
from tests.verification.endpoints.rows import ROWS
from tests.verification.endpoints.world import LIA, RATNA, STAFF

OLD, NEW = "an-old-signing-key-of-thirty-two-characters", "the-signing-key-of-these-tests-is-long-enough"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def are(*secrets: str) -> None:
        monkeypatch.setenv("SATUKANAL_SECRETS", ",".join(secrets))
        config.secrets.cache_clear()

    yield are
    monkeypatch.undo()
    config.secrets.cache_clear()


def test_a_stolen_key_is_dead_once_it_is_taken_away(ground: Ground, keys: Any) -> None:
    """CosmicSting: keys stolen before the patch stayed good after it."""
    keys(OLD)
    made = {
        "staff": token(RATNA),
        "order": auth.order_token(ground.world.names["ord_01KB"]),
        "cursor": auth.sign("c", 1),
    }

    keys(OLD, NEW)
    assert _opens(ground, made) == [200, 200, 1]
    keys(NEW)
    assert _opens(ground, made) == [401, 404, None]


def _opens(ground: Ground, made: dict[str, str]) -> list[Any]:
    forget()
    mine = ask(ground, "GET", f"/orders/{ground.world.names['ord_01KB']}", token=made["order"])
    return [call("GET", "/api/me", token=made["staff"]).status, mine.status, auth.unsign("c", made["cursor"])]


@pytest.mark.parametrize("secrets", [[""], ["short"], [NEW, "short"], ["", NEW, "x" * 31]])
def test_a_key_that_is_empty_or_short_stops_the_house(keys: Any, secrets: list[str]) -> None:
    """CCAvenue CVE-2026-103298, Eurobank CVE-2026-103300: the key that everything hung on was empty by default."""
    keys(*secrets)

    with pytest.raises(RuntimeError, match="signing key of 32 characters"):
        config.secrets()


def test_every_letter_of_an_orders_token_counts(ground: Ground) -> None:
    """Of the kind of Adobe CVE-2025-54236 (SessionReaper): somebody else's session must not be one change away."""
    order, good = ground.world.names["ord_01KB"], ground.world.tokens["ord_01KB"]
    letters = string.ascii_letters + string.digits + "-_"
    tampered = [good[:at] + letters[(letters.index(good[at]) + 1) % 64] + good[at + 1 :] for at in range(len(good) - 1)]
    tampered += [good[:-1], good + "A", good[::-1], good.lower(), good.upper(), f" {good}", f"{good}\x00", good * 4]

    with nothing_moves(ground):
        answers = [ask(ground, "GET", f"/orders/{order}", token=each) for each in tampered]

    assert {answer.status for answer in answers} == {404}


def test_every_letter_of_a_staff_token_counts(ground: Ground) -> None:
    good = token(RATNA)
    tampered = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(len(good) - 1)]

    assert {call("GET", "/api/me", token=each).status for each in tampered} == {401}


def test_tokens_are_shown_where_they_are_given_and_nowhere_else(ground: Ground) -> None:
    """Payment Plugins for Stripe CVE-2026-80339, Sylius CVE-2024-40633: a key was read in the answer of another page.
    Every door as every principal; only whoever brings a token, or is given one, sees it."""
    secrets = {name: secret for name, secret in ground.world.tokens.items() if secret}
    keys = [*config.secrets(), *map(token, STAFF.values())]

    for row in ROWS:
        ground.again()
        if row.first:
            row.first(ground.world)
        for who in PRINCIPALS:
            text = knock(ground.world, row, who).body.decode("utf-8", "replace")
            shown = [name for name, secret in secrets.items() if secret in text]
            assert shown == [] or (row.door.endswith("/pay-link") and shown == ["a draft"]), (row.name, who)
            assert not [key for key in keys if key in text], (row.name, who)


def test_no_token_is_kept_as_it_is(ground: Ground) -> None:
    """Who reads a backup must not be able to open orders."""
    kept = str(ground.memory.tables)

    assert not [secret for secret in ground.world.tokens.values() if secret and secret in kept]
    assert not [key for key in config.secrets() if key in kept]


def test_a_link_ends_with_its_time(ground: Ground) -> None:
    order = ordered(ground, "+6281252000001")

    later(int(LINK_LASTS / timedelta(minutes=1)) + 1)

    assert ask(ground, "GET", f"/orders/{order['id']}", token=order["token"]).status == 404


def test_a_newer_link_ends_the_older(ground: Ground) -> None:
    """CosmicSting's lesson for one order: what went to the wrong person can be taken back."""
    order = ordered(ground, "+6281252000001")

    done(ground, "POST", f"/orders/{order['id']}/link", by=LIA)

    assert ask(ground, "GET", f"/orders/{order['id']}", token=order["token"]).status == 404


def test_signing_somebody_out_ends_his_tokens(ground: Ground) -> None:
    """Of the kind of Adobe CVE-2025-54236: who got hold of a session is thrown out of it."""
    keep_staff(Staff("owner-gone", "Gone", "owner"), "test")
    his = auth.staff_token("owner-gone", "owner")
    assert call("GET", "/api/me", token=his).status == 200

    keep_staff(Staff("owner-gone", "Gone", "owner", version=2), "test")
    forget()

    assert call("GET", "/api/me", token=his).status == 401


@pytest.mark.parametrize("purpose", ["cursor:products", "whatsapp-cart", "staff", ""])
def test_what_was_signed_for_one_purpose_is_good_for_no_other(ground: Ground, purpose: str) -> None:
    signed = auth.sign(purpose, {"id": RATNA, "role": "owner", "v": 1})

    assert call("GET", "/api/me", token=signed).status == 401
    assert ask(ground, "GET", "/orders", by=RATNA, cursor=signed).status == 422
    line = {"sku": "TEH-001", "quantity": 1}
    body = {"channel": "whatsapp", "cart": signed, "lines": [line], "payments": [{"method": "cod"}]}
    assert ask(ground, "POST", "/orders", body).status == 422


def test_a_staff_token_in_an_address_is_none(ground: Ground) -> None:
    """Addresses are logged and remembered by browsers; ours takes a staff token from the header only."""
    assert ask(ground, "GET", "/me", token=token(RATNA)).status == 401
