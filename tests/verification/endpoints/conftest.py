"""One world for all tests about doors: built once, put back before each. It is noon there, whenever they run: no day
ends in the middle of a test, and no van's place grows old."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib.kit import clock
from tests.cloud import as_new
from tests.conftest import forget
from tests.fulfillment.build import NOON, it_is_noon
from tests.verification.endpoints import tables
from tests.verification.endpoints.world import World, a_world

_built: list[tuple[World, tables.Kept]] = []


@pytest.fixture(scope="module")
def ground() -> Iterator[tables.Kept]:
    """moto with our tables, full; the world's rows."""
    with patch.object(clock, "source", lambda: NOON), as_new():
        if not _built:
            _built.append(build())
        yield _built[0][1]


def build() -> tuple[World, tables.Kept]:
    # An offer of the day's first test is still open at its last.
    os.environ["SATUKANAL_OFFER_MINUTES"] = "600"
    try:
        return a_world(), tables.saved()
    finally:
        del os.environ["SATUKANAL_OFFER_MINUTES"]


@pytest.fixture
def world(ground: tables.Kept) -> Any:
    tables.put_back(ground)
    it_is_noon()
    forget()
    return _built[0][0]
