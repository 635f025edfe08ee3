"""Reads for everyone above. Locations and staff change seldom, so a process remembers them for a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound, NotSignedIn
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
    staff_key,
)

T = TypeVar("T")

CACHE_TTL = timedelta(seconds=60)
_cache: dict[str, tuple[datetime, Any]] = {}


def load_locations() -> Mapping[str, Location]:
    found: dict[str, Location] = _cached(
        "locations", lambda: _index_by_id(row_to_location, db.query_all(LocationRow, "locations"))
    )
    return found


def list_selling_locations() -> list[Location]:
    """Every location that serves remote orders. Vans do not: a salesman sells from their own van only."""
    return [each for each in load_locations().values() if each.active and each.kind != "van"]


def load_location(location_id: str) -> Location:
    found = load_locations().get(location_id)
    if found is None:
        raise NotFound()
    return found


def check_location_exists(location_id: str, field: str = "location") -> None:
    """Raise NoSuchLocation for an unknown id; an empty one is allowed. Reads anew, not from the cache."""
    if location_id and db.get(LocationRow, "locations", location_id) is None:
        raise NoSuchLocation((field, "is not one of ours"), location=location_id)


def load_staff() -> Mapping[str, Staff]:
    """Everyone who ever had a row, the inactive too: old orders still name them."""
    found: dict[str, Staff] = _cached("staff", lambda: _index_by_id(row_to_staff, db.query_all(StaffRow, "staff")))
    return found


def list_staff_at(location_id: str) -> list[Staff]:
    """Who is told of work there: active people whose location it is."""
    return [each for each in load_staff().values() if each.active and each.location == location_id]


def find_staff_uncached(staff_id: str) -> Staff | None:
    """Not remembered: for whoever is about to change it."""
    row = db.get(StaffRow, "staff", staff_id)
    return row_to_staff(row) if row is not None else None


def load_positions() -> dict[str, Position]:
    """Always as reported last: a remembered position would be an old one."""
    return {row.sk: row_to_position(row) for row in db.query_all(PositionRow, "positions")}


def authenticate_staff(claims: dict[str, Any]) -> Principal:
    """What he may do is what the staff list says now, whatever his token said when it was made."""
    key = staff_key(str(claims["id"]))
    row = _cached(f"staff#{key.sk}", lambda: db.get(StaffRow, key.pk, key.sk))
    person = row_to_staff(row) if row is not None else None
    if person is None or not person.active or person.version != claims["v"]:
        raise NotSignedIn()
    return Principal(role=person.role, id=person.id, location=person.location or None, name=person.name)


def find_postcode_point(country: str, postcode: str) -> Point | None:
    """Where a customer without a position is, as well as his postcode tells."""
    key = postcode_key(*normalize_postcode(country, postcode))
    return row_to_point(db.get(key.row, key.pk, key.sk, consistent=False))


def check_postcode(country: str, postcode: str) -> None:
    """Only countries whose postcodes are loaded can say that one does not exist."""
    country, postcode = normalize_postcode(country, postcode)
    if country not in load_complete_countries():
        return
    key = postcode_key(country, postcode)
    if not postcode or db.get(key.row, key.pk, key.sk, consistent=False) is None:
        raise UnknownPostcode(country, postcode)


def normalize_postcode(country: str, postcode: str) -> tuple[str, str]:
    """One spelling for keys: people write `sw1a 1aa` and `SW1A1AA`."""
    return country.strip().upper(), "".join(postcode.split()).upper()


def clear_cache() -> None:
    """For whoever has just changed a row, and for tests that change the tables beneath."""
    _cache.clear()


def swap_cache(memory: dict[str, tuple[datetime, Any]]) -> dict[str, tuple[datetime, Any]]:
    """Remember what `memory` holds from now on; returns what was remembered before. For several processes in one."""
    global _cache
    before, _cache = _cache, memory
    return before


def load_complete_countries() -> set[str]:
    """Whose postcodes are complete here; one that is not among them does not exist."""
    return {row.sk for row in _cached("postcodes", lambda: db.query_all(CountryRow, "postcodes")) if row.loaded}


def _index_by_id(read: Callable[[Any], T], rows: Iterable[Any]) -> dict[str, T]:
    return {row.sk: read(row) for row in rows}


def _cached(name: str, load: Callable[[], T]) -> T:
    now = clock.now()
    since, value = _cache.get(name, (None, None))
    if since is None or not since <= now < since + CACHE_TTL:
        value = load()
        _cache[name] = (now, value)
    return cast(T, value)
