"""A SKU in high demand is sold exactly, although every overlapping transaction is cancelled."""

from __future__ import annotations

import pytest

from chalicelib.kit import db
from chalicelib.kit.db import TransactionCancelled
from chalicelib.stock.store import level_key
from tests.shop import CUP, TEAPOT, open_shop
from tests.verification.bench.hot_sale import run_sale
from tests.verification.bench.virtual_time import CONFLICT_SECONDS, TRANSACTION_SECONDS, in_virtual_time


@pytest.mark.parametrize("shards", [1, 64])
def test_a_hot_sku_is_sold_exactly_though_every_overlap_is_cancelled(shards: int) -> None:
    sale = run_sale(shards, units=70, buyers=24)

    assert (sale.sold, sale.remaining) == (70, 0)
    assert sale.refused == 24
    assert sale.conflicts > 0


@pytest.mark.parametrize("shards", [1, 64])
def test_orders_of_three_use_the_remainders_of_several_shards(shards: int) -> None:
    sale = run_sale(shards, units=70, buyers=8, quantity=3)

    assert (sale.sold, sale.remaining) == (69, 1)
    assert sale.refused == 8


def test_a_run_is_reproducible_by_its_seed() -> None:
    first, again, other = (run_sale(64, units=70, buyers=24, seed=seed) for seed in (5, 5, 6))

    assert first == again
    assert (other.sold, other.remaining) == (70, 0)
    assert other != first


def test_of_two_overlapping_transactions_the_later_is_cancelled() -> None:
    outcomes: list[tuple[str, float]] = []
    with in_virtual_time() as (time, store):
        open_shop(TEAPOT=5, CUP=5)
        began = time.now

        def send(name: str, sku: str, after: float) -> None:
            time.sleep(after)
            key = level_key(sku, "wh-surabaya")
            row = key.row(key.pk, key.sk)
            try:
                store.transact([db.update(row, key.row.available.add(-1))], name)  # type: ignore[attr-defined]
                outcomes.append((name, round(time.now - began, 3)))
            except TransactionCancelled as error:
                outcomes.append((f"{name}: {error.reasons[0][0]}", round(time.now - began, 3)))

        time.run(
            [
                lambda: send("first", TEAPOT, 0),
                lambda: send("second", TEAPOT, 0.01),
                lambda: send("elsewhere", CUP, 0.01),
                lambda: send("after", TEAPOT, TRANSACTION_SECONDS + 0.005),
            ]
        )

    assert outcomes == [
        ("second: TransactionConflict", round(0.01 + CONFLICT_SECONDS, 3)),
        ("first", TRANSACTION_SECONDS),
        ("elsewhere", round(0.01 + TRANSACTION_SECONDS, 3)),
        ("after", round(2 * TRANSACTION_SECONDS + 0.005, 3)),
    ]
