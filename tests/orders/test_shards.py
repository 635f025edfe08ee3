"""Orders of a SKU whose stock is split into shards: a conflict at one shard is retried at another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from chalicelib.kit import db, ids
from chalicelib.kit.db import TransactionCancelled, Write
from chalicelib.orders.store import OrderRow
from chalicelib.stock.shard import reshard
from chalicelib.stock.store import level_key, load_levels
from tests.client import call
from tests.shop import TEAPOT, an_order, open_shop, principal_of
from tests.verification.simulator.memory_engine import MemoryEngine

LOCATION = "wh-surabaya"


class ContendedMemory(MemoryEngine):
    """Cancels every transaction for which `is_contended` is true. `sent` has the writes of every attempt."""

    def __init__(self) -> None:
        super().__init__()
        self.is_contended: Callable[[Sequence[Write]], bool] = lambda writes: False
        self.sent: list[Sequence[Write]] = []

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self.sent.append(writes)
        if self.is_contended(writes):
            raise TransactionCancelled([("TransactionConflict", None), *[(None, None)] * (len(writes) - 1)])
        super().transact(writes, token)

    @property
    def orders(self) -> list[str]:
        """The id of the order in each attempted transaction."""
        return [write.row.pk for writes in self.sent for write in writes if isinstance(write.row, OrderRow)]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ContendedMemory]:
    memory = ContendedMemory()
    monkeypatch.setattr(db, "engine", memory)
    open_shop(TEAPOT=8)
    yield memory


def split_into_shards(count: int, store: ContendedMemory) -> None:
    reshard(principal_of("owner-ratna"), LOCATION, TEAPOT, count, "a sale tonight")
    store.sent.clear()


def set_first_shards(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Make successive plans begin at these shards."""
    offsets, randomness = iter(numbers), ids.randomness
    monkeypatch.setattr(
        ids, "randomness", lambda count: next(offsets).to_bytes(2, "big") if count == 2 else randomness(count)
    )


def touches_shard(shard: int) -> Callable[[Sequence[Write]], bool]:
    key = level_key(TEAPOT, LOCATION, shard)
    return lambda writes: any((write.row.pk, write.row.sk) == (key.pk, key.sk) for write in writes)


def place_sale() -> Any:
    return call("POST", "/api/orders", an_order((TEAPOT, 1)), key="a-buyer-of-a-sale")


def available_by_shard() -> dict[int, int]:
    return {level.shard: level.available for level in load_levels([(TEAPOT, LOCATION)])}


def rows(store: ContendedMemory) -> dict[str, Any]:
    return {name: table.rows for name, table in store.snapshot().items() if table.rows}


def test_an_order_in_conflict_at_one_shard_takes_from_another(
    store: ContendedMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    split_into_shards(2, store)
    set_first_shards(monkeypatch, 0, 1)
    store.is_contended = touches_shard(0)

    assert place_sale().status == 201

    assert available_by_shard() == {0: 4, 1: 3}
    assert len(store.sent) == 2


def test_after_three_conflicts_the_order_is_retried_at_the_same_shard(
    store: ContendedMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    split_into_shards(2, store)
    set_first_shards(monkeypatch, 0, 1, 0, 1)
    store.is_contended = lambda writes: len(store.sent) < 6

    assert place_sale().status == 201

    assert available_by_shard() == {0: 4, 1: 3}
    assert len(store.sent) == 6
    assert len(set(store.orders[3:])) == 1


def test_an_order_that_is_always_in_conflict_fails_with_503_and_nothing_moves(store: ContendedMemory) -> None:
    split_into_shards(2, store)
    before = rows(store)
    store.is_contended = lambda writes: True

    answer = place_sale()

    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert len(store.sent) == 3 + db.MAX_ATTEMPTS
    assert rows(store) == before


def test_an_order_of_a_sku_with_one_shard_is_retried_unchanged(store: ContendedMemory) -> None:
    store.sent.clear()
    store.is_contended = lambda writes: len(store.sent) < 4

    assert place_sale().status == 201

    assert available_by_shard() == {0: 7}
    assert len(store.orders) == 4 and len(set(store.orders)) == 1


def test_an_order_whose_first_commit_lost_its_reply_is_not_placed_twice(store: ContendedMemory) -> None:
    """The first send is committed but its reply is lost, and the resend is cancelled by a conflict."""
    split_into_shards(2, store)

    def commit_first_and_lose_reply(writes: Sequence[Write]) -> bool:
        if len(store.sent) == 1:
            MemoryEngine.transact(store, writes, "the first")
        return len(store.sent) == 1

    store.is_contended = commit_first_and_lose_reply

    answer = place_sale()

    assert answer.status == 200
    assert sum(available_by_shard().values()) == 7
    assert answer.json["id"] == store.orders[0]
