"""One day for all tests of invariants: lived once, put back before each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest

from chalicelib.kit import clock, db
from chalicelib.notify import carriers
from tests.conftest import forget
from tests.verification.simulator.day import Day, a_day
from tests.verification.simulator.store import Store, Tables
from tests.verification.simulator.wire import EVENT, Wire, answering


@pytest.fixture(scope="module")
def lived() -> Iterator[tuple[Day, Wire, Tables, Any]]:
    """A day over the wire, and boto3 on the same wire."""
    wire, standing = Wire(Store()), boto3.DEFAULT_SESSION
    kept = clock.source, db.pause, carriers.hand_over
    db.pause, carriers.hand_over = lambda attempt: None, lambda attempt: None
    with answering(wire):
        day = a_day()
    evening, (clock.source, db.pause, carriers.hand_over) = clock.source, kept
    session = botocore.session.get_session()
    session.register(EVENT, wire)
    boto3.setup_default_session(botocore_session=session)
    yield day, wire, wire.store.snapshot(), evening
    boto3.DEFAULT_SESSION = standing


@pytest.fixture
def day(lived: tuple[Day, Wire, Tables, Any]) -> Iterator[Day]:
    """Its tables as they were in the evening, and the clock too."""
    lived_day, wire, tables, evening = lived
    wire.store.put_back(tables)
    clock.source = evening
    forget()
    with answering(wire):
        yield lived_day


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Empty tables behind PynamoDB and botocore, answered on the wire."""
    with answering(Wire(Store())) as answered:
        yield answered
