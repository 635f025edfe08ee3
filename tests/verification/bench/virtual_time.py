"""Run many buyers in one process in virtual time: each runs until it waits, and waiting takes no real time.

The store cancels overlapping transactions, as DynamoDB does but local engines do not: a transaction locks its items
until it ends, and another one that needs any of them fails with `TransactionConflict`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from types import SimpleNamespace
from typing import Any

from greenlet import getcurrent, greenlet

from chalicelib.kit import clock, db, ids
from chalicelib.kit.db import Key, Page, QueryOptions, TransactionCancelled, Write
from tests.fulfillment.build import NOON
from tests.verification.simulator.memory_engine import ItemKey, MemoryEngine

READ_SECONDS, CONFLICT_SECONDS, TRANSACTION_SECONDS = 0.008, 0.008, 0.025  # p50 on AWS; the transaction has five items


class VirtualTime:
    def __init__(self) -> None:
        self.now, self.queue, self.number = 0.0, list[tuple[float, int, Any]](), count()

    def sleep(self, seconds: float) -> None:
        """Switch to the next waiting greenlet; outside of `run`, only advance the time."""
        if getcurrent().parent is None:
            self.now += seconds
            return
        heappush(self.queue, (self.now + seconds, next(self.number), getcurrent()))
        getcurrent().parent.switch()

    def run(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Start all tasks now and run them to their ends."""
        for task in tasks:
            heappush(self.queue, (self.now, next(self.number), greenlet(task)))
        while self.queue:
            self.now, _, waiting = heappop(self.queue)
            waiting.switch()


class ContendedMemory(MemoryEngine):
    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self.time = time
        self.locked: set[ItemKey] = set()
        self.transactions = self.conflicts = 0

    def get(self, key: Key, consistent: bool) -> Any:
        self.time.sleep(READ_SECONDS)
        return super().get(key, consistent)

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        self.time.sleep(READ_SECONDS)
        return super().batch(keys)

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        self.time.sleep(READ_SECONDS)
        return super().query(row, pk, options)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        keys = [(write.row.Meta.table_name, write.row.pk, write.row.sk) for write in writes]
        self.transactions += 1
        if not self.locked.isdisjoint(keys):
            conflict = TransactionCancelled(
                [("TransactionConflict" if key in self.locked else None, None) for key in keys]
            )
            self.conflicts += 1
            self.time.sleep(CONFLICT_SECONDS)
            raise conflict
        self.locked.update(keys)
        try:
            self.time.sleep(TRANSACTION_SECONDS)
            super().transact(writes, token)
        finally:
            self.locked.difference_update(keys)


@contextmanager
def in_virtual_time(seed: int = 1) -> Iterator[tuple[VirtualTime, ContendedMemory]]:
    """Let the shop run in virtual time, with the pauses between retries that it has in production."""
    time, chance = VirtualTime(), random.Random(seed)
    store = ContendedMemory(time)
    originals = clock.source, ids.randomness, db.engine, db.pause, db.time, db.random
    clock.source, ids.randomness = lambda: NOON + timedelta(seconds=time.now), chance.randbytes
    db.engine, db.pause = store, db.pause_with_jitter
    db.time, db.random = SimpleNamespace(sleep=time.sleep), chance  # type: ignore[assignment]
    try:
        yield time, store
    finally:
        clock.source, ids.randomness, db.engine, db.pause, db.time, db.random = originals
