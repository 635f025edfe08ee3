"""A repeat is harmless: the client's Idempotency-Key is a record in the same transaction as what it asked for.

Kept as long as the shop. Same key and body, at once or a year later: the same answer, byte for byte. Same key with
another body: `KeyReused`. The answer is stored without the guest's token, which can be derived again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from chalicelib.kit import compact, db
from chalicelib.kit.db import Key, Row, Write
from chalicelib.kit.errors import Invalid, Problem


class Request(Row):
    Meta = db.table("requests")

    body_hash = UnicodeAttribute()
    answer = BinaryAttribute(legacy_encoding=False)


@dataclass(frozen=True)
class Asked:
    """Who asked, under which key, for what. The key is scoped to the caller and the door."""

    scope: str
    body_hash: str

    @property
    def key(self) -> Key:
        return Key(Request, self.scope, "request")


class KeyReused(Invalid):
    says = "This Idempotency-Key was used before with another body; send a new key for a new request."


class AlreadyAnswered(Problem):
    """Not a refusal: the same request had been done, and this is its answer."""

    says = "Done before."

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


def asked(caller: str, door: str, key: str, body: Any) -> Asked:
    return Asked(f"{caller}#{door}#{key}", hashlib.sha256(_canonical(body).encode()).hexdigest())


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def answer_again(request: Asked | None, found: Request | None) -> None:
    """Raises `AlreadyAnswered` when the record is there, `KeyReused` when it is there for another body."""
    if request is not None and found is not None:
        raise repeat_of(request, found)


def repeat_of(request: Asked, found: Request) -> Problem:
    if found.body_hash != request.body_hash:
        return KeyReused()
    return AlreadyAnswered(compact.unpack(found.answer))


def look_up(request: Asked | None) -> None:
    """For verbs that read nothing in batches: one read of the record alone."""
    if request is not None:
        answer_again(request, db.get(Request, request.scope, "request"))


def remember(request: Asked | None, answer: dict[str, Any]) -> Write | None:
    """First in the list of writes, so that a lost race is answered before it is refused."""
    if request is None:
        return None
    row = Request(request.scope, "request", body_hash=request.body_hash, answer=compact.pack(answer))
    return db.create(row, refusal=lambda found: repeat_of(request, found))
