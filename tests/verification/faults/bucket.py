"""An S3 bucket behind the faulty engine: its requests meet the same faults as those to the tables.

Objects are stored like rows, so that comparisons of tables include them.
"""

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
    """The part of the S3 client that `kit.files` uses."""

    class exceptions:
        class NoSuchKey(Exception):
            pass

    def __init__(self, engine: FaultyEngine) -> None:
        self.engine = engine

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        item: dict[str, Any] = {"pk": {"S": Key}, "sk": {"S": OBJECT}, "kind": {"S": ContentType}}
        item |= {"content": {"B": Body}}
        self.send("put_object", lambda: self.engine.memory.tables[Bucket].put(Key, OBJECT, Item(item)))

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        item = self.send("get_object", lambda: self.engine.memory.tables[Bucket].get(Key, OBJECT))
        if item is None:
            raise self.exceptions.NoSuchKey()
        return {"ContentType": item["kind"]["S"], "Body": io.BytesIO(item["content"]["B"])}

    def send(self, send: str, operation: Callable[[], Any]) -> Any:
        try:
            return self.engine.send(send, operation)
        except Unavailable:
            self.fail(send)

    def fail(self, send: str) -> NoReturn:
        """Raise the botocore error of the last fault: an error response or a timeout."""
        if self.engine.met_faults[-1] in (server_error, throttled, conflict):
            raise ClientError({"Error": {"Code": "SlowDown"}}, send) from None
        raise ReadTimeoutError(endpoint_url="the bucket") from None
