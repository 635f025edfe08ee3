"""What a fault on the real wire means to the shop, the same fault on the memory's line means too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.kit.db import Blocked, Dynamo, Key, QueryOptions
from chalicelib.kit.requests import Request
from tests.verification.faults import wire
from tests.verification.faults.line import KINDS, Killed, Line
from tests.verification.faults.wire import Wire, watched
from tests.verification.simulator.memory import Memory

pytestmark = pytest.mark.ministack


def killed(request: Any) -> Any:
    wire.really(request)
    raise Killed()


def busy(code: str) -> wire.Fault:
    return lambda request: wire.answer(request, 400, code, "not now")


WRITING: dict[str, wire.Fault] = {
    "reply lost": wire.hang_up_after,
    "reset": wire.hang_up,
    "duplicate": wire.send_twice,
    "500": wire.break_down,
    "throttled": wire.cancel("ThrottlingError"),
    "conflict": wire.conflict,
    "in progress": wire.in_progress_after,
    "slow": wire.lose_the_reply,
    "refused": wire.refuse,
    "killed": killed,
}
READING = WRITING | {"throttled": wire.throttle, "conflict": busy("TransactionConflictException")}

SENDS: dict[str, Callable[[Any], Any]] = {
    "get": lambda engine: engine.get(Key(Request, "there", "request"), True),
    "batch": lambda engine: engine.batch([Key(Request, "there", "request")]),
    "query": lambda engine: engine.query(Request, "there", QueryOptions()),
    "scan": lambda engine: engine.scan(Request, "request", None),
    "transact": lambda engine: engine.transact(
        [db.create(a_row("new")), db.create(a_row("newer"))], "a-token-of-its-own"
    ),
}


def a_row(name: str) -> Request:
    return Request(name, "request", body_hash="h", answer=b"said")


def outcome(engine: Any, send: str) -> Any:
    """What the shop sees, and whether it was done."""
    try:
        return "fine", shown(SENDS[send](engine))
    except Blocked as blocked:
        return "blocked", [code for code, _ in blocked.reasons]
    except (Exception, Killed) as raised:
        return type(raised)


def shown(found: Any) -> list[str]:
    rows = found.values() if isinstance(found, dict) else getattr(found, "items", [found])
    return [row.pk for row in rows if row is not None]


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_on_the_line_means_what_it_means_on_the_wire(ministack: Any, kind: str) -> None:
    line, real = Line(Memory()), Dynamo()
    for engine in (line, real):
        engine.transact([db.create(a_row("there"))], "the-first-token")

    for send in SENDS:
        line.clear({0: KINDS[kind]})
        with watched(Wire((WRITING if send == "transact" else READING)[kind])):
            on_the_wire = outcome(real, send)
        assert (send, outcome(line, send)) == (send, on_the_wire)

    line.clear()
    assert sorted(shown(line.scan(Request, "request", None))) == sorted(shown(real.scan(Request, "request", None)))
