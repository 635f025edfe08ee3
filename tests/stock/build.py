"""Builders for stock: say only what matters to the test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.kit import db
from chalicelib.stock import store
from chalicelib.stock.model import Hold, Level, Movement, Piece, allocated, displayed, received, reserved

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WAREHOUSE, STORE, VAN = "wh-surabaya", "store-tunjungan", "van-budi"


def a_level(sku: str = "TEAPOT", location: str = WAREHOUSE, **counted: int) -> Level:
    return Level(sku, location, **counted)


def a_piece(sku: str = "TEAPOT", quantity: int = 1, location: str = WAREHOUSE, shelf: int = 0) -> Piece:
    return Piece(sku, location, quantity, shelf)


def a_hold(quantity: int, order: str = "ord_1", minutes_left: int = 0, location: str = WAREHOUSE, **said: Any) -> Hold:
    until = NOON + timedelta(minutes=minutes_left)
    return Hold(said.get("sku", "TEAPOT"), location, said.get("shelf", 0), order, quantity, until)


def stocked(*levels: Level) -> None:
    """Puts the levels in the table by the one way there is."""
    for level in levels:
        settings = {"safety": level.safety, "shelves": level.shelves} if level.shelf == 0 else {}
        db.commit(store.change(_arriving(level), settings={(level.sku, level.location): settings} if settings else {}))


def _arriving(level: Level) -> list[Movement]:
    hows = {received: level.on_hand, reserved: level.reserved, allocated: level.allocated, displayed: level.display}
    return [how(Piece(*level.place[:2], quantity, level.shelf)) for how, quantity in hows.items() if quantity]


def the_level(sku: str = "TEAPOT", location: str = WAREHOUSE, shelf: int = 0) -> Level | None:
    key = store.level_key(sku, location, shelf)
    row = db.get(key.row, key.pk, key.sk)
    return store.as_level(row) if row else None


def stored_available(sku: str = "TEAPOT", location: str = WAREHOUSE, shelf: int = 0) -> int:
    key = store.level_key(sku, location, shelf)
    return int(db.get(key.row, key.pk, key.sk).available)


def held(*holds: Hold) -> None:
    """Holds with their units, as an order on transfer makes them."""
    db.commit([*store.change([reserved(hold.piece) for hold in holds]), *map(store.put_hold, holds)])


def moved(movements: Sequence[Movement], **said: Any) -> None:
    if writes := store.change(movements, **said):  # where nothing is to do there is no transaction
        db.commit(writes)
