"""A shop at noon with three teapots, for orders ahead of their goods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fulfillment.build import it_is_noon
from tests.shop import open_shop
from tests.verification.simulator.day import Day


@pytest.fixture
def day(aws: Any) -> Day:
    it_is_noon()
    open_shop(TEAPOT=3)
    return Day()
