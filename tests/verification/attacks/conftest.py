"""Fixtures of the attack tests: the sample shop in memory, built once and restored before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verification.attacks.memory_shop import MemoryShop, open_memory_shop


@pytest.fixture(scope="module")
def built_shop() -> Iterator[MemoryShop]:
    with open_memory_shop() as memory_shop:
        yield memory_shop


@pytest.fixture
def shop(built_shop: MemoryShop) -> MemoryShop:
    built_shop.reset()
    return built_shop
