"""Reads of locations, staff, positions and postcodes. Each process caches locations and staff for one minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast

from chalicelib.kit import clock, config, db
from chalicelib.kit.dry_run import DryRunEngine
from chalicelib.kit.errors import NotFound
from chalicelib.places.model import Location, NoSuchLocation, Point, Position, Staff, UnknownPostcode
from chalicelib.places.store import (
    CountryRow,
    LocationRow,
    PositionRow,
    StaffRow,
    postcode_key,
    row_to_location,
    row_to_point,
    row_to_position,
    row_to_staff,
)

T = TypeVar("T")

CACHE_TTL = timedelta(seconds=60)
_cache: dict[str, tuple[datetime, Any]] = {}


def load_locations() -> Mapping[str, Location]:
    """Return all locations by id, inactive ones included."""
    return _cached("locations", lambda: _index_by_id(row_to_location, db.query_all(LocationRow, "locations")))


def find_zone(location_id: str) -> str:
    """Return the time zone of the location; the shop's for an empty or unknown id."""
    location = load_locations().get(location_id) if location_id else None
    return location.zone if location else config.zone()


def business_day(location_id: str, instant: datetime) -> date:
    """Return the day on which a location counts what happens at this instant: recap, ledger, lists and exports agree.

    What belongs to no location, such as a web order, is of the shop's day."""
    return clock.day_of(instant, find_zone(location_id))


def business_days(location_ids: Iterable[str], instant: datetime) -> dict[str, date]:
    return {location_id: business_day(location_id, instant) for location_id in location_ids}


def list_selling_locations() -> list[Location]:
    """Return the active locations that serve remote orders. Vans do not: salesmen sell only from their own van."""
    return [location for location in load_locations().values() if location.active and location.kind != "van"]


def list_pickup_locations() -> list[Location]:
    """Return the locations where customers can collect goods: active stores."""
    return [location for location in load_locations().values() if location.has_pickup]


def list_van_ids() -> frozenset[str]:
    return frozenset(location.id for location in load_locations().values() if location.kind == "van")


def load_location(location_id: str) -> Location:
    """Return a location. Raises NotFound."""
    location = load_locations().get(location_id)
    if location is None:
        raise NotFound()
    return location


def check_location_exists(location_id: str, field: str = "location") -> None:
    """Raise NoSuchLocation for an unknown id; an empty one is allowed. Reads the table, not the cache."""
    if location_id and db.get(LocationRow, "locations", location_id) is None:
        raise NoSuchLocation((field, "is not one of ours"), location=location_id)


def load_staff() -> Mapping[str, Staff]:
    """Return all staff by id, inactive ones included, because old orders refer to them."""
    return _cached("staff", lambda: _index_by_id(row_to_staff, db.query_all(StaffRow, "staff")))


def list_staff_at(location_id: str) -> list[Staff]:
    """Return the active staff of a location."""
    return [staff for staff in load_staff().values() if staff.active and staff.location == location_id]


def find_location_uncached(location_id: str) -> Location | None:
    row = db.get(LocationRow, "locations", location_id)
    return row_to_location(row) if row is not None else None


def find_staff_uncached(staff_id: str) -> Staff | None:
    """Return a member of staff as stored, or None: for callers that are about to change it."""
    row = db.get(StaffRow, "staff", staff_id)
    return row_to_staff(row) if row is not None else None


def load_positions() -> dict[str, Position]:
    """Return the latest position of every van by location id. It is not cached, because positions change constantly."""
    return {row.sk: row_to_position(row) for row in db.query_all(PositionRow, "positions")}


def find_staff_by_identity(kind: str, value: str) -> Staff | None:
    """Return the active member of staff with this `phone` or `email`, or None. Channel keys sign in with no code.

    Where several have it, the first by id is meant. Reads the table, because a person signs in right after the
    invitation."""
    people = (row_to_staff(row) for row in db.query_all(StaffRow, "staff"))
    return next((person for person in people if person.can_sign_in and getattr(person, kind) == value), None)


def find_postcode_point(country: str, postcode: str) -> Point | None:
    """Return the approximate position of a postcode, or None if it is unknown."""
    key = postcode_key(*normalize_postcode(country, postcode))
    return row_to_point(db.get(key.row, key.pk, key.sk, consistent=False))


def check_postcode(country: str, postcode: str) -> None:
    """Raise UnknownPostcode if the country's postcodes are complete and this one is not among them."""
    country, postcode = normalize_postcode(country, postcode)
    if country not in load_complete_countries():
        return
    key = postcode_key(country, postcode)
    if not postcode or db.get(key.row, key.pk, key.sk, consistent=False) is None:
        raise UnknownPostcode(country, postcode)


def normalize_postcode(country: str, postcode: str) -> tuple[str, str]:
    """Return country and postcode in the spelling of keys: `sw1a 1aa` and `SW1A1AA` are the same."""
    return country.strip().upper(), "".join(postcode.split()).upper()


def clear_cache() -> None:
    """Forget cached rows: call it after saving a row, and in tests that replace the tables."""
    _current_cache().clear()


def _current_cache() -> dict[str, tuple[datetime, Any]]:
    """Return the cache of this process, or that of a dry run, which must not be seen by anything else."""
    engine = db.current_engine()
    return engine.cache if isinstance(engine, DryRunEngine) else _cache


def swap_cache(cache: dict[str, tuple[datetime, Any]]) -> dict[str, tuple[datetime, Any]]:
    """Use another cache and return the previous one, so that one process can simulate several."""
    global _cache
    before, _cache = _cache, cache
    return before


def load_complete_countries() -> set[str]:
    """Return the countries whose postcodes are completely loaded."""
    return {row.sk for row in _cached("postcodes", lambda: db.query_all(CountryRow, "postcodes")) if row.loaded}


def _index_by_id(row_to_value: Callable[[Any], T], rows: Iterable[Any]) -> dict[str, T]:
    return {row.sk: row_to_value(row) for row in rows}


def _cached(name: str, load: Callable[[], T]) -> T:
    now = clock.now()
    cache = _current_cache()
    cached_at, value = cache.get(name, (None, None))
    if cached_at is None or not cached_at <= now < cached_at + CACHE_TTL:
        value = load()
        cache[name] = (now, value)
    return cast(T, value)
