"""The doors' world in memory, built once for all attacks and put back before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verification.attacks.ground import Ground, stood_on


@pytest.fixture(scope="module")
def standing() -> Iterator[Ground]:
    with stood_on() as found:
        yield found


@pytest.fixture
def ground(standing: Ground) -> Ground:
    standing.again()
    return standing
