"""What attackers do, in few words: requests from any address of the world, and what the shop then tells people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.kit import journal
from chalicelib.kit.journal import Entry
from chalicelib.notify.tell import tell
from infra.local.server import Answered, Asked
from tests.client import call, gateway, raw
from tests.shop import an_order, token
from tests.verification.attacks.ground import Ground
from tests.verification.endpoints.world import TEA

SOMEWHERE = "103.47.132.18"


def from_afar(
    method: str, path: str, body: Any = None, *, caller: str = SOMEWHERE, key: str = "", headers: Any = None
) -> Answered:
    """As API Gateway says it: `caller` is the address at the other end of the connection."""
    path, _, query = path.partition("?")
    said = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {}) | (headers or {})
    return gateway().call(Asked(method, path, query, said, raw(body), caller))


def ordered(ground: Ground, phone: str, caller: str = SOMEWHERE, headers: Any = None, **said: Any) -> Any:
    body = an_order((TEA, 1), **{"customer": {"name": "Sari", "phone": phone}} | said)
    answer = from_afar("POST", "/api/orders", body, caller=caller, key=ground.world.key(), headers=headers)
    assert answer.status == 201, answer.text
    return answer.json


def heard(ground: Ground, subject: str, kind: str) -> None:
    """The notices of these journal entries go out."""
    for item in ground.memory.tables["test-journal"].rows[subject].values():
        if item["kind"]["S"] == kind:
            tell(journal.to_journal_entry(Entry.from_raw_data(item)))


@contextmanager
def nothing_moves(ground: Ground) -> Iterator[None]:
    before = ground.memory.snapshot()
    yield
    assert ground.memory.tables == before


def ask(ground: Ground, method: str, path: str, body: Any = None, by: str = "", **query: str) -> Answered:
    """By a member of staff, or by whoever holds the `token` of the query."""
    return call(method, f"/api{path}", body, token=token(by) if by else "", key=ground.world.key(), query=query or None)


def done(ground: Ground, method: str, path: str, body: Any = None, by: str = "", **query: str) -> Any:
    answer = ask(ground, method, path, body, by, **query)
    assert answer.status < 300, f"{method} {path}: {answer.text}"
    return answer.json
