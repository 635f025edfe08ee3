"""A van says where it is. Not journaled: a trail of somebody's days does not belong in a log that cannot forget."""

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
    """A report that comes after a newer one changes nothing and is no error: phones send what they had queued."""
    van = load_location(location_id)
    if van.kind != "van":
        raise NotAVan(location=location_id)
    if principal.role == "salesman" and principal.location != location_id:
        raise Forbidden()
    position = Position(location_id, point, _validate_time(at, clock.now()))
    with suppress(_NewerKnown):
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


class _NewerKnown(Refused):
    message = "A newer position is known."


def _put_position(position: Position) -> db.Write:
    row = PositionRow("positions", position.location, **point_to_attributes(position.point), at=position.at)
    newer = PositionRow.at.does_not_exist() | (PositionRow.at < position.at)
    return db.put(row, when=newer, refusal=_NewerKnown())
