"""Delivers a stream's records to one handler by Lambda's rules; the local engine's own mapping drops failed records.

Records of a shard are delivered in order. A failed batch is retried from its first failed record. A batch that fails at
its first record is halved, which does not count as a retry. A record that keeps failing goes to the dead letters, and
the rest continues.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ulid import ULID

from chalicelib.kit import clock, config
from infra.local.invoke import invoke

Record = dict[str, Any]
RETRIES = 5
OVERLAP_MILLISECONDS = 60_000  # ids are made before the commit, so the order of ids is not the order of commits
log = logging.getLogger("satukanal_local")


def deliver(
    records: Sequence[Record],
    call: Callable[[Sequence[Record]], Any],
    send_to_dead_letters: Callable[[Record, str], None],
    wait: Callable[[int], object],
    retries: int = RETRIES,
) -> None:
    """Call the handler until each record succeeded or is a dead letter; `wait` gets the number of retries so far."""
    waiting = [(list(records), 0)] if records else []
    while waiting:
        batch, tries = waiting.pop(0)
        failed, reason = find_first_failure(batch, call)
        if failed is None:
            continue
        if failed > 0:
            waiting.insert(0, (batch[failed:], 0))
        elif len(batch) > 1:
            half = len(batch) // 2
            waiting[:0] = [(batch[:half], 0), (batch[half:], 0)]
        elif tries < retries:
            wait(tries)
            waiting.insert(0, (batch, tries + 1))
        else:
            send_to_dead_letters(batch[0], reason)


def find_first_failure(batch: Sequence[Record], call: Callable[[Sequence[Record]], Any]) -> tuple[int | None, str]:
    """The position of the first failed record, or None, and the reason.

    As on AWS, a response that names a record outside the batch means that the whole batch failed.
    """
    try:
        response = call(batch)
    except Exception as error:
        log.exception("stream_handler_failed")
        return 0, f"{type(error).__name__}: {error}"
    failures = (response or {}).get("batchItemFailures") or [] if isinstance(response, dict) else []
    if not failures:
        return None, ""
    positions = {record["dynamodb"]["SequenceNumber"]: position for position, record in enumerate(batch)}
    return min(positions.get(failure.get("itemIdentifier"), 0) for failure in failures), "reported as failed"


@dataclass
class Checkpoint:
    """What one handler has processed.

    Sequence numbers restart with the engine, so `shards` is valid only for the run `engine`. Event ids persist.
    """

    engine: str = ""  # id of the engine's run
    shards: dict[str, str] = field(default_factory=dict)  # last processed sequence number by shard
    newest: str = ""  # the greatest processed event id

    @classmethod
    def read(cls, file: Path | None) -> Checkpoint:
        return cls(**json.loads(file.read_text())) if file and file.exists() else cls()

    def write(self, file: Path | None) -> None:
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(self)))
        temporary.replace(file)  # atomic


class EventSourceMapping:
    """Reads the journal's stream for one handler."""

    def __init__(self, source: Any, clients: Any, engine_run_id: str = "", file: Path | None = None) -> None:
        self.source, self.clients, self.engine_run_id, self.file = source, clients, engine_run_id, file
        self.checkpoint = Checkpoint.read(file)
        self.iterators: dict[str, str] | None = None
        self.stream = source.stream_arn
        self.resent_ids: set[str] = set()
        self.wait: Callable[[int], object] = lambda tries: None

    def poll(self) -> int:
        """Read each shard once and return the number of processed records."""
        resent = 0
        if self.iterators is None:
            self.iterators = self._open_iterators()
            resent = self._resync()
        return resent + sum(self._read(shard) for shard in list(self.iterators))

    def _open_iterators(self) -> dict[str, str]:
        """Return an iterator for each shard. The stream is looked up by its table, which may have been recreated."""
        table = self.source.stream_arn.split("/")[1]
        self.stream = self.clients.tables.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        shards = self.clients.streams.describe_stream(StreamArn=self.stream)["StreamDescription"]["Shards"]
        return {shard["ShardId"]: self._iterator(shard["ShardId"]) for shard in shards}

    def _iterator(self, shard: str) -> str:
        after = self.checkpoint.shards.get(shard) if self.checkpoint.engine == self.engine_run_id else None
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        if after:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        response = self.clients.streams.get_shard_iterator(StreamArn=self.stream, ShardId=shard, **start)
        return str(response["ShardIterator"])

    def _read(self, shard: str) -> int:
        assert self.iterators is not None
        try:
            response = self.clients.streams.get_records(
                ShardIterator=self.iterators[shard], Limit=self.source.batch_size
            )
        except self.clients.streams.exceptions.ExpiredIteratorException:
            self.iterators[shard] = self._iterator(shard)
            return 0
        records = [to_lambda_record(record, self.stream) for record in response["Records"]]
        self._handle([record for record in records if event_id(record) not in self.resent_ids])
        if records:
            self._save_checkpoint(records, {shard: records[-1]["dynamodb"]["SequenceNumber"]})
        self._advance(shard, response.get("NextShardIterator"))
        return len(records)

    def _advance(self, shard: str, next_iterator: str | None) -> None:
        assert self.iterators is not None
        if next_iterator:
            self.iterators[shard] = next_iterator
        else:
            del self.iterators[shard]

    def _resync(self) -> int:
        """Deliver the journal entries after the checkpoint from the table, because a new engine has an empty stream.

        Returns their number; 0 if the engine is still the one of the checkpoint.
        """
        if self.checkpoint.engine == self.engine_run_id:
            return 0
        missed = [
            entry_to_record(image, self.stream)
            for image in list_entries_after(self.clients.tables, self.checkpoint.newest)
        ]
        self._handle(missed)
        self.resent_ids = {event_id(record) for record in missed}
        self.checkpoint.shards = {}
        self._save_checkpoint(missed, {})
        return len(missed)

    def _save_checkpoint(self, records: Sequence[Record], shards: dict[str, str]) -> None:
        self.checkpoint.engine = self.engine_run_id
        self.checkpoint.shards |= shards
        self.checkpoint.newest = max([self.checkpoint.newest, *map(event_id, records)])
        self.checkpoint.write(self.file)

    def _handle(self, records: Sequence[Record]) -> None:
        for start in range(0, len(records), self.source.batch_size):
            batch = records[start : start + self.source.batch_size]
            deliver(batch, self._call, self._send_to_dead_letters, self.wait)

    def _call(self, batch: Sequence[Record]) -> Any:
        return invoke(self.source.handler_string, {"Records": list(batch)})

    def _send_to_dead_letters(self, record: Record, reason: str) -> None:
        self.clients.send_to_dead_letters(self.source.name, {"Records": [record]}, reason)


