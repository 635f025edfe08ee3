"""A very hot SKU over several shelves, so that its buyers do not all wait at one."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import db, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Moved
from chalicelib.kit.requests import Asked
from chalicelib.stock.model import OutOfStock, ShelvesSpread, evenly
from chalicelib.stock.move import at_work, write_down
from chalicelib.stock.store import change, load_levels


@db.decided_anew
def spread(
    principal: Principal, location: str, sku: str, shelves: int, reason: str, asked: Asked | None = None
) -> dict[str, Any]:
    """Moves free units only: promised ones stay where their orders remember them."""
    requests.look_up(asked)
    at_work(principal, location)
    levels = load_levels([(sku, location)])
    if not levels:
        raise OutOfStock(short=[{"sku": sku, "wanted": shelves, "available": 0}])
    movements = evenly(levels, shelves)
    going = [level for level in levels if level.shelf >= shelves]
    writes = change(movements, as_read=going, settings={(sku, location): {"shelves": shelves}})
    event = ShelvesSpread(sku, location, shelves, reason, tuple(movements))
    try:
        return write_down(principal, event, writes, asked, shelves=shelves)
    except OutOfStock:
        raise Moved() from None  # sold from a shelf since it was read
