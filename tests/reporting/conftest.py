from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.kit import clock
from tests.shop import CUP, TEAPOT, add_stock, open_shop


@pytest.fixture
def shop(aws: Any) -> Any:
    """Noon in Surabaya on 22 November 2026; teapots and cups in the warehouse, the store and Budi's van."""
    clock.source = lambda: datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    open_shop(**{TEAPOT: 50, CUP: 50})
    add_stock(TEAPOT, "store-tunjungan", 5)
    add_stock(CUP, "van-budi", 10)
    return aws
