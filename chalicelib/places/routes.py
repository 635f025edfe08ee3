"""Endpoints of places: staff read locations, the owner saves locations and staff, salesmen report van positions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from chalicelib.kit import clock, config
from chalicelib.kit.email_addresses import Email
from chalicelib.kit.phone_numbers import Phone
from chalicelib.kit.web import Body, Call, Routes
from chalicelib.places import find
from chalicelib.places.model import Location, Point, Staff
from chalicelib.places.report_position import report_position
from chalicelib.places.save import save_location, save_staff

endpoints = Routes(__name__)

Id = Annotated[str, Field(max_length=64)]
Text = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Zone = Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]


class PointBody(Body):
    lat: Latitude
    lon: Longitude

    def to_point(self) -> Point:
        return Point(self.lat, self.lon)


class PositionBody(PointBody):
    at: AwareDatetime | None = None


class LocationBody(Body):
    kind: Literal["warehouse", "store", "van"]
    name: Name
    position: PointBody | None = None
    zone: Annotated[Zone, Field(default_factory=config.zone)]
    address: Text = ""
    phone: Phone = ""
    email: Email = ""
    hours: Annotated[str, Field(max_length=60)] = ""
    active: bool = True


class StaffBody(Body):
    name: Name
    role: Literal["owner", "cashier", "salesman", "agent", "warehouse", "courier", "finance", "channel"]
    phone: Phone = ""
    email: Email = ""
    location: Id = ""
    language: Literal["id", "en"] = "id"
    active: bool = True
    sign_out: bool = False


@endpoints.get("/locations")
def locations(call: Call) -> dict[str, Any]:
    """List every warehouse, store and van, inactive ones included."""
    return {"items": [_location_to_json(location) for location in find.load_locations().values()], "next": None}


@endpoints.put(
    "/locations/{location_id}",
    body=LocationBody,
    example={"kind": "store", "name": "Toko Darmo", "position": {"lat": -7.2906, "lon": 112.7344}},
)
def location(call: Call, location_id: str) -> dict[str, Any]:
    """Create or replace a location."""
    fields = call.body.model_dump(exclude={"position"})
    point = call.body.position.to_point() if call.body.position else None
    saved = Location(location_id, **fields, point=point)
    save_location(saved, call.principal.actor)
    return _location_to_json(saved)


@endpoints.put(
    "/locations/{location_id}/position",
    body=PositionBody,
    example={"lat": -7.2756, "lon": 112.7378},
)
def position(call: Call, location_id: str) -> dict[str, Any]:
    """Report where a van is, now or at the given time; salesmen report only their own van."""
    reported = report_position(call.principal, location_id, call.body.to_point(), call.body.at)
    return {"location": location_id, "position": reported.point.to_json(), "at": clock.iso(reported.at)}


@endpoints.get("/staff")
def staff(call: Call) -> dict[str, Any]:
    """List all staff and channel keys, inactive ones included."""
    return {"items": [_staff_to_json(member) for member in find.load_staff().values()], "next": None}


@endpoints.put(
    "/staff/{staff_id}",
    body=StaffBody,
    example={"name": "Budi Santoso", "role": "salesman", "phone": "+6281230000001", "location": "van-budi"},
)
def staff_member(call: Call, staff_id: str) -> dict[str, Any]:
    """Create or replace a member of staff; `sign_out` invalidates all their tokens within a minute."""
    fields = call.body.model_dump(exclude={"sign_out"})
    find.check_location_exists(call.body.location)
    stored = find.find_staff_uncached(staff_id)
    version = stored.version if stored else 1
    saved = Staff(staff_id, **fields, version=version + call.body.sign_out)
    save_staff(saved, call.principal.actor)
    return _staff_to_json(saved)


def _location_to_json(location: Location) -> dict[str, Any]:
    return {
        "id": location.id,
        "kind": location.kind,
        "name": location.name,
        "position": location.point.to_json() if location.point else None,
        "zone": location.zone,
        "address": location.address,
        "phone": location.phone,
        "email": location.email,
        "hours": location.hours,
        "active": location.active,
    }


def _staff_to_json(staff: Staff) -> dict[str, Any]:
    return {name: value for name, value in vars(staff).items() if name != "version"}
