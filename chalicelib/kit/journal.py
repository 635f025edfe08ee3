"""The journal: audit trail and transactional outbox in one table, written in the same transaction as every change.

Hash key `subject` (`order#ord_…`), range key `sequence` (1, 2, 3 …, put only if absent, so the order of entries does
not depend on clocks). Each entry holds the hash of the entry before it. The stock movements and postings of a commit
are part of its one entry.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import clock, compact_json, db, events, ids, log
from chalicelib.kit.db import Row, Write
from chalicelib.kit.events import Event
from chalicelib.kit.row_attributes import InstantAttribute

SHARD_COUNT = 4  # partitions of the index by time, because every commit adds to it


class EntryRow(Row):
    """An entry. The index `by_time` lists the entries of a shard by event id, which begins with the time of the event.

    `shard` and `request_id` are not part of the hash.
    """

    Meta = db.table("journal")

    pk = UnicodeAttribute(hash_key=True, attr_name="subject")
    sk = NumberAttribute(range_key=True, attr_name="sequence")  # type: ignore[assignment]
    event_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    schema_version = NumberAttribute()
    occurred_at = InstantAttribute()
    actor = UnicodeAttribute()
    channel = UnicodeAttribute(null=True)
    body = UnicodeAttribute()
    previous = UnicodeAttribute(null=True)
    request_id = UnicodeAttribute(null=True)  # for log lines
    shard = UnicodeAttribute(null=True)

    @property
    def commit_id(self) -> str:
        return self.event_id


@dataclass(frozen=True)
class Head:
    """The version of a subject and the hash of its last entry.

    It is stored on the subject's own row, so that the next entry needs no read of the journal. Rows and values that
    hold it have the same two fields: `replace(order, **vars(head))`.
    """

    version: int = 0
    journal_hash: str = ""


class HasHead(Protocol):
    """A `Head`, or a row or value with the same two fields."""

    @property
    def version(self) -> float: ...
    @property
    def journal_hash(self) -> str: ...


@dataclass(frozen=True)
class JournalEntry:
    """One entry as event handlers receive it."""

    subject: str
    sequence: int
    event_id: str
    occurred_at: datetime
    actor: str
    channel: str | None
    event: Event | None
    kind: str


def append_event(
    subject: str, event: Event, *, after: HasHead | None = None, actor: str, at: datetime, channel: str | None = None
) -> tuple[Write, Head]:
    """Return the write of the subject's next entry, and the new head to store on the subject's row in the same commit.

    `after` holds the subject's current head; it is None before the first entry. Of two commits that append after the
    same head, the second raises StaleVersion.
    """
    head = Head() if after is None else Head(int(after.version), after.journal_hash)
    event_id = ids.new("evt", at)
    entry = EntryRow(
        subject,
        head.version + 1,
        event_id=event_id,
        kind=event.kind,
        schema_version=event.schema_version,
        occurred_at=at,
        actor=actor,
        channel=channel,
        body=events.to_json(event),
        previous=head.journal_hash or None,
        request_id=log.request_id() or None,
        shard=str(zlib.crc32(event_id.encode()) % SHARD_COUNT),
    )
    return db.create(entry), Head(head.version + 1, hash_of(entry))


def put_version(row: Any) -> Write:
    """Return the write that replaces the previous version of a row, or creates version 1. It may raise StaleVersion."""
    row_class, version = type(row), row.version
    return db.put(row, when=row_class.pk.does_not_exist() if version == 1 else row_class.version == version - 1)


def hash_of(entry: EntryRow) -> str:
    """Return 128 bits of SHA-256 over the fields of the entry and the hash of the entry before it."""
    fields = [entry.pk, int(entry.sk), entry.event_id, entry.kind, int(entry.schema_version)]
    fields += [clock.iso(entry.occurred_at), entry.actor, entry.channel, entry.body, entry.previous]
    return hashlib.sha256(compact_json.dumps(fields).encode()).hexdigest()[:32]


def history(subject: str) -> list[EntryRow]:
    """Return the subject's entries, oldest first."""
    return db.query_all(EntryRow, subject)


def list_entries(shard: int, after: str, until: datetime, limit: int, *, newest_first: bool = False) -> list[EntryRow]:
    """Return the entries of a shard with ids above `after`, of events before `until`; at most `limit`.

    The index lags by about a second.
    """
    bounds = (after + "0", ids.first_at("evt", until))
    if bounds[0] >= bounds[1]:  # DynamoDB refuses a BETWEEN whose bounds are not in order
        return []
    return db.query(EntryRow, str(shard), index="by_time", between=bounds, limit=limit, newest_first=newest_first).items


def row_to_message(entry: EntryRow) -> dict[str, Any]:
    """Return the entry as it is published to event handlers."""
    return {
        "subject": entry.pk,
        "sequence": int(entry.sk),
        "event_id": entry.event_id,
        "kind": entry.kind,
        "schema_version": int(entry.schema_version),
        "occurred_at": clock.iso(entry.occurred_at),
        "actor": entry.actor,
        "channel": entry.channel,
        "request_id": entry.request_id,
        "body": compact_json.loads(entry.body),
    }


def row_to_entry(entry: EntryRow) -> JournalEntry:
    return message_to_entry(row_to_message(entry))


def message_to_entry(message: Mapping[str, Any]) -> JournalEntry:
    """Return the entry of a published message; `event` is None for a kind that this release does not know.

    Raises events.NewerVersion.
    """
    return JournalEntry(
        subject=message["subject"],
        sequence=message["sequence"],
        event_id=message["event_id"],
        occurred_at=clock.parse(message["occurred_at"]),
        actor=message["actor"],
        channel=message.get("channel"),
        event=events.from_json(message["kind"], message["schema_version"], message["body"]),
        kind=message["kind"],
    )
