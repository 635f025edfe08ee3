"""An engine that injects one of ten faults into chosen sends to the tables, the bucket or a carrier.

A fault decides whether the send is executed and what its caller gets. Some are equal for the shop: a 500, a reset and
a refused connection (not executed, no answer), or a lost reply and a send in progress (executed, no answer). They are
injected and counted separately all the same. test_faulty_engine.py injects all ten into real requests and shows that
each of them has the effect that it has here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import timedelta
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.db import Key, Page, QueryOptions, TransactionCancelled, Write
from chalicelib.kit.errors import Unavailable
from tests.verification.simulator.memory_engine import MemoryEngine

SLOW = timedelta(seconds=9)  # three tries of botocore with a timeout of three seconds
Operation = Callable[[], Any]
Fault = Callable[["FaultyEngine", str, Operation], Any]


class Killed(BaseException):
    """Stands for kill -9. A BaseException, so that no `except Exception` catches it."""


class FaultyEngine:
    """Passes sends on to a MemoryEngine; records them and applies the faults planned for their numbers."""

    def __init__(self, memory: MemoryEngine) -> None:
        self.memory = memory
        self.reset()

    def reset(self, planned: Mapping[int, Fault] | None = None) -> None:
        self.planned, self.met_faults, self.sent = planned or {}, list[Fault](), list[str]()
        self.write_count = 0

    def send(self, send: str, operation: Operation) -> Any:
        """Execute the operation, with its fault if one is planned. The bucket and carriers send through this too."""
        fault = self.planned.get(len(self.sent))
        self.sent.append(send)
        if fault is None:
            return operation()
        self.met_faults.append(fault)
        return fault(self, send, operation)

    def get(self, key: Key, consistent: bool) -> Any:
        return copy_row(self.send("get", lambda: self.memory.get(key, consistent)))

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        rows = self.send("batch", lambda: self.memory.batch(keys))
        return {key: copy_row(row) for key, row in rows.items()}

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        page = self.send("query", lambda: self.memory.query(row, pk, options))
        return Page([copy_row(item) for item in page.items], page.after)

    def scan(self, row: Any, sk: str, after: Any) -> Page:
        page = self.send("scan", lambda: self.memory.scan(row, sk, after))
        return Page([copy_row(item) for item in page.items], page.after)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self.write_count = len(writes)
        self.send("transact", lambda: self.memory.transact(writes, token))

    def cancelled(self, code: str) -> TransactionCancelled:
        return TransactionCancelled([(code, None), *[(None, None)] * (self.write_count - 1)])


def copy_row(row: Any) -> Any:
    """Return a copy: the memory returns the same object to every caller, unlike a table."""
    if row is None:
        return None
    copied = copy(row)
    copied.attribute_values = dict(row.attribute_values)
    return copied


def reply_lost(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    operation()
    raise Unavailable()


def reset(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    raise Unavailable()


def duplicate(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    """Execute twice, the second time without the first one's client token. Carriers are called once."""
    if send == "carrier":
        return operation()
    operation()
    engine.memory.tokens.clear()
    return operation()


def server_error(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    """Answer 500."""
    raise Unavailable()


def throttled(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    raise engine.cancelled("ThrottlingError") if send == "transact" else Unavailable()


def conflict(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    raise engine.cancelled("TransactionConflict") if send == "transact" else Unavailable()


def in_progress(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    """Answer that the same transaction is still in progress; it is executed."""
    operation()
    raise Unavailable()


def slow(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    """Execute, but only after the caller has timed out."""
    operation()
    late = clock.source() + SLOW
    clock.source = lambda: late
    raise Unavailable()


def connection_refused(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    """Refuse the connection."""
    raise Unavailable()


def killed(engine: FaultyEngine, send: str, operation: Operation) -> Any:
    operation()
    raise Killed()


KINDS: dict[str, Fault] = {
    "reply lost": reply_lost,
    "reset": reset,
    "duplicate": duplicate,
    "500": server_error,
    "throttled": throttled,
    "conflict": conflict,
    "in progress": in_progress,
    "slow": slow,
    "refused": connection_refused,
    "killed": killed,
}
