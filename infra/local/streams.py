"""A stream's records to one handler by AWS's rules, because the local engine's own mapping drops failed records.

In order within a shard; what failed is tried again from the first failure on; a batch that fails at its first record
is halved, which costs no try; the one record that keeps failing goes to the dead letters and the rest goes on.
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
OVERLAP_MILLISECONDS = 60_000  # entries are stamped before they are committed, so the newest seen is no sharp line
log = logging.getLogger("satukanal.local")


def deliver(
    records: Sequence[Record],
    call: Callable[[Sequence[Record]], Any],
    park: Callable[[Record, str], None],
    wait: Callable[[int], object],
    retries: int = RETRIES,
) -> None:
    """Until each record was taken or parked."""
    waiting = [(list(records), 0)] if records else []
    while waiting:
        batch, tries = waiting.pop(0)
        failed, why = find_first_failure(batch, call)
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
            park(batch[0], why)


def find_first_failure(batch: Sequence[Record], call: Callable[[Sequence[Record]], Any]) -> tuple[int | None, str]:
    """An answer that names no record of this batch means that all of it failed, as on AWS."""
    try:
        said = call(batch)
    except Exception as error:
        log.exception("a stream handler failed")
        return 0, f"{type(error).__name__}: {error}"
    failures = (said or {}).get("batchItemFailures") or [] if isinstance(said, dict) else []
    if not failures:
        return None, ""
    places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(batch)}
    return min(places.get(each.get("itemIdentifier"), 0) for each in failures), "reported as failed"


@dataclass
class Checkpoint:
    """What one handler has behind it. The engine's own sequence numbers end with its life, event ids do not."""

    engine: str = ""
    shards: dict[str, str] = field(default_factory=dict)
    newest: str = ""  # the greatest event id taken

    @classmethod
    def read(cls, file: Path | None) -> Checkpoint:
        return cls(**json.loads(file.read_text())) if file and file.exists() else cls()

    def write(self, file: Path | None) -> None:
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(file)  # whole or not at all


class EventSourceMapping:
    """One handler's reading of the journal's stream."""

    def __init__(self, source: Any, clients: Any, *, engine: str = "", file: Path | None = None) -> None:
        self.source, self.clients, self.engine, self.file = source, clients, engine, file
        self.checkpoint = Checkpoint.read(file)
        self.iterators: dict[str, str] | None = None
        self.stream = source.stream_arn
        self.resent_ids: set[str] = set()
        self.wait: Callable[[int], object] = lambda tries: None

    def poll(self) -> int:
        """Reads each shard once; how many records were handled."""
        resent = 0
        if self.iterators is None:
            self.iterators = self._open_iterators()
            resent = self._resync()
        return resent + sum(self._read(shard) for shard in list(self.iterators))

    def _open_iterators(self) -> dict[str, str]:
        """The stream may be another than the one the handler was made with: a table made anew has a new one."""
        table = self.source.stream_arn.split("/")[1]
        self.stream = self.clients.tables.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        shards = self.clients.streams.describe_stream(StreamArn=self.stream)["StreamDescription"]["Shards"]
        return {shard["ShardId"]: self._iterator(shard["ShardId"]) for shard in shards}

    def _iterator(self, shard: str) -> str:
        after = self.checkpoint.shards.get(shard) if self.checkpoint.engine == self.engine else None
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        if after:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        found = self.clients.streams.get_shard_iterator(StreamArn=self.stream, ShardId=shard, **start)
        return str(found["ShardIterator"])

    def _read(self, shard: str) -> int:
        assert self.iterators is not None
        try:
            answer = self.clients.streams.get_records(ShardIterator=self.iterators[shard], Limit=self.source.batch_size)
        except self.clients.streams.exceptions.ExpiredIteratorException:
            self.iterators[shard] = self._iterator(shard)
            return 0
        records = [to_lambda_record(record, self.stream) for record in answer["Records"]]
        self._handle([record for record in records if event_id(record) not in self.resent_ids])
        if records:
            self._save_checkpoint(records, {shard: records[-1]["dynamodb"]["SequenceNumber"]})
        self._advance(shard, answer.get("NextShardIterator"))
        return len(records)

    def _advance(self, shard: str, following: str | None) -> None:
        assert self.iterators is not None
        if following:
            self.iterators[shard] = following
        else:
            del self.iterators[shard]

    def _resync(self) -> int:
        """Stream records do not survive the engine, the journal does: what it holds beyond our newest is sent anew."""
        if self.checkpoint.engine == self.engine:
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
        self.checkpoint.engine = self.engine
        self.checkpoint.shards |= shards
        self.checkpoint.newest = max([self.checkpoint.newest, *map(event_id, records)])
        self.checkpoint.write(self.file)

    def _handle(self, records: Sequence[Record]) -> None:
        for start in range(0, len(records), self.source.batch_size):
            batch = records[start : start + self.source.batch_size]
            deliver(batch, self._call, self._send_to_dead_letters, self.wait)

    def _call(self, batch: Sequence[Record]) -> Any:
        return invoke(self.source.handler_string, {"Records": list(batch)})

    def _send_to_dead_letters(self, record: Record, why: str) -> None:
        self.clients.send_to_dead_letters(self.source.name, {"Records": [record]}, why)


def to_lambda_record(record: Record, stream_arn: str) -> Record:
    """A record of the Streams API as Lambda hands it over: plain JSON, with the stream's name."""
    return json.loads(json.dumps(record | {"eventSourceARN": stream_arn}, default=_encode_value))  # type: ignore[no-any-return]


def entry_to_record(image: dict[str, Any], stream_arn: str) -> Record:
    """A journal entry read from its table, as if it came by the stream; its id stands for the sequence number."""
    identity = image["event_id"]["S"]
    told = {
        "ApproximateCreationDateTime": clock.parse(image["occurred_at"]["S"]).timestamp(),
        "Keys": {name: image[name] for name in ("subject", "sequence")},
        "NewImage": image,
        "SequenceNumber": identity,
        "SizeBytes": len(json.dumps(image)),
        "StreamViewType": "NEW_IMAGE",
    }
    facts = {"eventID": identity, "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb"}
    return to_lambda_record(facts | {"awsRegion": config.region(), "dynamodb": told}, stream_arn)


def event_id(record: Record) -> str:
    return str(record["dynamodb"].get("NewImage", {}).get("event_id", {}).get("S", ""))


def list_entries_after(tables: Any, event_id: str) -> list[dict[str, Any]]:
    pages = tables.get_paginator("scan").paginate(TableName=config.table_name("journal"), ConsistentRead=True)
    images = [image for page in pages for image in page["Items"] if image["event_id"]["S"] > subtract_overlap(event_id)]
    return sorted(images, key=lambda image: (image["occurred_at"]["S"], int(image["sequence"]["N"])))


def subtract_overlap(event: str) -> str:
    """The least event id of a minute before this one."""
    if not event:
        return ""
    milliseconds = ULID.from_str(event.removeprefix("evt_")).milliseconds - OVERLAP_MILLISECONDS
    return f"evt_{ULID.from_bytes(milliseconds.to_bytes(6, 'big') + bytes(10))}"


def _encode_value(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else base64.b64encode(value).decode()


def list_sources(app: Any, kind: str) -> Iterator[Any]:
    return (source for source in app.event_sources if type(source).__name__ == kind)
