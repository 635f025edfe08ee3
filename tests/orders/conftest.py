"""A shop at noon with three teapots, for the backorder tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fulfillment.build import freeze_at_noon
from tests.shop import open_shop
from tests.verification.simulator.day import Day


@pytest.fixture
def day(aws: Any) -> Day:
    freeze_at_noon()
    open_shop(TEAPOT=3)
    return Day()
