"""A fault of the FaultyEngine has the same effect as the same fault in a real DynamoDB request."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.kit.db import Dynamo, Key, QueryOptions, TransactionCancelled
from chalicelib.kit.idempotency import IdempotencyRecord
from tests.verification.faults import wire
from tests.verification.faults.faulty_engine import KINDS, FaultyEngine, Killed
from tests.verification.faults.wire import Wire, inject
from tests.verification.simulator.memory_engine import MemoryEngine

pytestmark = pytest.mark.ministack


def killed(request: Any) -> Any:
    wire.forward(request)
    raise Killed()


def respond_busy(code: str) -> wire.Fault:
    return lambda request: wire.build_response(request, 400, code, "not now")


WRITE_FAULTS: dict[str, wire.Fault] = {
    "reply lost": wire.reset_after_send,
    "reset": wire.reset_connection,
    "duplicate": wire.send_twice,
    "500": wire.respond_500,
    "throttled": wire.cancel_transaction("ThrottlingError"),
    "conflict": wire.conflict,
    "in progress": wire.in_progress_after,
    "slow": wire.lose_the_reply,
    "refused": wire.refuse_connection,
    "killed": killed,
}
READ_FAULTS = WRITE_FAULTS | {"throttled": wire.throttle, "conflict": respond_busy("TransactionConflictException")}

SENDS: dict[str, Callable[[Any], Any]] = {
    "get": lambda engine: engine.get(Key(IdempotencyRecord, "there", "request"), True),
    "batch": lambda engine: engine.batch([Key(IdempotencyRecord, "there", "request")]),
    "query": lambda engine: engine.query(IdempotencyRecord, "there", QueryOptions()),
    "scan": lambda engine: engine.scan(IdempotencyRecord, "request", None),
    "transact": lambda engine: engine.transact(
        [db.create(a_row("new")), db.create(a_row("newer"))], "a-token-of-its-own"
    ),
}


def a_row(name: str) -> IdempotencyRecord:
    return IdempotencyRecord(name, "request", body_hash="h", answer=b"{}")


def outcome(engine: Any, send: str) -> Any:
    """Return the result of a send as its caller gets it."""
    try:
        return "succeeded", list_keys(SENDS[send](engine))
    except TransactionCancelled as error:
        return "cancelled", [code for code, _ in error.reasons]
    except (Exception, Killed) as error:
        return type(error)


def list_keys(result: Any) -> list[str]:
    rows = result.values() if isinstance(result, dict) else getattr(result, "items", [result])
    return [row.pk for row in rows if row is not None]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_simulated_fault_has_the_effect_of_the_real_one(ministack: Any, kind: str) -> None:
    simulated, real = FaultyEngine(MemoryEngine()), Dynamo()
    for engine in (simulated, real):
        engine.transact([db.create(a_row("there"))], "the-first-token")

    for send in SENDS:
        simulated.reset({0: KINDS[kind]})
        with inject(Wire((WRITE_FAULTS if send == "transact" else READ_FAULTS)[kind])):
            expected = outcome(real, send)
        assert (send, outcome(simulated, send)) == (send, expected)

    simulated.reset()
    assert sorted(list_keys(simulated.scan(IdempotencyRecord, "request", None))) == sorted(
        list_keys(real.scan(IdempotencyRecord, "request", None))
    )
