"""The sample shop on the in-memory engine, for tests that send thousands of requests: moto would take minutes."""

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
    """A sample shop, the engine it runs on, and the messages it has sent."""

    sample: SampleShop
    memory: MemoryEngine
    initial_tables: Tables
    messages: list[tuple[str, str]] = field(default_factory=list)  # (phone or e-mail address, text)

    def reset(self) -> None:
        self.memory.restore(self.initial_tables)
        self.messages.clear()
        freeze_at_noon()
        clear_caches()

    def has_changed(self) -> bool:
        return self.memory.tables != self.initial_tables


@contextmanager
def open_memory_shop() -> Iterator[MemoryShop]:
    """Run the sample shop in memory, with sent messages in a list and files in a dict.

    It is built once per process. Its clock stands at noon, so that no daily budget starts again during a test and no
    van's position becomes too old.
    """
    engine_before, sent = db.engine, []
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
            sample, initial_tables = _built[0]
            memory_shop = MemoryShop(sample, memory, initial_tables, sent)
            memory_shop.reset()
            yield memory_shop
        finally:
            db.engine = engine_before
            files.reset_client()
            clear_caches()


def build_sample() -> SampleShop:
    # Offers stay open until the last test has run.
    with patch.dict(os.environ, SATUKANAL_OFFER_MINUTES="600"):
        return build_sample_shop()


class FakeBucket:
    """The part of the S3 client that `kit.files` uses."""

    class exceptions:
        class NoSuchKey(Exception):
            pass

    def __init__(self, objects: dict[str, Any]) -> None:
        self.objects = objects

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        self.objects[Key] = {"ContentType": ContentType, "Body": Body}

    def get_object(self, Bucket: str, Key: str) -> Any:
        raise self.exceptions.NoSuchKey()
