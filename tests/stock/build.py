"""Levels, allocations and holds with default values, and helpers that store and load them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.kit import db
from chalicelib.stock import store
from chalicelib.stock.model import (
    Allocation,
    Hold,
    Level,
    Movement,
    allocation_movement,
    display_movement,
    receipt_movement,
    reservation_movement,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WAREHOUSE, STORE, VAN = "wh-surabaya", "store-tunjungan", "van-budi"


def a_level(sku: str = "TEAPOT", location: str = WAREHOUSE, **quantities: int) -> Level:
    return Level(sku, location, **quantities)


def an_allocation(sku: str = "TEAPOT", quantity: int = 1, location: str = WAREHOUSE, shard: int = 0) -> Allocation:
    return Allocation(sku, location, quantity, shard)


def a_hold(
    quantity: int, order: str = "ord_1", minutes_left: int = 0, location: str = WAREHOUSE, **kwargs: Any
) -> Hold:
    until = NOON + timedelta(minutes=minutes_left)
    return Hold(kwargs.get("sku", "TEAPOT"), location, kwargs.get("shard", 0), order, quantity, until)


def store_levels(*levels: Level) -> None:
    """Store the levels with the writes that production uses."""
    for level in levels:
        settings = {"safety": level.safety, "shelves": level.shard_count} if level.shard == 0 else {}
        db.commit(
            store.build_level_writes(
                _build_movements(level), settings={(level.sku, level.location): settings} if settings else {}
            )
        )


def _build_movements(level: Level) -> list[Movement]:
    quantities = {
        receipt_movement: level.on_hand,
        reservation_movement: level.reserved,
        allocation_movement: level.allocated,
        display_movement: level.display,
    }
    return [
        build_movement(Allocation(*level.level_id[:2], quantity, level.shard))
        for build_movement, quantity in quantities.items()
        if quantity
    ]


def load_level(sku: str = "TEAPOT", location: str = WAREHOUSE, shard: int = 0) -> Level | None:
    key = store.level_key(sku, location, shard)
    row = db.get(key.row, key.pk, key.sk)
    return store.row_to_level(row) if row else None


def load_stored_available(sku: str = "TEAPOT", location: str = WAREHOUSE, shard: int = 0) -> int:
    key = store.level_key(sku, location, shard)
    return int(db.get(key.row, key.pk, key.sk).available)


def store_holds(*holds: Hold) -> None:
    """Store holds and reserve their units, as an order paid by transfer does."""
    db.commit(
        [
            *store.build_level_writes([reservation_movement(hold.allocation) for hold in holds]),
            *map(store.put_hold, holds),
        ]
    )


def commit_movements(movements: Sequence[Movement], **kwargs: Any) -> None:
    if writes := store.build_level_writes(movements, **kwargs):  # DynamoDB rejects an empty transaction
        db.commit(writes)
