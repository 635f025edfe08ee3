"""Rows of the sweep, in the table `notify`.

sweep#<pass>        <shard of the journal>   the last event id that the pass has examined
unfinished#evt_…    unfinished               an entry whose effects a pass could not start, listed by its last attempt
"""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import clock, db
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.journal import EntryRow
from chalicelib.kit.row_attributes import InstantAttribute

UNFINISHED = "unfinished"


class PositionRow(Row):
    Meta = db.table("notify")

    event_id = UnicodeAttribute()


class UnfinishedRow(IndexedRow):
    Meta = db.table("notify")

    kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    sequence = NumberAttribute()
    at = InstantAttribute()


def load_position(pass_name: str, shard: int) -> str:
    """Return the event id up to which the pass has examined the shard; empty before its first run."""
    row = db.get(PositionRow, f"sweep#{pass_name}", str(shard))
    return row.event_id if row else ""


def advance_position(pass_name: str, shard: int, event_id: str) -> Write:
    """Return the write of a later position. Raises StaleVersion if a concurrent run is further."""
    row = PositionRow(f"sweep#{pass_name}", str(shard), event_id=event_id)
    return db.put(row, when=PositionRow.pk.does_not_exist() | (PositionRow.event_id < event_id))


def put_unfinished(entry: EntryRow, attempted_at: datetime) -> Write:
    row = UnfinishedRow(
        f"{UNFINISHED}#{entry.event_id}",
        UNFINISHED,
        kind=entry.kind,
        subject=entry.pk,
        sequence=entry.sk,
        at=entry.occurred_at,
    )
    row.list, row.listed_at = UNFINISHED, f"{clock.iso(attempted_at)}#{entry.event_id}"
    return db.put(row)


def delete_unfinished(event_id: str) -> Write:
    return db.delete(UnfinishedRow(f"{UNFINISHED}#{event_id}", UNFINISHED))


def list_unfinished(limit: int) -> list[UnfinishedRow]:
    """Return the unfinished entries, those first whose last attempt is the longest ago."""
    rows: list[UnfinishedRow] = db.query(UnfinishedRow, UNFINISHED, index="by_list", limit=limit).items
    return rows


def load_entries(rows: list[UnfinishedRow]) -> list[EntryRow]:
    return list(db.batch(Key(EntryRow, row.subject, int(row.sequence)) for row in rows).values())
