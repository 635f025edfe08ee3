"""Fixtures: one full day for all tests of invariants, run once and restored before each test."""

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
    """Run a day against the botocore stub, and let boto3 use the same stub."""
    wire, default_session = BotocoreStub(Store()), boto3.DEFAULT_SESSION
    originals = clock.source, db.pause, send_message.render_and_send
    db.pause, send_message.render_and_send = lambda attempt: None, lambda attempt: None
    with stub_botocore(wire):
        day = run_day()
    evening, (clock.source, db.pause, send_message.render_and_send) = clock.source, originals
    session = botocore.session.get_session()
    session.register(EVENT, wire)
    boto3.setup_default_session(botocore_session=session)
    yield day, wire, wire.store.snapshot(), evening
    boto3.DEFAULT_SESSION = default_session


@pytest.fixture
def day(finished_day: tuple[Day, BotocoreStub, Tables, Any]) -> Iterator[Day]:
    """The day with its tables and its clock as they were in the evening."""
    day_run, wire, tables, evening = finished_day
    wire.store.restore(tables)
    clock.source = evening
    clear_caches()
    with stub_botocore(wire):
        yield day_run


@pytest.fixture
def wire() -> Iterator[BotocoreStub]:
    """Empty tables behind PynamoDB and botocore."""
    with stub_botocore(BotocoreStub(Store())) as stub:
        yield stub
