"""The sample shop in memory with a fixed clock and reproducible ids, so that runs with and without faults compare."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib.kit import clock, db, files, ids
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.packages import TABLES
from chalicelib.notify import send_message, transports
from infra.invariants.check import INVARIANTS, Invariant, check_snapshot
from infra.invariants.snapshot import Snapshot
from tests.conftest import clear_caches
from tests.fulfillment.build import NOON
from tests.verification.endpoints.sample_shop import build_sample_shop
from tests.verification.faults.bucket import FaultyBucket
from tests.verification.faults.faulty_engine import FaultyEngine, Killed, conflict, throttled
from tests.verification.faults.normalize import Rows, normalize_changes
from tests.verification.simulator.memory_engine import MemoryEngine
from tests.verification.simulator.step_invariants import item_to_plain_row
from tests.verification.simulator.store import Tables

# Offers stay open during a test, and no order of messages uses up the budget of the customers, who share one number.
SETTINGS = {"SATUKANAL_OFFER_MINUTES": "600", "SATUKANAL_SMS_PER_CUSTOMER_PER_DAY": "1000"}
SETUP_AGE = timedelta(minutes=5)  # objects of the sample shop are older than those of the tests


@dataclass
class ReplayableShop:
    memory: MemoryEngine = field(default_factory=MemoryEngine)
    sample: Any = None
    random_calls: int = 0
    outbox: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = FaultyEngine(self.memory)

    @contextmanager
    def build(self) -> Iterator[ReplayableShop]:
        with self.install():
            clock.source = lambda: NOON - SETUP_AGE
            self.sample = build_sample_shop()
            self.initial_tables = self.memory.snapshot()
            yield self

    @contextmanager
    def install(self) -> Iterator[ReplayableShop]:
        """Let the shop run on this engine, clock and random source until the block ends."""
        originals = (
            clock.source,
            ids.randomness,
            db.engine,
            db.pause,
            send_message.render_and_send,
            transports.publish_batch,
        )
        files.use_client(FaultyBucket(self.engine))
        ids.randomness, db.engine, db.pause = self.random_bytes, self.engine, lambda attempt: None
        send_message.render_and_send, transports.publish_batch = self.deliver, self.publish
        clear_caches()
        logging.getLogger("satukanal").setLevel(logging.CRITICAL)
        os.environ |= SETTINGS
        try:
            yield self
        finally:
            (
                clock.source,
                ids.randomness,
                db.engine,
                db.pause,
                send_message.render_and_send,
                transports.publish_batch,
            ) = originals
            files.reset_client()
            logging.getLogger("satukanal").setLevel(logging.NOTSET)
            for name in SETTINGS:
                os.environ.pop(name, None)
            clear_caches()

    def random_bytes(self, count: int) -> bytes:
        """Return a counter, so that ids sort in order of generation; two bytes, which choose a shard, are always 0."""
        self.random_calls += count > 2
        return bytes(count) if count <= 2 else self.random_calls.to_bytes(count, "big")

    def deliver(self, attempt: Any) -> None:
        """Send a message through the faulty engine: after throttling it is not sent, after other faults unknown."""
        send = (attempt.message.event_id, attempt.party, attempt.channel)
        try:
            self.engine.send("carrier", lambda: self.outbox.append(send))
        except Unavailable as error:
            is_refused = self.engine.met_faults[-1] in (throttled, conflict)
            raise (transports.NotSent() if is_refused else transports.OutcomeUnknown()) from error

    def publish(self, topic_arn: str, entries: list[dict[str, Any]]) -> set[str]:
        try:
            self.engine.send("topic", lambda: self.outbox.extend((topic_arn, "", entry["Id"]) for entry in entries))
        except Unavailable:
            return {entry["Id"] for entry in entries}
        return set()

    def restore(self, tables: Any, minutes: int = 0) -> None:
        """Restore the tables and set the clock to `minutes` after noon, with empty caches and outbox."""
        self.memory.restore(tables)
        self.outbox.clear()
        self.engine.reset()
        self.set_minutes_after_noon(minutes)
        clear_caches()

    def set_minutes_after_noon(self, minutes: int) -> None:
        """Set the clock to `minutes` after noon."""
        clock.source = lambda: NOON + timedelta(minutes=minutes)

    def changes_since(self, tables: Any, *texts: str) -> tuple[list[str], list[str]]:
        """Return (texts, changed rows), both normalized so that two runs can be compared."""
        return normalize_changes(rows_of(tables), rows_of(self.memory.tables), *texts)

    def violations(self, quiet: bool = False, rules: Mapping[str, Invariant] = INVARIANTS) -> list[tuple[str, str]]:
        rows = {name: [item_to_plain_row(item) for item in self.memory.items(f"test-{name}")] for name in TABLES}
        return check_snapshot(Snapshot(rows, clock.iso(clock.now()), "~" if quiet else ""), rules).violations


def rows_of(tables: Tables) -> Rows:
    return {
        id(item): (name, item)
        for name, table in tables.items()
        for rows in table.rows.values()
        for item in rows.values()
    }


def none_if_killed(request: Callable[[], Any]) -> Any:
    """Return the result of `request`, or None if the process was killed; clears the caches like a new process."""
    try:
        return request()
    except Killed:
        clear_caches()
        return None
