"""Rows of the table `places`. Locations, staff and positions are few, so each kind shares one partition."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit import db
from chalicelib.kit.db import Key, Row
from chalicelib.kit.journal import Head
from chalicelib.kit.row_attributes import InstantAttribute
from chalicelib.places.model import Location, Point, Position, Postcode, Staff

AREA_SUFFIX_LENGTH = 2  # the last characters of a postcode, which tell places of one area apart


class LocationRow(Row):
    Meta = db.table("places")

    kind = UnicodeAttribute()
    name = UnicodeAttribute()
    lat = NumberAttribute(null=True)
    lon = NumberAttribute(null=True)
    zone = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    hours = UnicodeAttribute(null=True)
    active = BooleanAttribute()
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


class StaffRow(Row):
    Meta = db.table("places")

    name = UnicodeAttribute()
    role = UnicodeAttribute()
    phone = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    location = UnicodeAttribute(null=True)
    language = UnicodeAttribute()
    active = BooleanAttribute()
    token_version = NumberAttribute()
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


class PositionRow(Row):
    Meta = db.table("places")

    lat = NumberAttribute()
    lon = NumberAttribute()
    at = InstantAttribute()


class PostcodeRow(Row):
    Meta = db.table("places")

    area = UnicodeAttribute(null=True)
    lat = NumberAttribute(null=True)
    lon = NumberAttribute(null=True)


class PostcodeAreaRow(Row):
    """The middle of the postcodes that share their first characters, for postcodes that are not on file.

    `postcodes` is the number that it was computed from.
    """

    Meta = db.table("places")

    lat = NumberAttribute()
    lon = NumberAttribute()
    postcodes = NumberAttribute()


class CountryRow(Row):
    """Whether a country's postcodes are complete, so that others do not exist."""

    Meta = db.table("places")

    loaded = BooleanAttribute()
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


def location_key(location_id: str) -> Key:
    return Key(LocationRow, "locations", location_id)


def staff_key(staff_id: str) -> Key:
    return Key(StaffRow, "staff", staff_id)


def postcode_key(country: str, postcode: str) -> Key:
    return Key(PostcodeRow, f"postcode#{country}#{postcode}", "postcode")


def postcode_area_key(country: str, postcode: str) -> Key:
    """Return the key of the area of a postcode: that of 60241 is 602."""
    return Key(PostcodeAreaRow, f"postcode_area#{country}#{postcode[:-AREA_SUFFIX_LENGTH]}", "area")


def row_to_location(row: Any) -> Location:
    texts = {name: getattr(row, name) or "" for name in ("address", "phone", "email", "hours")}
    return Location(row.sk, row.kind, row.name, row_to_point(row), zone=row.zone, **texts, active=row.active)


def row_to_staff(row: Any) -> Staff:
    texts = {name: getattr(row, name) or "" for name in ("phone", "email", "location")}
    version = int(row.token_version)
    return Staff(row.sk, row.name, row.role, **texts, language=row.language, active=row.active, version=version)


def row_to_position(row: Any) -> Position:
    return Position(row.sk, Point(float(row.lat), float(row.lon)), row.at)


def row_to_postcode(row: Any) -> Postcode:
    point = row_to_point(row)
    coordinates = (point.lat, point.lon) if point else (None, None)
    return Postcode(row.pk.rpartition("#")[2], row.area or "", *coordinates)


def row_to_point(row: Any) -> Point | None:
    return None if row is None or row.lat is None or row.lon is None else Point(float(row.lat), float(row.lon))


def location_to_row(location: Location, head: Head) -> LocationRow:
    return LocationRow(
        "locations",
        location.id,
        kind=location.kind,
        name=location.name,
        **point_to_attributes(location.point),
        zone=location.zone,
        address=location.address or None,
        phone=location.phone or None,
        email=location.email or None,
        hours=location.hours or None,
        active=location.active,
        **vars(head),
    )


def staff_to_row(staff: Staff, head: Head) -> StaffRow:
    return StaffRow(
        "staff",
        staff.id,
        name=staff.name,
        role=staff.role,
        phone=staff.phone or None,
        email=staff.email or None,
        location=staff.location or None,
        language=staff.language,
        active=staff.active,
        token_version=staff.version,
        **vars(head),
    )


def postcode_to_row(country: str, postcode: Postcode) -> PostcodeRow:
    key = postcode_key(country, postcode.postcode)
    return PostcodeRow(key.pk, key.sk, area=postcode.area or None, **point_to_attributes(postcode.point))


def point_to_attributes(point: Point | None) -> dict[str, Any]:
    """Return the coordinates rounded to 0.1 m: DynamoDB refuses numbers as small as the smallest floats."""
    return {"lat": round(point.lat, 6), "lon": round(point.lon, 6)} if point else {}
