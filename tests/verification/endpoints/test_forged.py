"""Forged, expired and revoked tokens: every endpoint that authenticates answers 401 and changes nothing."""

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
from chalicelib.places.model import Staff
from chalicelib.places.save import save_staff
from tests.client import call
from tests.shop import token
from tests.verification.endpoints import memory_tables
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.principals import find_endpoint
from tests.verification.endpoints.sample_shop import RATNA, SampleShop

AUTHENTICATED_ENDPOINTS = sorted({row.endpoint for row in ROWS if "anyone" not in find_endpoint(row.endpoint).roles})
CLAIMS = {"id": RATNA, "role": "owner", "v": 1}


def build_jwt(algorithm: str, secret: bytes = b"") -> str:
    def part(claims: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()

    text = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': '../../dev/null'})}.{part(CLAIMS)}"
    signed = base64.urlsafe_b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    return f"{text}.{signed if algorithm != 'none' else ''}"


def expired_token() -> str:
    now = clock.source
    clock.source = lambda: now() - timedelta(days=auth.TOKEN_DAYS, seconds=1)
    try:
        return token(RATNA)
    finally:
        clock.source = now


def tampered_token() -> str:
    good = token(RATNA)
    return good[:-1] + ("A" if good[-1] != "A" else "B")


def inactive_staff_token() -> str:
    save_staff(Staff("owner-gone", "Gone", "owner", active=False), "test")
    return auth.staff_token("owner-gone", "owner")


def revoked_token() -> str:
    save_staff(Staff("owner-out", "Out", "owner", version=2), "test")
    return auth.staff_token("owner-out", "owner", version=1)


def token_of_another_key() -> str:
    return str(URLSafeTimedSerializer("a-key-that-is-not-ours-but-is-long-enough", salt="staff").dumps(CLAIMS))


FORGED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "a word": lambda: "nonsense",
    "an unsigned JWT": lambda: build_jwt("none"),
    "a JWT signed with an empty key": lambda: build_jwt("HS256"),
    "a JWT signed with our key": lambda: build_jwt("HS256", config.secrets()[-1].encode()),
    "signed with another key": token_of_another_key,
    "expired": expired_token,
    "with one letter changed": tampered_token,
    "an order's token": lambda: auth.order_token("ord_01KB"),
    "signed for another purpose": lambda: auth.sign("cursor:products", CLAIMS),
    "of unknown staff": lambda: auth.staff_token("owner-unknown", "owner"),
    "revoked": revoked_token,
    "of inactive staff": inactive_staff_token,
    "invalid claims": lambda: str(auth._timed_serializer("staff").dumps("owner")),
}


@pytest.mark.parametrize("kind", FORGED)
def test_an_invalid_token_is_refused_by_every_endpoint(sample: SampleShop, kind: str) -> None:
    forged = FORGED[kind]()
    before = memory_tables.take_snapshot()

    for name in AUTHENTICATED_ENDPOINTS:
        method, path = name.split(" ")
        answer = call(method, f"/api{path}", find_endpoint(name).example, headers={"Authorization": f"Bearer {forged}"})

        assert (answer.status, answer.json["code"]) == (401, "not_signed_in"), name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert memory_tables.list_changes(before) == []


def test_a_public_endpoint_refuses_a_forged_token_too(sample: SampleShop) -> None:
    assert call("GET", "/api/catalog/products", token=build_jwt("none")).status == 401


@pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer:", ""])
def test_only_a_bearer_token_authenticates(sample: SampleShop, scheme: str) -> None:
    assert call("GET", "/api/me", headers={"Authorization": f"{scheme} {token(RATNA)}"}).status == 401


def test_the_role_is_taken_from_the_staff_list_not_the_token(sample: SampleShop) -> None:
    promoted = auth.staff_token("cashier-sinta", "owner")

    assert call("GET", "/api/me", token=promoted).json["role"] == "cashier"
    assert call("GET", "/api/staff", token=promoted).status == 403
