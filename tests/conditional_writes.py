"""Assertions for tests of single conditional writes: they are committed, or refused without any change."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Problem, StaleVersion
from tests.verification.simulator.memory_engine import MemoryEngine


@pytest.fixture
def memory() -> MemoryEngine:
    """Empty tables in memory; `restore_globals` restores the real engine afterwards."""
    engine = MemoryEngine()
    db.engine = engine
    return engine


def assert_commits(*writes: Write) -> None:
    db.commit(writes)


def assert_refused(*writes: Write, by: type[Problem] = StaleVersion) -> Problem:
    before = all_items()
    with pytest.raises(by) as refused:
        db.commit(writes)

    assert type(refused.value) is by
    assert all_items() == before
    return refused.value


def all_items() -> dict[str, list[dict[str, Any]]]:
    assert isinstance(db.engine, MemoryEngine)
    return {name: [dict(item) for item in db.engine.items(name)] for name in db.engine.tables if db.engine.items(name)}
