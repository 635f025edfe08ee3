"""Idempotency keys: a record of each request and its answer, written in the same transaction as its effects.

A request with the same key and body raises Replay with the stored answer; with another body it raises KeyReused. A
client that got no answer can withdraw its request: it is then never carried out. Records do not expire. The answer is
stored without the guest's order token, which can be derived again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from chalicelib.kit import compact_json, db
from chalicelib.kit.db import Key, Row, Write
from chalicelib.kit.errors import Invalid, Problem, Refused

WITHDRAWN = "withdrawn"  # in place of the hash of a body


class IdempotencyRecord(Row):
    Meta = db.table("requests")

    body_hash = UnicodeAttribute()
    answer = BinaryAttribute(legacy_encoding=False)


@dataclass(frozen=True)
class IdempotencyKey:
    """An Idempotency-Key in the scope of its caller and endpoint, and the hash of the request's body."""

    scope: str
    body_hash: str

    @property
    def record_key(self) -> Key:
        return Key(IdempotencyRecord, self.scope, "request")


class KeyReused(Invalid):
    message = "This Idempotency-Key was already used with another body; send a new key for a new request."


class RequestWithdrawn(Refused):
    message = "This request was withdrawn before it arrived; send a new key to carry it out."


class Replay(Problem):
    """The request was carried out before; `answer` is what it returned. Endpoints answer it with status 200."""

    is_internal = True
    message = "This request was carried out before."

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


def build_idempotency_key(caller: str, endpoint: str, key: str, body: Any) -> IdempotencyKey:
    return IdempotencyKey(f"{caller}#{endpoint}#{key}", hashlib.sha256(_canonical(body).encode()).hexdigest())


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def raise_if_repeated(key: IdempotencyKey | None, record: IdempotencyRecord | None) -> None:
    """Raise Replay if there is a record for this body, KeyReused if it is for another body."""
    if key is not None and record is not None:
        raise build_repeat_problem(key, record)


def build_repeat_problem(key: IdempotencyKey, record: IdempotencyRecord) -> Problem:
    """Return Replay with the stored answer, KeyReused if the record is of another body, or RequestWithdrawn."""
    if record.body_hash == WITHDRAWN:
        return RequestWithdrawn()
    if record.body_hash != key.body_hash:
        return KeyReused()
    return Replay(compact_json.decompress(record.answer))


def check_repeat(key: IdempotencyKey | None) -> None:
    """Read the record and raise Replay or KeyReused: for use cases that do not read it with a batch."""
    if key is not None:
        raise_if_repeated(key, db.get(IdempotencyRecord, key.scope, "request"))


def record_answer(key: IdempotencyKey | None, answer: dict[str, Any]) -> Write | None:
    """Return the write of the record. Put it first, so that a lost race raises Replay before any refusal."""
    if key is None:
        return None
    return _create_record(key, key.body_hash, answer)


def withdraw(key: IdempotencyKey) -> dict[str, Any] | None:
    """Return the answer of the request, or None if it was not carried out and now never will be.

    Withdrawing twice is a no-op. Raises KeyReused if a request with another body used the key.
    """
    try:
        check_repeat(key)
        db.commit([_create_record(key, WITHDRAWN, {})])
    except Replay as replay:
        return replay.answer
    except RequestWithdrawn:
        return None
    return None


def _create_record(key: IdempotencyKey, body_hash: str, answer: dict[str, Any]) -> Write:
    row = IdempotencyRecord(key.scope, "request", body_hash=body_hash, answer=compact_json.compress(answer))
    return db.create(row, refusal=lambda record: build_repeat_problem(key, record))
