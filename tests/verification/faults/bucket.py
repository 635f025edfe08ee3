"""The bucket of files on the same line as the tables: its sends meet the same faults, and what it keeps stands beside
the rows, so that whoever compares these compares that too."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NoReturn

from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.kit.errors import Unavailable
from tests.verification.faults.faulty_engine import FaultyEngine, conflict, server_error, throttled
from tests.verification.simulator.store import Item

OBJECT = "object"


class FaultyBucket:
    """As much of S3's client as `kit.files` asks."""

    class exceptions:
        class NoSuchKey(Exception):
            pass

    def __init__(self, line: FaultyEngine) -> None:
        self.engine = line

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        item: dict[str, Any] = {"pk": {"S": Key}, "sk": {"S": OBJECT}, "kind": {"S": ContentType}}
        item |= {"content": {"B": Body}}
        self.send("put_object", lambda: self.engine.memory.tables[Bucket].put(Key, OBJECT, Item(item)))

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        item = self.send("get_object", lambda: self.engine.memory.tables[Bucket].get(Key, OBJECT))
        if item is None:
            raise self.exceptions.NoSuchKey()
        return {"ContentType": item["kind"]["S"], "Body": io.BytesIO(item["content"]["B"])}

    def send(self, send: str, do: Callable[[], Any]) -> Any:
        try:
            return self.engine.send(send, do)
        except Unavailable:
            self.fail(send)

    def fail(self, send: str) -> NoReturn:
        """botocore's own words for it: the bucket said no, or nothing."""
        if self.engine.met_faults[-1] in (server_error, throttled, conflict):
            raise ClientError({"Error": {"Code": "SlowDown"}}, send) from None
        raise ReadTimeoutError(endpoint_url="the bucket") from None
