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

from chalicelib.kit import compact_json, db
from chalicelib.kit.db import Key, Row, Write
from chalicelib.kit.errors import Invalid, Problem


class IdempotencyRecord(Row):
    Meta = db.table("requests")

    body_hash = UnicodeAttribute()
    answer = BinaryAttribute(legacy_encoding=False)


@dataclass(frozen=True)
class IdempotencyKey:
    """Who asked, under which key, for what. The key is scoped to the caller and the door."""

    scope: str
    body_hash: str

    @property
    def record_key(self) -> Key:
        return Key(IdempotencyRecord, self.scope, "request")


class KeyReused(Invalid):
    message = "This Idempotency-Key was used before with another body; send a new key for a new request."


class Replay(Problem):
    """Not a refusal: the same request had been done, and this is its answer."""

    message = "Done before."

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


def build_idempotency_key(caller: str, endpoint: str, key: str, body: Any) -> IdempotencyKey:
    return IdempotencyKey(f"{caller}#{endpoint}#{key}", hashlib.sha256(_canonical(body).encode()).hexdigest())


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def raise_if_repeated(request: IdempotencyKey | None, found: IdempotencyRecord | None) -> None:
    """Raises `Replay` when the record is there, `KeyReused` when it is there for another body."""
    if request is not None and found is not None:
        raise build_repeat(request, found)


def build_repeat(request: IdempotencyKey, found: IdempotencyRecord) -> Problem:
    if found.body_hash != request.body_hash:
        return KeyReused()
    return Replay(compact_json.decompress(found.answer))


def check_repeat(request: IdempotencyKey | None) -> None:
    """For verbs that read nothing in batches: one read of the record alone."""
    if request is not None:
        raise_if_repeated(request, db.get(IdempotencyRecord, request.scope, "request"))


def record_answer(request: IdempotencyKey | None, answer: dict[str, Any]) -> Write | None:
    """First in the list of writes, so that a lost race is answered before it is refused."""
    if request is None:
        return None
    row = IdempotencyRecord(request.scope, "request", body_hash=request.body_hash, answer=compact_json.compress(answer))
    return db.create(row, refusal=lambda found: build_repeat(request, found))
