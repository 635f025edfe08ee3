"""The doors' world in memory, built once for all attacks and put back before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verification.attacks.memory_shop import MemoryShop, open_memory_shop


@pytest.fixture(scope="module")
def built_shop() -> Iterator[MemoryShop]:
    with open_memory_shop() as found:
        yield found


@pytest.fixture
def shop(built_shop: MemoryShop) -> MemoryShop:
    built_shop.reset()
    return built_shop
