"""The store behind botocore's own `before-send`: what would go out on the wire is answered here, from memory.

The full path needs what no other engine can do: reads that lag by seconds, a token that is forgotten or still in
progress, a conflict, a reply that is lost after the commit. moto can do none of these, and copies all its tables for
each transaction: 8 ms of CPU on empty ones, 28 ms after a hundred orders, where this takes a tenth of one.

It answers the operations that the shop and its tests send; any other is refused loudly. `fault` is asked before each
send, `lag` before each read that does not insist on the newest: so many seconds ago is what it sees.
"""

from __future__ import annotations

import base64
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore import UNSIGNED
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from chalicelib.kit import db
from tests.moto_aws import cached_connection, reset_connections
from tests.verification.simulator import expressions
from tests.verification.simulator.expressions import Bindings, ValidationException, attribute_to_python
from tests.verification.simulator.store import (
    Cancelled,
    Change,
    Item,
    ItemKey,
    KeyEntry,
    Keys,
    Store,
    TokenReused,
    keys_to_item,
    paginate,
)

Request = dict[str, Any]
Response = dict[str, Any]
EVENT = "before-send.dynamodb"
MAX_KEYS = 100
VERBS = {"Put": "put", "Update": "update", "Delete": "delete", "ConditionCheck": "check"}
EQUALITY = re.compile(r"(#?\w+)\s*=\s*(:\w+)")

# What may happen to a send, and which of it happens to writes only.
FAULTS = ("broken", "throttled", "reset", "refused", "lost", "slow")
WRITE_FAULTS = (*FAULTS, "conflict", "in progress", "twice", "forgotten")
BATCH_FAULTS = (*FAULTS, "half")
CODES = {
    "broken": "InternalServerError",
    "throttled": "ProvisionedThroughputExceededException",
    "in progress": "TransactionInProgressException",
}
HTTP_STATUS = {"InternalServerError": 500}  # all others are 400


@contextmanager
def stub_botocore(wire: BotocoreStub, sleep: Callable[[float], None] = lambda seconds: None) -> Iterator[BotocoreStub]:
    """`kit.db`'s own engine sends through PynamoDB and botocore, which `sleep` between two sends, and hears the wire.
    Nobody here looks at a signature, and making them is a fifth of a history."""
    connection, engine = cached_connection("wire"), db.engine
    events = connection.client.meta.events
    reset_connections()
    db.use_connection(connection)
    db.engine = db.Dynamo()
    events.register_first(EVENT, wire)
    events.register_first("choose-signer.dynamodb", _unsigned)
    try:
        with patch("time.sleep", sleep):
            yield wire
    finally:
        events.unregister(EVENT, wire)
        events.unregister("choose-signer.dynamodb", _unsigned)
        db.engine = engine
        reset_connections()


def _unsigned(**_: Any) -> Any:
    return UNSIGNED


class BotocoreStub:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.inject_fault: Callable[[str], str] = lambda operation: ""
        self.read_lag: Callable[[], float] = lambda: 0.0

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        """botocore's hook."""
        operation = _header_text(request.headers["X-Amz-Target"]).rpartition(".")[2]
        fault = self.inject_fault(operation)
        if fault == "refused":
            raise EndpointConnectionError(endpoint_url=request.url)
        if fault == "reset":
            raise ConnectionClosedError(endpoint_url=request.url)
        status, answer = self.respond(operation, json.loads(request.body, object_hook=_from_base64), fault)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url=request.url)
        return to_response(request, status, answer)

    def respond(self, operation: str, asked: Request, fault: str = "") -> tuple[int, Response]:
        if fault in CODES:
            return error_response(CODES[fault], "made by a test")
        try:
            if fault == "conflict":
                raise Cancelled([("TransactionConflict", None), *[(None, None)] * (len(asked["TransactItems"]) - 1)])
            answer = OPERATIONS[operation](self, asked)
            if fault == "forgotten":
                self.store.tokens.clear()
            if fault in ("twice", "forgotten"):
                answer = OPERATIONS[operation](self, asked)
            return 200, _partial_batch(asked, answer) if fault == "half" else answer
        except ValidationException as no:
            return error_response("ValidationException", str(no))
        except TokenReused as no:
            return error_response("IdempotentParameterMismatchException", str(no))
        except Cancelled as no:
            reasons = [_cancellation_reason(code, item) for code, item in no.reasons]
            return error_response(
                "TransactionCanceledException", f"Transaction cancelled {no}", CancellationReasons=reasons
            )

    def _lag_of(self, asked: Request) -> float:
        return 0.0 if asked.get("ConsistentRead") else self.read_lag()

    def get_item(self, asked: Request) -> Response:
        name = asked["TableName"]
        item = self.store.read(name, *self.store.tables[name].key_of(asked["Key"]), self._lag_of(asked))
        return {} if item is None else {"Item": item}

    def batch_get_item(self, asked: Request) -> Response:
        """Those that are there, in no promised order: here the wrong way round."""
        wanted = asked["RequestItems"]
        if sum(len(each["Keys"]) for each in wanted.values()) > MAX_KEYS:
            raise ValidationException("Too many items requested for the BatchGetItem call")
        return {"Responses": {name: self._batch_of(name, each) for name, each in wanted.items()}, "UnprocessedKeys": {}}

    def _batch_of(self, name: str, asked: Request) -> list[Item]:
        table, lag = self.store.tables[name], self._lag_of(asked)
        keys = [table.key_of(key) for key in asked["Keys"]]
        if len(set(keys)) != len(keys):
            raise ValidationException("Provided list of item keys contains duplicates")
        items = (self.store.read(name, *key, lag) for key in reversed(keys))
        return [item for item in items if item is not None]

    def query(self, asked: Request) -> Response:
        name, index, lag = asked["TableName"], asked.get("IndexName", ""), self._lag_of(asked)
        table = self.store.tables[name]
        if index and asked.get("ConsistentRead"):
            raise ValidationException("Consistent reads are not supported on global secondary indexes")
        keys, items = table.indexes[index] if index else table.keys, dict[KeyEntry, Item]()
        value, is_wanted = _parse_key_condition(asked, keys)
        if index:
            entries = self.store.index(name, index, value, lag)
        else:
            items = dict(self.store.partition(name, value, lag))
            entries = list(items)
        entries = [entry for entry in entries if is_wanted(entry)]
        names = [*keys, *table.keys]
        start = asked.get("ExclusiveStartKey")
        after = KeyEntry(*(attribute_to_python(start[each]) for each in names[1:])) if start else None
        newest_first = asked.get("ScanIndexForward") is False
        page, more = paginate(entries, (0, len(entries)), after, newest_first, asked.get("Limit"))
        shown = [keys_to_item(names, (value, *entry)) for entry in page]
        rows = shown if index else [items[entry] for entry in page]
        return {"Items": rows, "Count": len(rows)} | ({"LastEvaluatedKey": shown[-1]} if more else {})

    def scan(self, asked: Request) -> Response:
        rows = items = self.store.items(asked["TableName"])
        if "FilterExpression" in asked:
            is_wanted = expressions.parse_condition(asked["FilterExpression"])
            bound = bindings_of(asked, "FilterExpression")
            rows = [item for item in items if is_wanted(item, bound)]
        return {"Items": rows, "Count": len(rows), "ScannedCount": len(items)}

    def transact_write_items(self, asked: Request) -> Response:
        items = [(verb, write) for each in asked["TransactItems"] for verb, write in each.items()]
        self.store.commit([self._to_change(verb, write) for verb, write in items], asked["ClientRequestToken"])
        return {}

    def put_item(self, asked: Request) -> Response:
        self.store.commit([self._to_change("Put", asked)], uuid.uuid4().hex)
        return {}

    def delete_item(self, asked: Request) -> Response:
        self.store.commit([self._to_change("Delete", asked)], uuid.uuid4().hex)
        return {}

    def _to_change(self, verb: str, asked: Request) -> Change:
        item = asked.get("Item") or asked["Key"]
        place: ItemKey = (asked["TableName"], *self.store.tables[asked["TableName"]].key_of(item))
        condition, update = asked.get("ConditionExpression", ""), asked.get("UpdateExpression", "")
        bound = bindings_of(asked, "ConditionExpression", "UpdateExpression")
        shows = asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return Change(VERBS[verb], place, item, condition, update, bound, shows)


