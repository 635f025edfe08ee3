"""Builders of locations and staff; tests name only the fields that matter to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.kit import auth, clock
from chalicelib.places.model import Location, Point, Staff
from chalicelib.places.save import save_location, save_staff

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TUGU = Point(-7.2459, 112.7378)  # in Surabaya


def freeze_clock(now: datetime) -> datetime:
    clock.source = lambda: now
    return now


def a_location(location_id: str = "van-budi", kind: str = "van", **fields: Any) -> Location:
    return replace(Location(location_id, kind, location_id.title(), TUGU, zone="Asia/Jakarta"), **fields)


def save_locations(*locations: Location) -> None:
    for location in locations:
        save_location(location, "owner-ani")


def a_salesman(staff_id: str = "salesman-budi", **fields: Any) -> Staff:
    return replace(Staff(staff_id, "Budi", "salesman", "+6281230000001", location="van-budi"), **fields)


def save_people(*people: Staff) -> None:
    for staff in people:
        save_staff(staff, "owner-ani")


def staff_token_claims(staff: Staff) -> dict[str, Any]:
    return auth.read_staff_token(auth.staff_token(staff.id, staff.role, staff.version))
