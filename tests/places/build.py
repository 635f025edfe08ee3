"""Places that tests speak of; they say only what matters to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.kit import auth, clock
from chalicelib.places.model import Location, Point, Staff
from chalicelib.places.save import save_location, save_staff

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TUGU = Point(-7.2459, 112.7378)  # made up, somewhere in Surabaya


def freeze_clock(now: datetime) -> datetime:
    clock.source = lambda: now
    return now


def a_location(location_id: str = "van-budi", kind: str = "van", **said: Any) -> Location:
    return replace(Location(location_id, kind, location_id.title(), TUGU, zone="Asia/Jakarta"), **said)


def save_locations(*places: Location) -> None:
    for place in places:
        save_location(place, "owner-ani")


def a_salesman(staff_id: str = "salesman-budi", **said: Any) -> Staff:
    return replace(Staff(staff_id, "Budi", "salesman", "+6281230000001", location="van-budi"), **said)


def save_people(*people: Staff) -> None:
    for person in people:
        save_staff(person, "owner-ani")


def staff_token_claims(staff: Staff) -> dict[str, Any]:
    return auth.read_staff_token(auth.staff_token(staff.id, staff.role, staff.version))
