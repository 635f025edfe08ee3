"""For tests of single conditional writes: they land, or are refused by name and nothing has moved."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Problem, StaleVersion
from tests.verification.simulator.memory_engine import MemoryEngine


@pytest.fixture
def memory() -> MemoryEngine:
    """Empty tables at hand; `restore_globals` puts the real engine back."""
    db.engine = made = MemoryEngine()
    return made


def assert_commits(*writes: Write) -> None:
    db.commit(writes)


def assert_refused(*writes: Write, by: type[Problem] = StaleVersion) -> Problem:
    before = all_items()
    with pytest.raises(by) as no:
        db.commit(writes)

    assert type(no.value) is by
    assert all_items() == before
    return no.value


def all_items() -> dict[str, list[dict[str, Any]]]:
    assert isinstance(db.engine, MemoryEngine)
    return {name: [dict(item) for item in db.engine.items(name)] for name in db.engine.tables if db.engine.items(name)}
