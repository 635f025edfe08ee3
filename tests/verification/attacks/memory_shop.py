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
from tests.conftest import clear_caches
from tests.fulfillment.build import NOON, freeze_at_noon
from tests.verification.endpoints.sample_shop import SampleShop, build_sample_shop
from tests.verification.simulator.memory_engine import MemoryEngine
from tests.verification.simulator.store import Tables

_built: list[tuple[SampleShop, Tables]] = []


@dataclass
class MemoryShop:
    """`sent` are the messages that left, as (where to, text)."""

    sample: SampleShop
    memory: MemoryEngine
    initial_tables: Tables
    messages: list[tuple[str, str]] = field(default_factory=list)

    def reset(self) -> None:
        self.memory.restore(self.initial_tables)
        self.messages.clear()
        freeze_at_noon()
        clear_caches()

    def has_changed(self) -> bool:
        return self.memory.tables != self.initial_tables


@contextmanager
def open_memory_shop() -> Iterator[MemoryShop]:
    """Built once in a process, and for good: it is noon there, so that no budget of a day begins anew in the middle of
    a test and no van's place grows old. Pictures are kept in a dict and messages in a list."""
    before, sent = db.engine, []
    pictures: dict[str, Any] = {}
    with (
        patch.object(clock, "source", lambda: NOON),
        patch.object(transports, "send_sms", lambda phone, text: sent.append((phone, text))),
        patch.object(transports, "send_email", lambda address, subject, text: sent.append((address, text))),
        patch.object(db, "pause", lambda attempt: None),
    ):
        memory = db.engine = MemoryEngine()
        files.use_client(FakeBucket(pictures))
        try:
            if not _built:
                _built.append((build_sample(), memory.snapshot()))
            world, kept = _built[0]
            ground = MemoryShop(world, memory, kept, sent)
            ground.reset()
            yield ground
        finally:
            db.engine = before
            files.reset_client()
            clear_caches()


def build_sample() -> SampleShop:
    # An offer of the day's first test is still open at its last.
    with patch.dict(os.environ, SATUKANAL_OFFER_MINUTES="600"):
        return build_sample_shop()


class FakeBucket:
    """As much of S3 as `kit.files` uses."""

    class exceptions:
        class NoSuchKey(Exception):
            pass

    def __init__(self, kept: dict[str, Any]) -> None:
        self.objects = kept

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        self.objects[Key] = {"ContentType": ContentType, "Body": Body}

    def get_object(self, Bucket: str, Key: str) -> Any:
        raise self.exceptions.NoSuchKey()
