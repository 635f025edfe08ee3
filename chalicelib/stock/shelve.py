"""What came for somebody who no longer waits for it goes to where everybody buys from."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Moved
from chalicelib.stock.coming import brought_in, nobodys
from chalicelib.stock.model import NotPromised, OutOfStock, Piece, Place, StockShelved
from chalicelib.stock.move import write_down
from chalicelib.stock.store import change, load_places

CLOCK = Principal(role="owner", id="clock")


@db.decided_anew
def shelve(places: Sequence[Place]) -> int:
    """How many units went."""
    levels = load_places(places).values()
    pieces = [Piece(level.sku, level.location, nobodys(level), level.shelf) for level in levels if nobodys(level)]
    for piece in pieces:
        movements = brought_in([piece])
        try:
            write_down(CLOCK, StockShelved(piece.location, tuple(movements)), change(movements))
        except (OutOfStock, NotPromised) as promised_meanwhile:
            raise Moved() from promised_meanwhile
    return sum(piece.quantity for piece in pieces)
