"""For tests of single conditional writes: they land, or are refused by name and nothing has moved."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved, Problem
from tests.verification.simulator.memory import Memory


@pytest.fixture
def memory() -> Memory:
    """Empty tables at hand; `nothing_left_over` puts the real engine back."""
    db.engine = made = Memory()
    return made


def lands(*writes: Write) -> None:
    db.commit(writes)


def refused(*writes: Write, by: type[Problem] = Moved) -> Problem:
    before = everything()
    with pytest.raises(by) as no:
        db.commit(writes)

    assert type(no.value) is by
    assert everything() == before
    return no.value


def everything() -> dict[str, list[dict[str, Any]]]:
    assert isinstance(db.engine, Memory)
    return {name: [dict(item) for item in db.engine.items(name)] for name in db.engine.tables if db.engine.items(name)}
