"""Fixtures for the endpoint tests: one sample shop, built once and restored before each test.

Its clock stands at noon, so that no day ends during a test and no van's position becomes too old.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib.kit import clock
from tests.conftest import clear_caches
from tests.fulfillment.build import NOON, freeze_at_noon
from tests.moto_aws import fresh_aws
from tests.verification.endpoints import moto_tables
from tests.verification.endpoints.sample_shop import SampleShop, build_sample_shop

_built: list[tuple[SampleShop, moto_tables.Snapshot]] = []


@pytest.fixture(scope="module")
def snapshot() -> Iterator[moto_tables.Snapshot]:
    """Run moto with the tables of the sample shop; yields their snapshot."""
    with patch.object(clock, "source", lambda: NOON), fresh_aws():
        if not _built:
            _built.append(build_sample())
        yield _built[0][1]


def build_sample() -> tuple[SampleShop, moto_tables.Snapshot]:
    # Offers stay open until the last test has run.
    os.environ["SATUKANAL_OFFER_MINUTES"] = "600"
    try:
        return build_sample_shop(), moto_tables.take_snapshot()
    finally:
        del os.environ["SATUKANAL_OFFER_MINUTES"]


@pytest.fixture
def sample(snapshot: moto_tables.Snapshot) -> Any:
    moto_tables.restore(snapshot)
    freeze_at_noon()
    clear_caches()
    return _built[0][0]