OPERATIONS: dict[str, Callable[[BotocoreStub, Request], Response]] = {
    "GetItem": BotocoreStub.get_item,
    "BatchGetItem": BotocoreStub.batch_get_item,
    "Query": BotocoreStub.query,
    "Scan": BotocoreStub.scan,
    "TransactWriteItems": BotocoreStub.transact_write_items,
    "PutItem": BotocoreStub.put_item,
    "DeleteItem": BotocoreStub.delete_item,
}


def _parse_key_condition(asked: Request, keys: Keys) -> tuple[str, Callable[[KeyEntry], bool]]:
    """The partition that is asked for, and whether an entry of it is wanted."""
    text = asked["KeyConditionExpression"]
    bound, is_wanted = bindings_of(asked, "KeyConditionExpression"), expressions.parse_condition(text)
    equal = {bound.get(name, name): value for name, value in EQUALITY.findall(text)}
    if keys.hash not in equal or not {bound[word] for word in bound if word[0] == "#"} <= set(keys):
        raise ValidationException("Query condition missed key schema element")
    value = bound[equal[keys.hash]]["S"]
    return value, lambda entry: is_wanted(keys_to_item(keys, (value, entry.sort)), bound)


def bindings_of(asked: Request, *names: str) -> Bindings:
    """Placeholder → its name or value. DynamoDB refuses one that is missing, and one that nobody uses."""
    bound = asked.get("ExpressionAttributeNames", {}) | asked.get("ExpressionAttributeValues", {})
    used = frozenset().union(*(expressions.placeholders(asked[name]) for name in names if name in asked))
    if used != bound.keys():
        raise ValidationException(f"unused or undefined in expressions: {sorted(used ^ bound.keys())}")
    return bound


def _partial_batch(asked: Request, answer: Response) -> Response:
    """The first table's keys were too much for now."""
    name, left = next(iter(asked["RequestItems"].items()))
    found = {each: rows for each, rows in answer["Responses"].items() if each != name}
    return {"Responses": found, "UnprocessedKeys": {name: left}}


def _cancellation_reason(code: str | None, item: Item | None) -> Response:
    return {"Code": code or "None"} | ({"Message": "made up"} if code else {}) | ({"Item": item} if item else {})


def error_response(code: str, words: str, **more: Any) -> tuple[int, Response]:
    answer = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": words, "Message": words}
    return HTTP_STATUS.get(code, 400), answer | more


def to_response(request: AWSRequest, status: int, answer: Response) -> AWSResponse:
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": str(uuid.UUID(int=0))}
    return AWSResponse(request.url, status, headers, RawBody(json.dumps(answer, default=_to_base64).encode()))


class RawBody(io.BytesIO):
    """As much of urllib3's answer as botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _from_base64(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if value.keys() == {"B"} else value


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _header_text(header: Any) -> str:
    return header.decode() if isinstance(header, bytes) else str(header)
