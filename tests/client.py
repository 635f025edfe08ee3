"""Calls the API's endpoints in this process through the adapter of the local server."""

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
    address: str = "127.0.0.1",
) -> HttpResponse:
    """Return the response to a request. `path` is the public one (`/api/orders`), `token` a staff token, `key` an
    Idempotency-Key, `address` the caller's; a `body` that is neither bytes nor text is sent as JSON."""
    sent_headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    sent_headers |= {"idempotency-key": key} if key else {}
    sent_headers |= {name.lower(): text for name, text in (headers or {}).items()}
    path, _, query_text = path.partition("?")
    query_string = urlencode(query) if query else query_text
    return gateway().call(HttpRequest(method, path, query_string, sent_headers, encode_body(body), address))


def encode_body(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else json.dumps(body).encode()


def staff_token(staff_id: str, role: str, version: int = 1) -> str:
    return auth.staff_token(staff_id, role, version)
