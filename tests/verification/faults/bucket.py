"""The bucket of files on the same line as the tables: its sends meet the same faults, and what it keeps stands beside
the rows, so that whoever compares these compares that too."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NoReturn

from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.kit.errors import Unavailable
from tests.verification.faults.line import Line, broken, conflict, throttled
from tests.verification.simulator.store import Item

OBJECT = "object"


class Bucket:
    """As much of S3's client as `kit.files` asks."""

    class exceptions:
        class NoSuchKey(Exception):
            pass

    def __init__(self, line: Line) -> None:
        self.line = line

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        item: dict[str, Any] = {"pk": {"S": Key}, "sk": {"S": OBJECT}, "kind": {"S": ContentType}}
        item |= {"content": {"B": Body}}
        self.meet("put_object", lambda: self.line.memory.tables[Bucket].put(Key, OBJECT, Item(item)))

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        item = self.meet("get_object", lambda: self.line.memory.tables[Bucket].get(Key, OBJECT))
        if item is None:
            raise self.exceptions.NoSuchKey()
        return {"ContentType": item["kind"]["S"], "Body": io.BytesIO(item["content"]["B"])}

    def meet(self, send: str, do: Callable[[], Any]) -> Any:
        try:
            return self.line.meet(send, do)
        except Unavailable:
            self.fail(send)

    def fail(self, send: str) -> NoReturn:
        """botocore's own words for it: the bucket said no, or nothing."""
        if self.line.met[-1] in (broken, throttled, conflict):
            raise ClientError({"Error": {"Code": "SlowDown"}}, send) from None
        raise ReadTimeoutError(endpoint_url="the bucket") from None
