"""A hot SKU lies on several shelves: who meets others at one goes to another, and waits only where all are crowded."""

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

HERE = "wh-surabaya"


class ContendedMemory(MemoryEngine):
    """Cancels each transaction that `meets` somebody; the writes of all that were sent."""

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
        """The order that each transaction would have made."""
        return [write.row.pk for writes in self.sent for write in writes if isinstance(write.row, OrderRow)]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ContendedMemory]:
    made = ContendedMemory()
    monkeypatch.setattr(db, "engine", made)
    open_shop(TEAPOT=8)
    yield made


def split_into_shards(count: int, store: ContendedMemory) -> None:
    reshard(principal_of("owner-ratna"), HERE, TEAPOT, count, "a sale tonight")
    store.sent.clear()


def set_first_shards(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """The shelves that buyers begin at."""
    coming, others = iter(numbers), ids.randomness
    monkeypatch.setattr(
        ids, "randomness", lambda count: next(coming).to_bytes(2, "big") if count == 2 else others(count)
    )


def touches_shard(shelf: int) -> Callable[[Sequence[Write]], bool]:
    key = level_key(TEAPOT, HERE, shelf)
    return lambda writes: any((write.row.pk, write.row.sk) == (key.pk, key.sk) for write in writes)


def place_sale() -> Any:
    return call("POST", "/api/orders", an_order((TEAPOT, 1)), key="a-buyer-of-a-sale")


def available_by_shard() -> dict[int, int]:
    return {level.shard: level.available for level in load_levels([(TEAPOT, HERE)])}


def rows(store: ContendedMemory) -> dict[str, Any]:
    return {name: table.rows for name, table in store.snapshot().items() if table.rows}


def test_who_meets_others_at_one_shelf_takes_from_another(
    store: ContendedMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    split_into_shards(2, store)
    set_first_shards(monkeypatch, 0, 1)
    store.is_contended = touches_shard(0)

    assert place_sale().status == 201

    assert available_by_shard() == {0: 4, 1: 3}
    assert len(store.sent) == 2


def test_where_all_are_crowded_he_waits_for_his_turn_at_one(
    store: ContendedMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    split_into_shards(2, store)
    set_first_shards(monkeypatch, 0, 1, 0, 1)
    store.is_contended = lambda writes: len(store.sent) < 6

    assert place_sale().status == 201

    assert available_by_shard() == {0: 4, 1: 3}
    assert len(store.sent) == 6
    assert len(set(store.orders[3:])) == 1


def test_who_never_gets_through_is_asked_to_come_again_and_nothing_moved(store: ContendedMemory) -> None:
    split_into_shards(2, store)
    before = rows(store)
    store.is_contended = lambda writes: True

    answer = place_sale()

    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert len(store.sent) == 3 + db.MAX_ATTEMPTS
    assert rows(store) == before


def test_of_goods_on_one_shelf_the_same_order_is_tried_again(store: ContendedMemory) -> None:
    store.sent.clear()
    store.is_contended = lambda writes: len(store.sent) < 4

    assert place_sale().status == 201

    assert available_by_shard() == {0: 7}
    assert len(store.orders) == 4 and len(set(store.orders)) == 1


def test_an_order_that_a_lost_try_had_made_is_found_and_not_made_again(store: ContendedMemory) -> None:
    """The store cancels the second send of what it had carried out, and the answer to the first was lost."""
    split_into_shards(2, store)

    def lost(writes: Sequence[Write]) -> bool:
        if len(store.sent) == 1:
            MemoryEngine.transact(store, writes, "the first")
        return len(store.sent) == 1

    store.is_contended = lost

    answer = place_sale()

    assert answer.status == 200
    assert sum(available_by_shard().values()) == 7
    assert answer.json["id"] == store.orders[0]
