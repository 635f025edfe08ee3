"""The way from the shop to its tables, where a send meets one of ten faults: what happens to it and what is heard.

Ten on the wire are seven at this line, for the shop cannot tell the others apart. For a commit a 500, a reset and a
refused connection are one (not done, nothing heard), and so are a lost reply and a send still in progress (done,
nothing heard); duplicate, throttled, conflict, slow and killed are each by itself. For a read, of which nothing stays,
these five are one with throttled and conflict, so that four are left. To a topic and to the bucket throttled and
conflict are as a reset, too; a carrier's are a no, which is more than silence.
`tests/verification/faults/test_faulty_engine.py` does all ten to real requests and finds that each means to the shop on the
wire what it means here, send by send: so those that are one here are one there. Cases are counted by the ten.
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

SLOW = timedelta(seconds=9)  # three tries of botocore's, each given up after three seconds
Operation = Callable[[], Any]
Fault = Callable[["FaultyEngine", str, Operation], Any]


class Killed(BaseException):
    """kill -9: no `except Exception` sees it pass."""


class FaultyEngine:
    """An engine: the memory behind it, what was sent, and the faults that wait, each for the send of its number."""

    def __init__(self, memory: MemoryEngine) -> None:
        self.memory = memory
        self.reset()

    def reset(self, waiting: Mapping[int, Fault] | None = None) -> None:
        self.planned, self.met_faults, self.sent = waiting or {}, list[Fault](), list[str]()
        self.write_count = 0

    def send(self, send: str, do: Operation) -> Any:
        """Also for what is sent elsewhere than to the tables."""
        fault = self.planned.get(len(self.sent))
        self.sent.append(send)
        if fault is None:
            return do()
        self.met_faults.append(fault)
        return fault(self, send, do)

    def get(self, key: Key, consistent: bool) -> Any:
        return copy_row(self.send("get", lambda: self.memory.get(key, consistent)))

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        found = self.send("batch", lambda: self.memory.batch(keys))
        return {key: copy_row(row) for key, row in found.items()}

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        page = self.send("query", lambda: self.memory.query(row, pk, options))
        return Page([copy_row(each) for each in page.items], page.after)

    def scan(self, row: Any, sk: str, after: Any) -> Page:
        page = self.send("scan", lambda: self.memory.scan(row, sk, after))
        return Page([copy_row(each) for each in page.items], page.after)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self.write_count = len(writes)
        self.send("transact", lambda: self.memory.transact(writes, token))

    def cancelled(self, code: str) -> TransactionCancelled:
        return TransactionCancelled([(code, None), *[(None, None)] * (self.write_count - 1)])


def copy_row(row: Any) -> Any:
    """The memory hands the same row to everybody, a table does not."""
    if row is None:
        return None
    mine = copy(row)
    mine.attribute_values = dict(row.attribute_values)
    return mine


def reply_lost(line: FaultyEngine, send: str, do: Operation) -> Any:
    do()
    raise Unavailable()


def reset(line: FaultyEngine, send: str, do: Operation) -> Any:
    raise Unavailable()


def duplicate(line: FaultyEngine, send: str, do: Operation) -> Any:
    """The second finds the token of the first forgotten; its answer is the one that is heard. A carrier is asked once,
    so nothing doubles on the way to it."""
    if send == "carrier":
        return do()
    do()
    line.memory.tokens.clear()
    return do()


def server_error(line: FaultyEngine, send: str, do: Operation) -> Any:
    """500."""
    raise Unavailable()


def throttled(line: FaultyEngine, send: str, do: Operation) -> Any:
    raise line.cancelled("ThrottlingError") if send == "transact" else Unavailable()


def conflict(line: FaultyEngine, send: str, do: Operation) -> Any:
    raise line.cancelled("TransactionConflict") if send == "transact" else Unavailable()


def in_progress(line: FaultyEngine, send: str, do: Operation) -> Any:
    """An earlier send of the same is at work and will be done; this one is told to come back."""
    do()
    raise Unavailable()


def slow(line: FaultyEngine, send: str, do: Operation) -> Any:
    """It is done, but nobody waited for it that long."""
    do()
    late = clock.source() + SLOW
    clock.source = lambda: late
    raise Unavailable()


def connection_refused(line: FaultyEngine, send: str, do: Operation) -> Any:
    """Nobody takes the connection."""
    raise Unavailable()


def killed(line: FaultyEngine, send: str, do: Operation) -> Any:
    do()
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
