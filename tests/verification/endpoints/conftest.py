"""Fixtures for the endpoint tests: one sample shop in memory, built once and restored before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verification.attacks.memory_shop import MemoryShop, open_memory_shop
from tests.verification.endpoints.sample_shop import SampleShop


@pytest.fixture(scope="module")
def memory_shop() -> Iterator[MemoryShop]:
    with open_memory_shop() as shop:
        yield shop


@pytest.fixture
def sample(memory_shop: MemoryShop) -> SampleShop:
    memory_shop.reset()
    return memory_shop.sample
