"""One day for all tests of invariants: lived once, put back before each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit import clock, db
from chalicelib.notify import carriers
from tests.cloud import as_new
from tests.conftest import forget
from tests.verification.endpoints import tables
from tests.verification.simulator.day import Day, a_day
from tests.verification.simulator.store import Store
from tests.verification.simulator.wire import Wire, answering


@pytest.fixture(scope="module")
def lived() -> Iterator[tuple[Day, bytes, Any]]:
    """moto with our tables after the day. It is lived on the wire, where it takes a tenth as long."""
    kept = clock.source, db.pause, carriers.hand_over
    db.pause, carriers.hand_over = lambda attempt: None, lambda attempt: None
    with answering(Wire(Store())) as wire:
        day = a_day()
    end, (clock.source, db.pause, carriers.hand_over) = clock.source, kept
    with as_new():
        for name in wire.store.tables:
            for item in wire.store.items(name):
                db.connection().dispatch("PutItem", {"TableName": name, "Item": item})
        yield day, tables.saved(), end


@pytest.fixture
def day(lived: tuple[Day, bytes, Any]) -> Day:
    """Its tables as they were in the evening, and the clock too."""
    lived_day, kept, evening = lived
    tables.put_back(kept)
    clock.source = evening
    forget()
    return lived_day


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Empty tables behind PynamoDB and botocore, answered on the wire."""
    with answering(Wire(Store())) as answered:
        yield answered
