"""Goods are on their way: how many of a SKU, for which day. Until they come they can be promised for that day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.kit import clock, config, db, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Moved
from chalicelib.kit.requests import Asked
from chalicelib.stock.model import (
    DayIsOver,
    Level,
    NotPromised,
    OutOfStock,
    Piece,
    Place,
    PromisedAhead,
    StockExpected,
    expected,
    shelf_of,
)
from chalicelib.stock.move import at_work, known, write_down
from chalicelib.stock.store import change, load_expected, load_levels


@db.decided_anew
def expect(
    principal: Principal,
    location: str,
    on: date,
    quantities: Mapping[str, int],
    reason: str,
    asked: Asked | None = None,
) -> dict[str, Any]:
    """How many of each are on their way for that day, all told; 0 calls them off. Never fewer than are promised."""
    requests.look_up(asked)
    at_work(principal, location)
    known(sku for sku, quantity in quantities.items() if quantity)
    if on < clock.day_of(clock.now(), config.zone()):
        raise DayIsOver(("on", "is over"), on=on.isoformat())
    firsts = {level.sku: level for level in load_levels((sku, location) for sku in quantities) if not level.shelf}
    firsts = {sku: firsts.get(sku) or Level(sku, location) for sku in quantities}
    coming = {level.place: level for level in load_expected(firsts.values())}
    standing = [_of_day(first, coming, on) for first in firsts.values()]
    changed = [(level, quantities[level.sku] - level.expected) for level in standing]
    for level, more in changed:
        _refuse_promised(level, more, on)
    movements = [expected(Piece(*level.place[:2], more, level.shelf)) for level, more in changed if more]
    days = {(sku, location): {"days": _days(first, coming, on)} for sku, first in firsts.items()}
    event = StockExpected(location, on.isoformat(), reason, tuple(movements))
    writes = change(movements, as_read=firsts.values(), settings=days)
    try:
        return write_down(principal, event, writes, asked, expected=_told(quantities, on))
    except (OutOfStock, NotPromised) as promised_meanwhile:
        raise Moved() from promised_meanwhile


def _of_day(first: Level, coming: Mapping[Place, Level], on: date) -> Level:
    place = (first.sku, first.location, shelf_of(on))
    return coming.get(place) or Level(*place)


def _refuse_promised(level: Level, more: int, on: date) -> None:
    if level.available + more < 0:
        raise PromisedAhead(sku=level.sku, promised=level.promised - level.on_hand, on=on.isoformat())


def _days(first: Level, coming: Mapping[Place, Level], on: date) -> str:
    """The new one, and those that still mean something."""
    kept = [level for level in coming.values() if level.sku == first.sku and (level.expected or level.on_hand)]
    return ",".join(map(str, sorted({*(level.shelf for level in kept), shelf_of(on)})))


def _told(quantities: Mapping[str, int], on: date) -> list[dict[str, Any]]:
    return [{"sku": sku, "on": on.isoformat(), "quantity": quantity} for sku, quantity in quantities.items()]
