"""Save locations, staff and postcodes. Saving an unchanged value writes nothing, so imports may be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import Key, Write
from chalicelib.kit.journal import Head
from chalicelib.places.find import clear_cache, normalize_postcode
from chalicelib.places.model import (
    LastOwner,
    Location,
    LocationSaved,
    Point,
    Postcode,
    PostcodesSaved,
    Staff,
    StaffSaved,
    check_location,
    check_staff,
    mean_point,
)
from chalicelib.places.store import (
    CountryRow,
    LocationRow,
    PostcodeAreaRow,
    StaffRow,
    location_to_row,
    point_to_attributes,
    postcode_area_key,
    postcode_key,
    postcode_to_row,
    row_to_location,
    row_to_postcode,
    row_to_staff,
    staff_to_row,
)

T = TypeVar("T")
MAX_POSTCODES = db.MAX_TRANSACTION_WRITES - 2  # less the country's row and the journal entry


@db.retry_on_conflict
def save_location(location: Location, actor: str) -> bool:
    """Create or replace a location. Returns False if nothing changed. Raises Invalid."""
    check_location(location)
    row = db.get(LocationRow, "locations", location.id)
    if row is not None and row_to_location(row) == row_to_location(location_to_row(location, Head())):
        return False
    event = LocationSaved(location.id, location.kind, location.active)
    entry, head = journal.append_event(f"location#{location.id}", event, after=row, actor=actor, at=clock.now())
    new = location_to_row(location, head)
    db.commit([journal.put_version(new), entry])
    clear_cache()
    return True


@db.retry_on_conflict
def save_staff(staff: Staff, actor: str) -> bool:
    """Create or replace a member of staff. Returns False if nothing changed.

    Raises Invalid, or LastOwner if no active owner who can sign in would remain. The token version never falls, and
    deactivation raises it, so old tokens stay invalid after reactivation.
    """
    check_staff(staff)
    row = db.get(StaffRow, "staff", staff.id)
    before = row_to_staff(row) if row is not None else None
    after = replace(staff, version=_token_version(before, staff))
    if before == after:
        return False
    event = StaffSaved(after.id, after.role, after.location, after.active, after.version)
    entry, head = journal.append_event(f"staff#{after.id}", event, after=row, actor=actor, at=clock.now())
    new = staff_to_row(after, head)
    db.commit([*_check_owner_remains(before, after), journal.put_version(new), entry])
    clear_cache()
    return True


def _check_owner_remains(before: Staff | None, after: Staff) -> list[Write]:
    """Return a check that another owner can stand in, if the change removes this one or their phone and e-mail.

    The check is part of the transaction, so two owners cannot remove each other at once. Raises LastOwner.
    """
    if before is None or not before.is_active_owner or after.can_stand_in_for(before):
        return []
    others = [staff for row in db.query_all(StaffRow, "staff") if (staff := row_to_staff(row)).id != after.id]
    owner = next((staff for staff in others if staff.can_stand_in_for(before)), None)
    if owner is None:
        raise LastOwner(staff=after.id)
    is_owner = (StaffRow.role == "owner") & (StaffRow.active == True)  # noqa: E712 - a DynamoDB condition
    if before.has_contact:
        is_owner &= StaffRow.phone.exists() | StaffRow.email.exists()
    return [db.check(StaffRow("staff", owner.id), is_owner)]


def save_postcodes(country: str, rows: Iterable[Postcode], actor: str = "import", complete: bool = True) -> int:
    """Save postcodes and return how many were new or changed.

    If they are `complete`, the country is marked as loaded after the last batch. From then on orders to a postcode not
    among them are refused.
    """
    country = normalize_postcode(country, "")[0]
    by_code = {normalize_postcode(country, row.postcode)[1]: row for row in rows}
    postcodes = [replace(row, postcode=code) for code, row in by_code.items()]
    changed = sum(_save_batch(country, batch, actor) for batch in _batches(postcodes, MAX_POSTCODES))
    _save_areas(country, postcodes)
    if complete:
        _save_batch(country, [], actor, loaded=True)
    clear_cache()
    return changed


@db.retry_on_conflict
def _save_batch(country: str, batch: list[Postcode], actor: str, loaded: bool = False) -> int:
    rows = db.batch(postcode_key(country, postcode.postcode) for postcode in batch)
    stored = {row_to_postcode(row) for row in rows.values()}
    new = [postcode for postcode in batch if row_to_postcode(postcode_to_row(country, postcode)) not in stored]
    row = db.get(CountryRow, "postcodes", country)
    if not new and (not loaded or (row is not None and row.loaded)):
        return 0
    event = PostcodesSaved(country, len(new))
    entry, head = journal.append_event(f"postcodes#{country}", event, after=row, actor=actor, at=clock.now())
    country_row = CountryRow("postcodes", country, loaded=loaded or (row is not None and row.loaded), **vars(head))
    writes = [db.put(postcode_to_row(country, postcode)) for postcode in new]
    db.commit([*writes, journal.put_version(country_row), entry])
    return len(new)


def _save_areas(country: str, postcodes: Iterable[Postcode]) -> None:
    """Save the middle of each area, unless the stored one was computed from more postcodes."""
    points: dict[Key, list[Point]] = {}
    for postcode in postcodes:
        if postcode.point:
            points.setdefault(postcode_area_key(country, postcode.postcode), []).append(postcode.point)
    stored = db.batch(points)
    rows = [
        PostcodeAreaRow(key.pk, key.sk, postcodes=len(of_area), **point_to_attributes(mean_point(of_area)))
        for key, of_area in points.items()
        if key not in stored or stored[key].postcodes <= len(of_area)
    ]
    for batch in _batches(rows, db.MAX_TRANSACTION_WRITES):
        db.commit([db.put(row) for row in batch])


def _token_version(before: Staff | None, after: Staff) -> int:
    if before is None:
        return after.version
    is_deactivated = before.active and not after.active
    return max(before.version + is_deactivated, after.version)


def _batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch
