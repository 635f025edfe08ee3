"""One day for all tests of invariants: lived once, put back before each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest

from chalicelib.kit import clock, db
from chalicelib.notify import send_message
from tests.conftest import clear_caches
from tests.verification.simulator.botocore_stub import EVENT, BotocoreStub, stub_botocore
from tests.verification.simulator.day import Day, run_day
from tests.verification.simulator.store import Store, Tables


@pytest.fixture(scope="module")
def finished_day() -> Iterator[tuple[Day, BotocoreStub, Tables, Any]]:
    """A day over the wire, and boto3 on the same wire."""
    wire, standing = BotocoreStub(Store()), boto3.DEFAULT_SESSION
    kept = clock.source, db.pause, send_message.render_and_send
    db.pause, send_message.render_and_send = lambda attempt: None, lambda attempt: None
    with stub_botocore(wire):
        day = run_day()
    evening, (clock.source, db.pause, send_message.render_and_send) = clock.source, kept
    session = botocore.session.get_session()
    session.register(EVENT, wire)
    boto3.setup_default_session(botocore_session=session)
    yield day, wire, wire.store.snapshot(), evening
    boto3.DEFAULT_SESSION = standing


@pytest.fixture
def day(finished_day: tuple[Day, BotocoreStub, Tables, Any]) -> Iterator[Day]:
    """Its tables as they were in the evening, and the clock too."""
    lived_day, wire, tables, evening = finished_day
    wire.store.restore(tables)
    clock.source = evening
    clear_caches()
    with stub_botocore(wire):
        yield lived_day


@pytest.fixture
def wire() -> Iterator[BotocoreStub]:
    """Empty tables behind PynamoDB and botocore, answered on the wire."""
    with stub_botocore(BotocoreStub(Store())) as answered:
        yield answered
