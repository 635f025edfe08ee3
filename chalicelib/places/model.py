"""Locations, staff, positions and postcodes, their events and refusals, and the distance between two points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import asin, cos, radians, sin, sqrt

from chalicelib.kit.errors import Invalid, Refused
from chalicelib.kit.events import Event

LOCATION_KINDS = ("warehouse", "store", "van")
ROLES = ("owner", "cashier", "salesman", "agent", "warehouse", "courier", "finance", "channel")
EARTH_RADIUS_METERS = 6_371_000


@dataclass(frozen=True)
class Point:
    """A position in degrees."""

    lat: float
    lon: float

    def to_json(self) -> dict[str, float]:
        return {"lat": self.lat, "lon": self.lon}


@dataclass(frozen=True)
class Location:
    """Anything that holds stock. A van's `point` is where it starts; a `Position` is where it is now.

    `zone` is its IANA time zone, such as Asia/Jakarta.
    """

    id: str
    kind: str
    name: str
    point: Point | None = None
    zone: str = field(kw_only=True)
    address: str = ""
    phone: str = ""
    email: str = ""
    hours: str = ""  # opening hours as customers read them, such as `Senin-Sabtu 09.00-21.00`
    active: bool = True

    @property
    def has_pickup(self) -> bool:
        """Whether customers can collect goods there: at active stores."""
        return self.active and self.kind == "store"


@dataclass(frozen=True)
class Position:
    """Where a van was at an instant."""

    location: str
    point: Point
    at: datetime


@dataclass(frozen=True)
class Staff:
    """A member of staff, or a sales channel with a key. Raising `version` invalidates all tokens of older versions."""

    id: str
    name: str
    role: str
    phone: str = ""
    email: str = ""
    location: str = ""
    language: str = "id"
    active: bool = True
    version: int = 1

    @property
    def can_sign_in(self) -> bool:
        return self.active and self.role != "channel"

    @property
    def is_active_owner(self) -> bool:
        return self.active and self.role == "owner"

    @property
    def has_contact(self) -> bool:
        """Whether sign-in codes can reach this person."""
        return bool(self.phone or self.email)

    def can_stand_in_for(self, owner: Staff) -> bool:
        """Return whether this owner is enough if `owner` goes: someone who can sign in is needed where one could."""
        return self.is_active_owner and (self.has_contact or not owner.has_contact)


@dataclass(frozen=True)
class Postcode:
    """A postcode with its area and position, where these are known."""

    postcode: str
    area: str = ""
    lat: float | None = None
    lon: float | None = None

    @property
    def point(self) -> Point | None:
        return None if self.lat is None or self.lon is None else Point(self.lat, self.lon)


def distance_meters(a: Point, b: Point) -> int:
    """Return the great-circle distance in meters. Roads are longer, but rarely change which point is nearest."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    haversine = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return round(2 * EARTH_RADIUS_METERS * asin(sqrt(min(1.0, haversine))))


def mean_point(points: Sequence[Point]) -> Point:
    """Return the mean of some points that are close to each other."""
    return Point(sum(point.lat for point in points) / len(points), sum(point.lon for point in points) / len(points))


def check_location(location: Location) -> None:
    """Raise Invalid for an unknown kind."""
    if location.kind not in LOCATION_KINDS:
        raise Invalid(("kind", f"is one of {', '.join(LOCATION_KINDS)}"))


def check_staff(staff: Staff) -> None:
    """Raise Invalid for an unknown role."""
    if staff.role not in ROLES:
        raise Invalid(("role", f"is one of {', '.join(ROLES)}"))


class NoSuchLocation(Invalid):
    message = "There is no location {location}, or it is closed."


class NoPickupHere(Refused):
    message = "Goods cannot be picked up at {location}; choose one of: {locations}."


class UnknownStaff(Invalid):
    message = "There is no member of staff {staff}."


class LastOwner(Refused):
    message = "{staff} is the only active owner who can sign in; first make another person with a contact owner."


class NotAVan(Refused):
    message = "Location {location} is not a van; only vans report positions."


class FromTheFuture(Invalid):
    """Refused, because a position dated ahead would count as fresh for too long."""

    def __init__(self) -> None:
        super().__init__(("at", "is in the future; send the time at which the position was taken, or omit it for now"))


class LongAgo(Invalid):
    def __init__(self) -> None:
        super().__init__(("at", "is more than a day ago; send the current position"))


class UnknownPostcode(Invalid):
    def __init__(self, country: str, postcode: str) -> None:
        super().__init__(("postcode", f"{postcode} does not exist in {country}"), country=country, postcode=postcode)


@dataclass(frozen=True)
class LocationSaved(Event):
    """A warehouse, store or van was created or changed."""

    location: str
    kind_of_location: str  # warehouse, store or van
    active: bool


@dataclass(frozen=True)
class StaffSaved(Event):
    """A member of staff or a channel key was created or changed."""

    staff: str
    role: str
    location: str
    active: bool
    token_version: int  # only tokens of this version are valid


@dataclass(frozen=True)
class PostcodesSaved(Event):
    """Postcodes of a country were created or changed."""

    country: str  # ISO 3166
    count: int  # postcodes created or changed
