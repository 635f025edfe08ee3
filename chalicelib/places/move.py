"""A van says where it is. Not journaled: a trail of somebody's days does not belong in a log that cannot forget."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Forbidden, Refused
from chalicelib.places.find import location
from chalicelib.places.model import FromTheFuture, LongAgo, NotAVan, Point, Position
from chalicelib.places.store import PositionRow, coordinates

CLOCKS_DIFFER = timedelta(seconds=60)
LONG_AGO = timedelta(days=1)


def report_position(principal: Principal, location_id: str, point: Point, at: datetime | None = None) -> Position:
    """A report that comes after a newer one changes nothing and is no error: phones send what they had queued."""
    van = location(location_id)
    if van.kind != "van":
        raise NotAVan(location=location_id)
    if principal.role == "salesman" and principal.location != location_id:
        raise Forbidden()
    position = Position(location_id, point, _believable(at, clock.now()))
    with suppress(_NewerKnown):
        db.commit([_keep(position)])
    return position


def _believable(at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    if at > now + CLOCKS_DIFFER:
        raise FromTheFuture()
    if at < now - LONG_AGO:
        raise LongAgo()
    return min(at, now)


class _NewerKnown(Refused):
    says = "A newer position is known."


def _keep(position: Position) -> db.Write:
    row = PositionRow("positions", position.location, **coordinates(position.point), at=position.at)
    newer = PositionRow.at.does_not_exist() | (PositionRow.at < position.at)
    return db.put(row, when=newer, refusal=_NewerKnown())
