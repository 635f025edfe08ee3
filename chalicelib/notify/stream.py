"""From the journal's stream to SNS: which topic an event belongs to, and how a batch of entries gets there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.kit import compact, config, journal, log
from chalicelib.kit.events import Event
from chalicelib.kit.journal import Entry
from chalicelib.kit.packages import TOPIC_OF

MOST_MESSAGES = 10  # SNS takes no more in one batch
# … nor more than 256 KB together; an entry is about 1 KB, and this leaves room for its envelope.
MOST_BYTES = 200_000

Send = Callable[[str, list[dict[str, Any]]], set[str]]  # (topic's ARN, entries) -> the Ids that were not taken


def forward(records: Sequence[dict[str, Any]], send: Send) -> str | None:
    """Publishes stream records in their order; answers the sequence number of the first that could not be, so that
    AWS brings that one and all behind it again. Listeners do not mind hearing twice."""
    readable, first_bad = until_unreadable(records)
    missed = publish(readable, send)
    return min_by_order(records, missed) or first_bad


def until_unreadable(records: Sequence[dict[str, Any]]) -> tuple[list[tuple[str, Entry]], str | None]:
    """Everything behind a poison record waits for it to be retried and parked, as in a shard on AWS."""
    readable: list[tuple[str, Entry]] = []
    for record in records:
        number = record["dynamodb"]["SequenceNumber"]
        try:
            entry = read_image(record)
        except Exception as error:
            log.bug("a journal record cannot be read", sequence=number, exception=type(error).__name__)
            return readable, number
        if entry is not None:
            readable.append((number, entry))
    return readable, None


def read_image(record: dict[str, Any]) -> Entry | None:
    """None for what is no new entry: the journal is only ever added to, so whoever changed one is told on. No policy
    can forbid to put an entry over another; every entry holds the hash of the one before it."""
    if record.get("eventName") != "INSERT":
        log.warning("a journal entry was changed or removed", sequence=record["dynamodb"]["SequenceNumber"])
        return None
    entry: Entry = Entry.from_raw_data(record["dynamodb"]["NewImage"])
    journal.entry_to_message(entry)  # a body that is no JSON is found here and not by ten listeners
    return entry


def publish(entries: Sequence[tuple[str, Entry]], send: Send) -> set[str]:
    """The sequence numbers that SNS did not take."""
    missed: set[str] = set()
    for topic, batch in batches(entries):
        missed |= send(config.topic_arn(topic), batch)
    return missed


def batches(entries: Sequence[tuple[str, Entry]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """By topic, in order, as large as SNS allows. A kind that this version does not know has no listeners here."""
    made: list[tuple[str, list[dict[str, Any]]]] = []
    open_batches: dict[str, list[dict[str, Any]]] = {}
    for number, entry in entries:
        topic = topic_of(entry.kind)
        if topic is None:
            log.warning("nobody listens to this kind", kind=entry.kind, event_id=entry.event_id)
            continue
        message = as_message(number, entry)
        batch = open_batches.get(topic)
        if batch is None or not fits(batch, message):
            batch = open_batches[topic] = []
            made.append((topic, batch))
        batch.append(message)
    return made


def topic_of(kind: str) -> str | None:
    """That of the package whose model declares the event."""
    event = Event.kinds.get(kind)
    return TOPIC_OF.get(event.__module__.removeprefix("chalicelib.").partition(".")[0]) if event else None


def fits(batch: list[dict[str, Any]], message: dict[str, Any]) -> bool:
    size = sum(len(each["Message"].encode()) for each in (*batch, message))
    return len(batch) < MOST_MESSAGES and size <= MOST_BYTES


def as_message(number: str, entry: Entry) -> dict[str, Any]:
    # Always with a Subject: Chalice's event wants one, and an engine without it leaves the field out.
    return {
        "Id": number[-80:],
        "Subject": entry.kind,
        "Message": compact.write(journal.entry_to_message(entry)),
        "MessageAttributes": {"kind": {"DataType": "String", "StringValue": entry.kind}},
    }


def min_by_order(records: Sequence[dict[str, Any]], missed: set[str]) -> str | None:
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return next((number for number in numbers if number[-80:] in missed), None)
