"""Publishing entries of the journal's DynamoDB stream to SNS topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.kit import compact_json, config, journal, log
from chalicelib.kit.events import Event
from chalicelib.kit.journal import EntryRow
from chalicelib.kit.packages import TOPIC_OF

MAX_BATCH_MESSAGES = 10  # limit of SNS for one batch
MAX_BATCH_BYTES = 200_000  # SNS allows 256 KB with the envelopes of all messages

Send = Callable[[str, list[dict[str, Any]]], set[str]]  # (topic ARN, entries) -> Ids that were not accepted


def forward(records: Sequence[dict[str, Any]], send: Send) -> str | None:
    """Publish stream records in order and return the sequence number of the first that failed, or None.

    AWS delivers the failed record and all later ones again, so subscribers may receive a message twice."""
    readable, first_unreadable = read_until_unreadable(records)
    missed = publish(readable, send)
    return find_first_missed(records, missed) or first_unreadable


def read_until_unreadable(records: Sequence[dict[str, Any]]) -> tuple[list[tuple[str, EntryRow]], str | None]:
    """Return (sequence number, entry) of the records before the first unreadable one, and its sequence number or None.

    Later records wait until AWS has parked the unreadable one, because a shard is processed in order."""
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
    """Return the new entry, or None for a record that changes or removes an entry.

    The journal is append-only, but no IAM policy can forbid overwriting an item, so a changed entry is logged."""
    if record.get("eventName") != "INSERT":
        log.warning("journal_entry_changed", sequence=record["dynamodb"]["SequenceNumber"])
        return None
    entry: EntryRow = EntryRow.from_raw_data(record["dynamodb"]["NewImage"])
    journal.row_to_message(entry)  # raises here for a body that is not JSON, instead of in every subscriber
    return entry


def publish(entries: Sequence[tuple[str, EntryRow]], send: Send) -> set[str]:
    """Publish the entries and return the Ids that SNS did not accept."""
    missed: set[str] = set()
    for topic, batch in group_into_batches(entries):
        missed |= send(config.topic_arn(topic), batch)
    for number, entry in entries:
        log_published(entry, batch_id(number) in missed)
    return missed


def log_published(entry: EntryRow, missed: bool) -> None:
    with log.request_scope(entry.request_id):
        if topic_of(entry.kind) is None:
            log.warning("event_kind_unknown", kind=entry.kind, event_id=entry.event_id)
        elif missed:
            log.warning("event_not_published", kind=entry.kind, event_id=entry.event_id, subject=entry.pk)
        else:
            log.info("event_published", kind=entry.kind, event_id=entry.event_id, subject=entry.pk)


def group_into_batches(entries: Sequence[tuple[str, EntryRow]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return (topic, messages) in order, in batches as large as SNS allows. Kinds unknown to this version are
    skipped."""
    batches: list[tuple[str, list[dict[str, Any]]]] = []
    open_batches: dict[str, list[dict[str, Any]]] = {}
    for number, entry in entries:
        topic = topic_of(entry.kind)
        if topic is None:
            continue
        message = entry_to_sns_message(number, entry)
        batch = open_batches.get(topic)
        if batch is None or not can_add(batch, message):
            batch = open_batches[topic] = []
            batches.append((topic, batch))
        batch.append(message)
    return batches


def topic_of(kind: str) -> str | None:
    """Return the topic of the package that defines the event, or None for an unknown kind."""
    event = Event.kinds.get(kind)
    return TOPIC_OF.get(event.__module__.removeprefix("chalicelib.").partition(".")[0]) if event else None


def can_add(batch: list[dict[str, Any]], message: dict[str, Any]) -> bool:
    size = sum(len(entry["Message"].encode()) for entry in (*batch, message))
    return len(batch) < MAX_BATCH_MESSAGES and size <= MAX_BATCH_BYTES


def entry_to_sns_message(number: str, entry: EntryRow) -> dict[str, Any]:
    # Chalice reads the Subject of every SNS message, and local SNS emulators omit the field if it is not set.
    return {
        "Id": batch_id(number),
        "Subject": entry.kind,
        "Message": compact_json.dumps(journal.row_to_message(entry)),
        "MessageAttributes": {"kind": {"DataType": "String", "StringValue": entry.kind}},
    }


def find_first_missed(records: Sequence[dict[str, Any]], missed: set[str]) -> str | None:
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return next((number for number in numbers if batch_id(number) in missed), None)


def batch_id(sequence_number: str) -> str:
    """Return the Id of a record within an SNS batch, which has at most 80 characters."""
    return sequence_number[-80:]
