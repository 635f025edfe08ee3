"""Helpers of the attack tests: send requests from any network address, place orders and deliver notices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.kit import journal
from chalicelib.kit.journal import EntryRow
from chalicelib.notify.deliver import deliver_messages
from infra.local.server import HttpRequest, HttpResponse
from tests.client import call, encode_body, gateway
from tests.shop import an_order, token
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.sample_shop import TEA

PUBLIC_ADDRESS = "103.47.132.18"


def send_from(
    method: str, path: str, body: Any = None, *, caller: str = PUBLIC_ADDRESS, key: str = "", headers: Any = None
) -> HttpResponse:
    """Send a request as API Gateway passes it on; `caller` is the client's network address."""
    path, _, query = path.partition("?")
    sent_headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {}) | (headers or {})
    return gateway().call(HttpRequest(method, path, query, sent_headers, encode_body(body), caller))


def place_order(shop: MemoryShop, phone: str, caller: str = PUBLIC_ADDRESS, headers: Any = None, **fields: Any) -> Any:
    body = an_order((TEA, 1), **{"customer": {"name": "Sari", "phone": phone}} | fields)
    answer = send_from("POST", "/api/orders", body, caller=caller, key=shop.sample.next_key(), headers=headers)
    assert answer.status == 201, answer.text
    return answer.json


def deliver_notices(shop: MemoryShop, subject: str, kind: str) -> None:
    """Send the messages of the subject's journal entries of this kind."""
    for item in shop.memory.tables["test-journal"].rows[subject].values():
        if item["kind"]["S"] == kind:
            deliver_messages(journal.row_to_entry(EntryRow.from_raw_data(item)))


@contextmanager
def assert_nothing_changes(shop: MemoryShop) -> Iterator[None]:
    before = shop.memory.snapshot()
    yield
    assert shop.memory.tables == before


def send_request(
    shop: MemoryShop, method: str, path: str, body: Any = None, by: str = "", **query: str
) -> HttpResponse:
    """Send a request as a member of staff, or with an order's token in the query."""
    return call(
        method, f"/api{path}", body, token=token(by) if by else "", key=shop.sample.next_key(), query=query or None
    )


def send_ok(shop: MemoryShop, method: str, path: str, body: Any = None, by: str = "", **query: str) -> Any:
    answer = send_request(shop, method, path, body, by, **query)
    assert answer.status < 300, f"{method} {path}: {answer.text}"
    return answer.json
