"""Report the position of a van.

Positions are not journaled: the journal is permanent, and it would become a movement profile of the salesman.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Forbidden, Refused
from chalicelib.places.find import load_location
from chalicelib.places.model import FromTheFuture, LongAgo, NotAVan, Point, Position
from chalicelib.places.store import PositionRow, point_to_attributes

CLOCK_TOLERANCE = timedelta(seconds=60)
MAX_POSITION_AGE = timedelta(days=1)


def report_position(principal: Principal, location_id: str, point: Point, at: datetime | None = None) -> Position:
    """Store the position and return it. Raises NotFound, NotAVan, Forbidden, FromTheFuture or LongAgo.

    A report older than the stored one changes nothing and is not refused: phones send queued reports late.
    """
    van = load_location(location_id)
    if van.kind != "van":
        raise NotAVan(location=location_id)
    if principal.role == "salesman" and principal.location != location_id:
        raise Forbidden()
    position = Position(location_id, point, _validate_time(at, clock.now()))
    with suppress(_NewerStored):
        db.commit([_put_position(position)])
    return position


def _validate_time(at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    if at > now + CLOCK_TOLERANCE:
        raise FromTheFuture()
    if at < now - MAX_POSITION_AGE:
        raise LongAgo()
    return min(at, now)


class _NewerStored(Refused):
    is_internal = True
    message = "A newer position is stored."


def _put_position(position: Position) -> db.Write:
    row = PositionRow("positions", position.location, **point_to_attributes(position.point), at=position.at)
    is_newer = PositionRow.at.does_not_exist() | (PositionRow.at < position.at)
    return db.put(row, when=is_newer, refusal=_NewerStored())
