"""Builders for stock: say only what matters to the test."""

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


def a_level(sku: str = "TEAPOT", location: str = WAREHOUSE, **counted: int) -> Level:
    return Level(sku, location, **counted)


def an_allocation(sku: str = "TEAPOT", quantity: int = 1, location: str = WAREHOUSE, shard: int = 0) -> Allocation:
    return Allocation(sku, location, quantity, shard)


def a_hold(quantity: int, order: str = "ord_1", minutes_left: int = 0, location: str = WAREHOUSE, **said: Any) -> Hold:
    until = NOON + timedelta(minutes=minutes_left)
    return Hold(said.get("sku", "TEAPOT"), location, said.get("shard", 0), order, quantity, until)


def store_levels(*levels: Level) -> None:
    """Puts the levels in the table by the one way there is."""
    for level in levels:
        settings = {"safety": level.safety, "shelves": level.shard_count} if level.shard == 0 else {}
        db.commit(
            store.build_level_writes(
                _build_movements(level), settings={(level.sku, level.location): settings} if settings else {}
            )
        )


def _build_movements(level: Level) -> list[Movement]:
    hows = {
        receipt_movement: level.on_hand,
        reservation_movement: level.reserved,
        allocation_movement: level.allocated,
        display_movement: level.display,
    }
    return [how(Allocation(*level.level_id[:2], quantity, level.shard)) for how, quantity in hows.items() if quantity]


def load_level(sku: str = "TEAPOT", location: str = WAREHOUSE, shard: int = 0) -> Level | None:
    key = store.level_key(sku, location, shard)
    row = db.get(key.row, key.pk, key.sk)
    return store.row_to_level(row) if row else None


def load_stored_available(sku: str = "TEAPOT", location: str = WAREHOUSE, shard: int = 0) -> int:
    key = store.level_key(sku, location, shard)
    return int(db.get(key.row, key.pk, key.sk).available)


def store_holds(*holds: Hold) -> None:
    """Holds with their units, as an order on transfer makes them."""
    db.commit(
        [
            *store.build_level_writes([reservation_movement(hold.allocation) for hold in holds]),
            *map(store.put_hold, holds),
        ]
    )


def commit_movements(movements: Sequence[Movement], **said: Any) -> None:
    if writes := store.build_level_writes(movements, **said):  # where nothing is to do there is no transaction
        db.commit(writes)
