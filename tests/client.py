"""Calls the doors in this process over the same adapter as the local server, so a test sees what a client would."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import urlencode

from chalicelib.kit import auth
from infra.local.server import Gateway, HttpRequest, HttpResponse


@cache
def gateway() -> Gateway:
    from app import app

    return Gateway(app)


def call(  # noqa: PLR0913 - the parts of a request, so that a test names only those it is about
    method: str,
    path: str,
    body: Any = None,
    *,
    headers: dict[str, str] | None = None,
    token: str = "",
    key: str = "",
    query: dict[str, Any] | None = None,
) -> HttpResponse:
    """`path` as a client writes it (`/api/orders`); `token` is a staff token, `key` an Idempotency-Key; a `body` that
    is neither bytes nor text is sent as JSON."""
    said = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    said |= ({"idempotency-key": key} if key else {}) | {name.lower(): text for name, text in (headers or {}).items()}
    path, _, written = path.partition("?")
    return gateway().call(HttpRequest(method, path, urlencode(query) if query else written, said, encode_body(body)))


def encode_body(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else json.dumps(body).encode()


def staff_token(staff_id: str, role: str, version: int = 1) -> str:
    return auth.staff_token(staff_id, role, version)
