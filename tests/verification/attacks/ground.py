"""The doors' world over the engine in memory: thousands of requests knock at it where moto would take minutes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from chalicelib.kit import clock, db, files
from chalicelib.notify import transports
from tests.conftest import forget
from tests.fulfillment.build import NOON, it_is_noon
from tests.verification.endpoints.world import World, a_world
from tests.verification.simulator.memory import Memory
from tests.verification.simulator.store import Tables

_built: list[tuple[World, Tables]] = []


@dataclass
class Ground:
    """`sent` are the messages that left, as (where to, text)."""

    world: World
    memory: Memory
    kept: Tables
    sent: list[tuple[str, str]] = field(default_factory=list)

    def again(self) -> None:
        self.memory.put_back(self.kept)
        self.sent.clear()
        it_is_noon()
        forget()

    def moved(self) -> bool:
        return self.memory.tables != self.kept


@contextmanager
def stood_on() -> Iterator[Ground]:
    """Built once in a process, and for good: it is noon there, so that no budget of a day begins anew in the middle of
    a test and no van's place grows old. Pictures are kept in a dict and messages in a list."""
    before, sent = db.engine, []
    pictures: dict[str, Any] = {}
    with (
        patch.object(clock, "source", lambda: NOON),
        patch.object(transports, "sms", lambda phone, text: sent.append((phone, text))),
        patch.object(transports, "email", lambda address, subject, text: sent.append((address, text))),
        patch.object(db, "pause", lambda attempt: None),
    ):
        memory = db.engine = Memory()
        files.use_client(Bucket(pictures))
        try:
            if not _built:
                _built.append((built(), memory.snapshot()))
            world, kept = _built[0]
            ground = Ground(world, memory, kept, sent)
            ground.again()
            yield ground
        finally:
            db.engine = before
            files.forget_client()
            forget()


def built() -> World:
    # An offer of the day's first test is still open at its last.
    with patch.dict(os.environ, SATUKANAL_OFFER_MINUTES="600"):
        return a_world()


class Bucket:
    """As much of S3 as `kit.files` uses."""

    class exceptions:
        class NoSuchKey(Exception):
            pass

    def __init__(self, kept: dict[str, Any]) -> None:
        self.kept = kept

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        self.kept[Key] = {"ContentType": ContentType, "Body": Body}

    def get_object(self, Bucket: str, Key: str) -> Any:
        raise self.exceptions.NoSuchKey()