def to_lambda_record(record: Record, stream_arn: str) -> Record:
    """Convert a record of the Streams API to Lambda's format: plain JSON with the stream's ARN."""
    return json.loads(json.dumps(record | {"eventSourceARN": stream_arn}, default=_encode_value))  # type: ignore[no-any-return]


def entry_to_record(image: dict[str, Any], stream_arn: str) -> Record:
    """Convert a journal entry in its table to a stream record, with its event id in place of the sequence number."""
    identity = image["event_id"]["S"]
    change = {
        "ApproximateCreationDateTime": clock.parse(image["occurred_at"]["S"]).timestamp(),
        "Keys": {name: image[name] for name in ("subject", "sequence")},
        "NewImage": image,
        "SequenceNumber": identity,
        "SizeBytes": len(json.dumps(image)),
        "StreamViewType": "NEW_IMAGE",
    }
    record = {"eventID": identity, "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb"}
    return to_lambda_record(record | {"awsRegion": config.region(), "dynamodb": change}, stream_arn)


def event_id(record: Record) -> str:
    return str(record["dynamodb"].get("NewImage", {}).get("event_id", {}).get("S", ""))


def list_entries_after(tables: Any, event_id: str) -> list[dict[str, Any]]:
    """The journal's items after an event id, with an overlap of one minute, in the order in which they occurred."""
    pages = tables.get_paginator("scan").paginate(TableName=config.table_name("journal"), ConsistentRead=True)
    images = [image for page in pages for image in page["Items"] if image["event_id"]["S"] > subtract_overlap(event_id)]
    return sorted(images, key=lambda image: (image["occurred_at"]["S"], int(image["sequence"]["N"])))


def subtract_overlap(event: str) -> str:
    """The smallest event id of one minute before this one."""
    if not event:
        return ""
    milliseconds = ULID.from_str(event.removeprefix("evt_")).milliseconds - OVERLAP_MILLISECONDS
    return f"evt_{ULID.from_bytes(milliseconds.to_bytes(6, 'big') + bytes(10))}"


def _encode_value(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else base64.b64encode(value).decode()


def list_sources(app: Any, kind: str) -> Iterator[Any]:
    return (source for source in app.event_sources if type(source).__name__ == kind)
