"""Tokens that we did not give, or no longer honor: every door that asks who is calling says 401, and nothing moves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from chalicelib.kit import auth, clock, config
from chalicelib.places.keep import keep_staff
from chalicelib.places.model import Staff
from tests.client import call
from tests.shop import token
from tests.verification.endpoints import tables
from tests.verification.endpoints.knock import door
from tests.verification.endpoints.rows import ROWS
from tests.verification.endpoints.world import RATNA, World

ASKS_WHO = sorted({row.door for row in ROWS if "anyone" not in door(row.door).who})
CLAIMS = {"id": RATNA, "role": "owner", "v": 1}


def jwt(algorithm: str, secret: bytes = b"") -> str:
    def part(said: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()

    text = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': '../../dev/null'})}.{part(CLAIMS)}"
    signed = base64.urlsafe_b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    return f"{text}.{signed if algorithm != 'none' else ''}"


def expired() -> str:
    now = clock.source
    clock.source = lambda: now() - timedelta(days=auth.TOKEN_DAYS, seconds=1)
    try:
        return token(RATNA)
    finally:
        clock.source = now


def changed() -> str:
    good = token(RATNA)
    return good[:-1] + ("A" if good[-1] != "A" else "B")


def left_the_house() -> str:
    keep_staff(Staff("owner-gone", "Gone", "owner", active=False), "test")
    return auth.staff_token("owner-gone", "owner")


def signed_out() -> str:
    keep_staff(Staff("owner-out", "Out", "owner", version=2), "test")
    return auth.staff_token("owner-out", "owner", version=1)


def by_another_key() -> str:
    return str(URLSafeTimedSerializer("a-key-that-is-not-ours-but-is-long-enough", salt="staff").dumps(CLAIMS))


FORGED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "a word": lambda: "nonsense",
    "a JWT signed by nobody": lambda: jwt("none"),
    "a JWT signed with an empty key": lambda: jwt("HS256"),
    "a JWT signed with our key": lambda: jwt("HS256", config.secrets()[-1].encode()),
    "signed with another key": by_another_key,
    "expired": expired,
    "with one letter changed": changed,
    "an order's token": lambda: auth.order_token("ord_01KB"),
    "signed for another purpose": lambda: auth.sign("cursor:products", CLAIMS),
    "for nobody we know": lambda: auth.staff_token("owner-nobody", "owner"),
    "from before he was signed out": signed_out,
    "of one who left": left_the_house,
    "claims that are no claims": lambda: str(auth._timed("staff").dumps("owner")),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_token_we_do_not_honor_opens_no_door(world: World, kind: str) -> None:
    forged = FORGED[kind]()
    before = tables.saved()

    for name in ASKS_WHO:
        method, path = name.split(" ")
        answer = call(method, f"/api{path}", door(name).example, headers={"Authorization": f"Bearer {forged}"})

        assert (answer.status, answer.json["code"]) == (401, "not_signed_in"), name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert tables.moved(before) == {}


def test_a_forged_token_is_refused_even_where_none_is_needed(world: World) -> None:
    assert call("GET", "/api/catalog/products", token=jwt("none")).status == 401


@pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer:", ""])
def test_only_a_bearer_token_says_who_is_calling(world: World, scheme: str) -> None:
    assert call("GET", "/api/me", headers={"Authorization": f"{scheme} {token(RATNA)}"}).status == 401


def test_what_he_may_do_is_what_the_staff_list_says_not_his_token(world: World) -> None:
    promoted = auth.staff_token("cashier-sinta", "owner")

    assert call("GET", "/api/me", token=promoted).json["role"] == "cashier"
    assert call("GET", "/api/staff", token=promoted).status == 403
