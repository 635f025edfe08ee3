"""What attackers do, in few words: requests from any address of the world, and what the shop then tells people."""

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
    """As API Gateway says it: `caller` is the address at the other end of the connection."""
    path, _, query = path.partition("?")
    said = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {}) | (headers or {})
    return gateway().call(HttpRequest(method, path, query, said, encode_body(body), caller))


def place_order(ground: MemoryShop, phone: str, caller: str = PUBLIC_ADDRESS, headers: Any = None, **said: Any) -> Any:
    body = an_order((TEA, 1), **{"customer": {"name": "Sari", "phone": phone}} | said)
    answer = send_from("POST", "/api/orders", body, caller=caller, key=ground.sample.next_key(), headers=headers)
    assert answer.status == 201, answer.text
    return answer.json


def deliver_notices(ground: MemoryShop, subject: str, kind: str) -> None:
    """The notices of these journal entries go out."""
    for item in ground.memory.tables["test-journal"].rows[subject].values():
        if item["kind"]["S"] == kind:
            deliver_messages(journal.row_to_entry(EntryRow.from_raw_data(item)))


@contextmanager
def assert_nothing_changes(ground: MemoryShop) -> Iterator[None]:
    before = ground.memory.snapshot()
    yield
    assert ground.memory.tables == before


def send_request(
    ground: MemoryShop, method: str, path: str, body: Any = None, by: str = "", **query: str
) -> HttpResponse:
    """By a member of staff, or by whoever holds the `token` of the query."""
    return call(
        method, f"/api{path}", body, token=token(by) if by else "", key=ground.sample.next_key(), query=query or None
    )


def send_ok(ground: MemoryShop, method: str, path: str, body: Any = None, by: str = "", **query: str) -> Any:
    answer = send_request(ground, method, path, body, by, **query)
    assert answer.status < 300, f"{method} {path}: {answer.text}"
    return answer.json
