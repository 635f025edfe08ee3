"""Many buyers in one process and in virtual time: each goes on alone until it waits, and nobody's waiting takes long.

The store cancels what overlaps, as DynamoDB does and no local engine: a transaction holds its items from its beginning
to its end, and any other that touches one of them meanwhile is told `TransactionConflict`.
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

READ_SECONDS, CONFLICT_SECONDS, TRANSACTION_SECONDS = 0.008, 0.008, 0.025  # p50 on AWS, of five items the last


class VirtualTime:
    def __init__(self) -> None:
        self.now, self.queue, self.number = 0.0, list[tuple[float, int, Any]](), count()

    def sleep(self, seconds: float) -> None:
        """Somebody else goes on; where nobody else is, time just passes."""
        if getcurrent().parent is None:
            self.now += seconds
            return
        heappush(self.queue, (self.now + seconds, next(self.number), getcurrent()))
        getcurrent().parent.switch()

    def run(self, lives: Sequence[Callable[[], None]]) -> None:
        """All of them from now on, to their ends."""
        for life in lives:
            heappush(self.queue, (self.now, next(self.number), greenlet(life)))
        while self.queue:
            self.now, _, who = heappop(self.queue)
            who.switch()


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
        places = [(write.row.Meta.table_name, write.row.pk, write.row.sk) for write in writes]
        self.transactions += 1
        if not self.locked.isdisjoint(places):
            met = TransactionCancelled(
                [("TransactionConflict" if place in self.locked else None, None) for place in places]
            )
            self.conflicts += 1
            self.time.sleep(CONFLICT_SECONDS)
            raise met
        self.locked.update(places)
        try:
            self.time.sleep(TRANSACTION_SECONDS)
            super().transact(writes, token)
        finally:
            self.locked.difference_update(places)


@contextmanager
def in_virtual_time(seed: int = 1) -> Iterator[tuple[VirtualTime, ContendedMemory]]:
    """The shop waits between its tries just as it does in earnest, by this clock."""
    time, chance = VirtualTime(), random.Random(seed)
    store = ContendedMemory(time)
    kept = clock.source, ids.randomness, db.engine, db.pause, db.time, db.random
    clock.source, ids.randomness = lambda: NOON + timedelta(seconds=time.now), chance.randbytes
    db.engine, db.pause = store, db.pause_with_jitter
    db.time, db.random = SimpleNamespace(sleep=time.sleep), chance  # type: ignore[assignment]
    try:
        yield time, store
    finally:
        clock.source, ids.randomness, db.engine, db.pause, db.time, db.random = kept
