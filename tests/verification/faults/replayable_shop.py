"""The world of the doors' tests, held in memory on a clock and a chance that stand still, so that what one request
does can be compared with what a disturbed one did."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib.kit import clock, db, files, ids
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.packages import TABLES
from chalicelib.notify import send_message, transports
from infra.invariants.check import check_snapshot
from infra.invariants.snapshot import Snapshot
from tests.conftest import clear_caches
from tests.fulfillment.build import NOON
from tests.verification.endpoints import sample_shop as doors
from tests.verification.faults.bucket import FaultyBucket
from tests.verification.faults.faulty_engine import FaultyEngine, Killed, conflict, throttled
from tests.verification.faults.normalize import normalize_changes
from tests.verification.simulator.memory_engine import MemoryEngine
from tests.verification.simulator.step_invariants import item_to_plain_row

SETUP_AGE = timedelta(minutes=5)  # the world was made; what a request makes is younger


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
            self.sample = doors.build_sample_shop()
            self.initial_tables = self.memory.snapshot()
            yield self

    @contextmanager
    def install(self) -> Iterator[ReplayableShop]:
        """The shop runs on this memory, clock and chance until it is left."""
        kept = clock.source, ids.randomness, db.engine, db.pause, send_message.render_and_send, transports.publish_batch
        files.use_client(FaultyBucket(self.engine))
        ids.randomness, db.engine, db.pause = self.random_bytes, self.engine, lambda attempt: None
        send_message.render_and_send, transports.publish_batch = self.deliver, self.publish
        clear_caches()
        logging.getLogger("satukanal").setLevel(logging.CRITICAL)
        os.environ["SATUKANAL_OFFER_MINUTES"] = "600"
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
            ) = kept
            files.reset_client()
            logging.getLogger("satukanal").setLevel(logging.NOTSET)
            os.environ.pop("SATUKANAL_OFFER_MINUTES", None)
            clear_caches()

    def random_bytes(self, count: int) -> bytes:
        """Counts up, so that ids sort in the order they were drawn in; two bytes choose a shelf, always the same."""
        self.random_calls += count > 2
        return bytes(count) if count <= 2 else self.random_calls.to_bytes(count, "big")

    def deliver(self, attempt: Any) -> None:
        """Busy is a no, and silence is not known."""
        send = (attempt.message.event_id, attempt.party, attempt.channel)
        try:
            self.engine.send("carrier", lambda: self.outbox.append(send))
        except Unavailable as error:
            said_no = self.engine.met_faults[-1] in (throttled, conflict)
            raise (transports.NotSent() if said_no else transports.OutcomeUnknown()) from error

    def publish(self, topic: str, entries: list[dict[str, Any]]) -> set[str]:
        try:
            self.engine.send("topic", lambda: self.outbox.extend((topic, "", each["Id"]) for each in entries))
        except Unavailable:
            return {each["Id"] for each in entries}
        return set()

    def restore(self, kept: Any, minutes: int = 0) -> None:
        """As it was, `minutes` after noon, in a process that has just begun."""
        self.memory.restore(kept)
        self.outbox.clear()
        self.engine.reset()
        self.set_minutes_after_noon(minutes)
        clear_caches()

    def set_minutes_after_noon(self, minutes: int) -> None:
        """So long after noon."""
        clock.source = lambda: NOON + timedelta(minutes=minutes)

    def changes_since(self, kept: Any, *said: str) -> tuple[list[str], list[str]]:
        """What was said, and what differs from before row by row, in words that two runs have in common."""
        return normalize_changes(self.rows_of(kept), self.rows(), *said)

    def rows(self) -> dict[int, tuple[str, Any]]:
        return {id(item): (name, item) for name in self.memory.tables for item in self.memory.items(name)}

    def rows_of(self, kept: Any) -> dict[int, tuple[str, Any]]:
        now = self.memory.snapshot()
        self.memory.restore(kept)
        rows = self.rows()
        self.memory.restore(now)
        return rows

    def violations(self, quiet: bool = False) -> list[tuple[str, str]]:
        rows = {name: [item_to_plain_row(item) for item in self.memory.items(f"test-{name}")] for name in TABLES}
        return check_snapshot(Snapshot(rows, clock.iso(clock.now()), "~" if quiet else "")).violations


def none_if_killed(ask: Callable[[], Any]) -> Any:
    """What `ask` answered; None when the process was killed in it, and a new one stands there."""
    try:
        return ask()
    except Killed:
        clear_caches()
        return None
