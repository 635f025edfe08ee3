"""Writing down locations, people and postcodes. Keeping what is kept already writes nothing, so imports may repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from chalicelib.kit import clock, db, journal
from chalicelib.kit.journal import Head
from chalicelib.places.find import forget, written
from chalicelib.places.model import (
    Location,
    LocationKept,
    Postcode,
    PostcodesKept,
    Staff,
    StaffKept,
    check_location,
    check_staff,
)
from chalicelib.places.store import (
    CountryRow,
    LocationRow,
    StaffRow,
    as_location,
    as_postcode,
    as_staff,
    location_row,
    postcode_key,
    postcode_row,
    staff_row,
)

MOST_POSTCODES = db.MOST_WRITES - 2  # the country's row and the journal's entry ride along


@db.decided_anew
def keep_location(location: Location, actor: str) -> bool:
    """False when it was so already."""
    check_location(location)
    row = db.get(LocationRow, "locations", location.id)
    if row is not None and as_location(row) == as_location(location_row(location, Head())):
        return False
    event = LocationKept(location.id, location.kind, location.active)
    entry, head = journal.append_event(f"location#{location.id}", event, after=row, actor=actor, at=clock.now())
    new = location_row(location, head)
    db.commit([journal.put_version(new), entry])
    forget()
    return True


@db.decided_anew
def keep_staff(staff: Staff, actor: str) -> bool:
    """His token version never falls, and rises when he leaves, so that old tokens stay dead when he returns."""
    check_staff(staff)
    row = db.get(StaffRow, "staff", staff.id)
    before = as_staff(row) if row is not None else None
    after = replace(staff, version=_token_version(before, staff))
    if before == after:
        return False
    event = StaffKept(after.id, after.role, after.location, after.active, after.version)
    entry, head = journal.append_event(f"staff#{after.id}", event, after=row, actor=actor, at=clock.now())
    new = staff_row(after, head)
    db.commit([journal.put_version(new), entry])
    forget()
    return True


def keep_postcodes(country: str, rows: Iterable[Postcode], actor: str = "import", complete: bool = True) -> int:
    """How many were new or different. Only after the last one, and only when they are `complete`, may an order be
    refused for a postcode not among them."""
    country = written(country, "")[0]
    each = {written(country, row.postcode)[1]: row for row in rows}
    wanted = (replace(row, postcode=code) for code, row in each.items())
    kept = sum(_keep_some(country, some, actor) for some in _batches(wanted, MOST_POSTCODES))
    if complete:
        _keep_some(country, [], actor, loaded=True)
    forget()
    return kept


@db.decided_anew
def _keep_some(country: str, some: list[Postcode], actor: str, loaded: bool = False) -> int:
    standing = db.batch(postcode_key(country, each.postcode) for each in some)
    same = {as_postcode(row) for row in standing.values()}
    new = [each for each in some if as_postcode(postcode_row(country, each)) not in same]
    row = db.get(CountryRow, "postcodes", country)
    if not new and (not loaded or (row is not None and row.loaded)):
        return 0
    event = PostcodesKept(country, len(new))
    entry, head = journal.append_event(f"postcodes#{country}", event, after=row, actor=actor, at=clock.now())
    known = CountryRow("postcodes", country, loaded=loaded or (row is not None and row.loaded), **vars(head))
    writes = [db.put(postcode_row(country, each)) for each in new]
    db.commit([*writes, journal.put_version(known), entry])
    return len(new)


def _token_version(before: Staff | None, after: Staff) -> int:
    if before is None:
        return after.version
    leaves = before.active and not after.active
    return max(before.version + leaves, after.version)


def _batches(rows: Iterable[Postcode], size: int) -> Iterator[list[Postcode]]:
    rows = iter(rows)
    while some := list(islice(rows, size)):
        yield some
