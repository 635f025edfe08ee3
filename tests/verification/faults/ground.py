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
from chalicelib.notify import carriers, transports
from infra.invariants.check import judge
from infra.invariants.world import World
from tests.conftest import forget
from tests.fulfillment.build import NOON
from tests.verification.endpoints import world as doors
from tests.verification.faults.bucket import Bucket
from tests.verification.faults.line import Killed, Line, conflict, throttled
from tests.verification.faults.plainly import plainly
from tests.verification.simulator.memory import Memory
from tests.verification.simulator.touched import to_facts

BEFORE = timedelta(minutes=5)  # the world was made; what a request makes is younger


@dataclass
class Ground:
    memory: Memory = field(default_factory=Memory)
    world: Any = None
    drawn: int = 0
    outbox: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = Line(self.memory)

    @contextmanager
    def stood_on(self) -> Iterator[Ground]:
        with self.again():
            clock.source = lambda: NOON - BEFORE
            self.world = doors.a_world()
            self.built = self.memory.snapshot()
            yield self

    @contextmanager
    def again(self) -> Iterator[Ground]:
        """The shop runs on this memory, clock and chance until it is left."""
        kept = clock.source, ids.randomness, db.engine, db.pause, carriers.hand_over, transports.publish_batch
        files.use_client(Bucket(self.line))
        ids.randomness, db.engine, db.pause = self.chance, self.line, lambda attempt: None
        carriers.hand_over, transports.publish_batch = self.carry, self.publish
        forget()
        logging.getLogger("satukanal").setLevel(logging.CRITICAL)
        os.environ["SATUKANAL_OFFER_MINUTES"] = "600"
        try:
            yield self
        finally:
            clock.source, ids.randomness, db.engine, db.pause, carriers.hand_over, transports.publish_batch = kept
            files.forget_client()
            logging.getLogger("satukanal").setLevel(logging.NOTSET)
            os.environ.pop("SATUKANAL_OFFER_MINUTES", None)
            forget()

    def chance(self, count: int) -> bytes:
        """Counts up, so that ids sort in the order they were drawn in; two bytes choose a shelf, always the same."""
        self.drawn += count > 2
        return bytes(count) if count <= 2 else self.drawn.to_bytes(count, "big")

    def carry(self, attempt: Any) -> None:
        """Busy is a no, and silence is not known."""
        send = (attempt.message.event_id, attempt.party, attempt.channel)
        try:
            self.line.meet("carrier", lambda: self.outbox.append(send))
        except Unavailable as error:
            said_no = self.line.met[-1] in (throttled, conflict)
            raise (transports.NotSent() if said_no else transports.Unknown()) from error

    def publish(self, topic: str, entries: list[dict[str, Any]]) -> set[str]:
        try:
            self.line.meet("topic", lambda: self.outbox.extend((topic, "", each["Id"]) for each in entries))
        except Unavailable:
            return {each["Id"] for each in entries}
        return set()

    def stand(self, kept: Any, minutes: int = 0) -> None:
        """As it was, `minutes` after noon, in a process that has just begun."""
        self.memory.put_back(kept)
        self.outbox.clear()
        self.line.clear()
        self.it_is(minutes)
        forget()

    def it_is(self, minutes: int) -> None:
        """So long after noon."""
        clock.source = lambda: NOON + timedelta(minutes=minutes)

    def since(self, kept: Any, *said: str) -> tuple[list[str], list[str]]:
        """What was said, and what differs from before row by row, in words that two runs have in common."""
        return plainly(self.rows_of(kept), self.rows(), *said)

    def rows(self) -> dict[int, tuple[str, Any]]:
        return {id(item): (name, item) for name in self.memory.tables for item in self.memory.items(name)}

    def rows_of(self, kept: Any) -> dict[int, tuple[str, Any]]:
        now = self.memory.snapshot()
        self.memory.put_back(kept)
        rows = self.rows()
        self.memory.put_back(now)
        return rows

    def wrong(self, quiet: bool = False) -> list[tuple[str, str]]:
        rows = {name: [to_facts(item) for item in self.memory.items(f"test-{name}")] for name in TABLES}
        return judge(World(rows, clock.iso(clock.now()), "~" if quiet else "")).violated


def survived(ask: Callable[[], Any]) -> Any:
    """What `ask` answered; None when the process was killed in it, and a new one stands there."""
    try:
        return ask()
    except Killed:
        forget()
        return None
