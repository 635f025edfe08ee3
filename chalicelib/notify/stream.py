"""From the journal's stream to SNS: which topic an event belongs to, and how a batch of entries gets there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.kit import compact_json, config, journal, log
from chalicelib.kit.events import Event
from chalicelib.kit.journal import EntryRow
from chalicelib.kit.packages import TOPIC_OF

MAX_BATCH_MESSAGES = 10  # SNS takes no more in one batch
# … nor more than 256 KB together; an entry is about 1 KB, and this leaves room for its envelope.
MAX_BATCH_BYTES = 200_000

Send = Callable[[str, list[dict[str, Any]]], set[str]]  # (topic's ARN, entries) -> the Ids that were not taken


def forward(records: Sequence[dict[str, Any]], send: Send) -> str | None:
    """Publishes stream records in their order; answers the sequence number of the first that could not be, so that
    AWS brings that one and all behind it again. Listeners do not mind hearing twice."""
    readable, first_bad = read_until_unreadable(records)
    missed = publish(readable, send)
    return find_first_missed(records, missed) or first_bad


def read_until_unreadable(records: Sequence[dict[str, Any]]) -> tuple[list[tuple[str, EntryRow]], str | None]:
    """Everything behind a poison record waits for it to be retried and parked, as in a shard on AWS."""
    readable: list[tuple[str, EntryRow]] = []
    for record in records:
        number = record["dynamodb"]["SequenceNumber"]
        try:
            entry = read_image(record)
        except Exception as error:
            log.error("journal_record_unreadable", sequence=number, exception=type(error).__name__)
            return readable, number
        if entry is not None:
            readable.append((number, entry))
    return readable, None


def read_image(record: dict[str, Any]) -> EntryRow | None:
    """None for what is no new entry: the journal is only ever added to, so whoever changed one is told on. No policy
    can forbid to put an entry over another; every entry holds the hash of the one before it."""
    if record.get("eventName") != "INSERT":
        log.warning("journal_entry_changed", sequence=record["dynamodb"]["SequenceNumber"])
        return None
    entry: EntryRow = EntryRow.from_raw_data(record["dynamodb"]["NewImage"])
    journal.row_to_message(entry)  # a body that is no JSON is found here and not by ten listeners
    return entry


def publish(entries: Sequence[tuple[str, EntryRow]], send: Send) -> set[str]:
    """The sequence numbers that SNS did not take."""
    missed: set[str] = set()
    for topic, batch in batches(entries):
        missed |= send(config.topic_arn(topic), batch)
    for number, entry in entries:
        log_published(entry, number[-80:] in missed)
    return missed


def log_published(entry: EntryRow, missed: bool) -> None:
    with log.request_scope(entry.request_id):
        if topic_of(entry.kind) is None:
            log.warning("event_kind_unknown", kind=entry.kind, event_id=entry.event_id)
        elif missed:
            log.warning("event_not_published", kind=entry.kind, event_id=entry.event_id, subject=entry.pk)
        else:
            log.info("event_published", kind=entry.kind, event_id=entry.event_id, subject=entry.pk)


def batches(entries: Sequence[tuple[str, EntryRow]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """By topic, in order, as large as SNS allows. A kind that this version does not know has no listeners here."""
    made: list[tuple[str, list[dict[str, Any]]]] = []
    open_batches: dict[str, list[dict[str, Any]]] = {}
    for number, entry in entries:
        topic = topic_of(entry.kind)
        if topic is None:
            continue
        message = entry_to_sns_message(number, entry)
        batch = open_batches.get(topic)
        if batch is None or not can_add(batch, message):
            batch = open_batches[topic] = []
            made.append((topic, batch))
        batch.append(message)
    return made


def topic_of(kind: str) -> str | None:
    """That of the package whose model declares the event."""
    event = Event.kinds.get(kind)
    return TOPIC_OF.get(event.__module__.removeprefix("chalicelib.").partition(".")[0]) if event else None


def can_add(batch: list[dict[str, Any]], message: dict[str, Any]) -> bool:
    size = sum(len(each["Message"].encode()) for each in (*batch, message))
    return len(batch) < MAX_BATCH_MESSAGES and size <= MAX_BATCH_BYTES


def entry_to_sns_message(number: str, entry: EntryRow) -> dict[str, Any]:
    # Always with a Subject: Chalice's event wants one, and an engine without it leaves the field out.
    return {
        "Id": number[-80:],
        "Subject": entry.kind,
        "Message": compact_json.dumps(journal.row_to_message(entry)),
        "MessageAttributes": {"kind": {"DataType": "String", "StringValue": entry.kind}},
    }


def find_first_missed(records: Sequence[dict[str, Any]], missed: set[str]) -> str | None:
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return next((number for number in numbers if number[-80:] in missed), None)
