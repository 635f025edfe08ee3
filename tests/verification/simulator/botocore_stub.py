"""Answers DynamoDB requests from memory at botocore's `before-send` event, in place of the network.

The full path needs behavior that no other engine has: reads that lag by seconds, a token that has expired or is in
progress, a conflict, a reply that is lost after the commit. moto has none of these and copies all its tables for each
transaction, which takes 8 ms of CPU on empty tables and 28 ms after a hundred orders; this takes 0.1 ms.

Only the operations that the application and its tests send are implemented; any other raises KeyError. `inject_fault`
is called before each send, `read_lag` before each eventually consistent read and returns its lag in seconds.
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

from chalicelib.kit import db, expressions
from chalicelib.kit.expressions import Bindings, ValidationException, attribute_to_python
from tests.moto_aws import cached_connection, reset_connections
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

# The faults of a read, of a write and of a batch read.
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
    """Let the engine of `kit.db` send through PynamoDB and botocore to `wire`; `sleep` replaces the pause of retries.

    Requests are not signed: signatures would take a fifth of a history's time.
    """
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
        """Handle botocore's `before-send` event."""
        operation = _header_text(request.headers["X-Amz-Target"]).rpartition(".")[2]
        fault = self.inject_fault(operation)
        if fault == "refused":
            raise EndpointConnectionError(endpoint_url=request.url)
        if fault == "reset":
            raise ConnectionClosedError(endpoint_url=request.url)
        status, response = self.respond(operation, json.loads(request.body, object_hook=_from_base64), fault)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url=request.url)
        return to_response(request, status, response)

    def respond(self, operation: str, request: Request, fault: str = "") -> tuple[int, Response]:
        if fault in CODES:
            return error_response(CODES[fault], "injected by a test")
        try:
            if fault == "conflict":
                raise Cancelled([("TransactionConflict", None), *[(None, None)] * (len(request["TransactItems"]) - 1)])
            response = OPERATIONS[operation](self, request)
            if fault == "forgotten":
                self.store.tokens.clear()
            if fault in ("twice", "forgotten"):
                response = OPERATIONS[operation](self, request)
            return 200, _partial_batch(request, response) if fault == "half" else response
        except ValidationException as error:
            return error_response("ValidationException", str(error))
        except TokenReused as error:
            return error_response("IdempotentParameterMismatchException", str(error))
        except Cancelled as error:
            reasons = [_cancellation_reason(code, item) for code, item in error.reasons]
            return error_response(
                "TransactionCanceledException", f"Transaction cancelled {error}", CancellationReasons=reasons
            )

    def _lag_of(self, request: Request) -> float:
        return 0.0 if request.get("ConsistentRead") else self.read_lag()

    def get_item(self, request: Request) -> Response:
        name = request["TableName"]
        item = self.store.read(name, *self.store.tables[name].key_of(request["Key"]), self._lag_of(request))
        return {} if item is None else {"Item": item}

    def batch_get_item(self, request: Request) -> Response:
        """Return the existing items in reverse order, because DynamoDB promises no order."""
        requested_tables = request["RequestItems"]
        if sum(len(table_request["Keys"]) for table_request in requested_tables.values()) > MAX_KEYS:
            raise ValidationException("Too many items requested for the BatchGetItem call")
        return {
            "Responses": {
                name: self._batch_of(name, table_request) for name, table_request in requested_tables.items()
            },
            "UnprocessedKeys": {},
        }

    def _batch_of(self, name: str, request: Request) -> list[Item]:
        table, lag = self.store.tables[name], self._lag_of(request)
        keys = [table.key_of(key) for key in request["Keys"]]
        if len(set(keys)) != len(keys):
            raise ValidationException("Provided list of item keys contains duplicates")
        items = (self.store.read(name, *key, lag) for key in reversed(keys))
        return [item for item in items if item is not None]

    def query(self, request: Request) -> Response:
        name, index, lag = request["TableName"], request.get("IndexName", ""), self._lag_of(request)
        table = self.store.tables[name]
        if index and request.get("ConsistentRead"):
            raise ValidationException("Consistent reads are not supported on global secondary indexes")
        keys, items = table.indexes[index] if index else table.keys, dict[KeyEntry, Item]()
        value, is_wanted = _parse_key_condition(request, keys)
        if index:
            entries = self.store.index(name, index, value, lag)
        else:
            items = dict(self.store.partition(name, value, lag))
            entries = list(items)
        entries = [entry for entry in entries if is_wanted(entry)]
        names = [*keys, *table.keys]
        start = request.get("ExclusiveStartKey")
        after = KeyEntry(*(attribute_to_python(start[key_name]) for key_name in names[1:])) if start else None
        newest_first = request.get("ScanIndexForward") is False
        page, has_more = paginate(entries, (0, len(entries)), after, newest_first, request.get("Limit"))
        entry_keys = [keys_to_item(names, (value, *entry)) for entry in page]
        rows = entry_keys if index else [items[entry] for entry in page]
        return {"Items": rows, "Count": len(rows)} | ({"LastEvaluatedKey": entry_keys[-1]} if has_more else {})

    def scan(self, request: Request) -> Response:
        rows = items = self.store.items(request["TableName"])
        if "FilterExpression" in request:
            is_wanted = expressions.parse_condition(request["FilterExpression"])
            bound = bindings_of(request, "FilterExpression")
            rows = [item for item in items if is_wanted(item, bound)]
        return {"Items": rows, "Count": len(rows), "ScannedCount": len(items)}

    def transact_write_items(self, request: Request) -> Response:
        items = [(verb, write) for item in request["TransactItems"] for verb, write in item.items()]
        self.store.commit([self._to_change(verb, write) for verb, write in items], request["ClientRequestToken"])
        return {}

    def put_item(self, request: Request) -> Response:
        self.store.commit([self._to_change("Put", request)], uuid.uuid4().hex)
        return {}

    def delete_item(self, request: Request) -> Response:
        self.store.commit([self._to_change("Delete", request)], uuid.uuid4().hex)
        return {}

    def _to_change(self, verb: str, request: Request) -> Change:
        item = request.get("Item") or request["Key"]
        key: ItemKey = (request["TableName"], *self.store.tables[request["TableName"]].key_of(item))
        condition, update = request.get("ConditionExpression", ""), request.get("UpdateExpression", "")
        bound = bindings_of(request, "ConditionExpression", "UpdateExpression")
        returns_old_item = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return Change(VERBS[verb], key, item, condition, update, bound, returns_old_item)


OPERATIONS: dict[str, Callable[[BotocoreStub, Request], Response]] = {
    "GetItem": BotocoreStub.get_item,
    "BatchGetItem": BotocoreStub.batch_get_item,
    "Query": BotocoreStub.query,
    "Scan": BotocoreStub.scan,
    "TransactWriteItems": BotocoreStub.transact_write_items,
    "PutItem": BotocoreStub.put_item,
    "DeleteItem": BotocoreStub.delete_item,
}


def _parse_key_condition(request: Request, keys: Keys) -> tuple[str, Callable[[KeyEntry], bool]]:
    """Return the partition's key and a predicate over its entries."""
    text = request["KeyConditionExpression"]
    bound, is_wanted = bindings_of(request, "KeyConditionExpression"), expressions.parse_condition(text)
    equal = {bound.get(name, name): value for name, value in EQUALITY.findall(text)}
    if keys.hash not in equal or not {bound[word] for word in bound if word[0] == "#"} <= set(keys):
        raise ValidationException("Query condition missed key schema element")
    value = bound[equal[keys.hash]]["S"]
    return value, lambda entry: is_wanted(keys_to_item(keys, (value, entry.sort)), bound)


def bindings_of(request: Request, *names: str) -> Bindings:
    """Map each placeholder to its name or value. Raises ValidationException for an undefined or unused one."""
    bound = request.get("ExpressionAttributeNames", {}) | request.get("ExpressionAttributeValues", {})
    used = frozenset().union(*(expressions.placeholders(request[name]) for name in names if name in request))
    if used != bound.keys():
        raise ValidationException(f"unused or undefined in expressions: {sorted(used ^ bound.keys())}")
    return bound


def _partial_batch(request: Request, response: Response) -> Response:
    """Return the response with the first table's keys unprocessed."""
    name, unprocessed = next(iter(request["RequestItems"].items()))
    responses = {table: rows for table, rows in response["Responses"].items() if table != name}
    return {"Responses": responses, "UnprocessedKeys": {name: unprocessed}}


def _cancellation_reason(code: str | None, item: Item | None) -> Response:
    return (
        {"Code": code or "None"}
        | ({"Message": "injected by a test"} if code else {})
        | ({"Item": item} if item else {})
    )


def error_response(code: str, message: str, **fields: Any) -> tuple[int, Response]:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, "Message": message}
    return HTTP_STATUS.get(code, 400), body | fields


def to_response(request: AWSRequest, status: int, body: Response) -> AWSResponse:
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": str(uuid.UUID(int=0))}
    return AWSResponse(request.url, status, headers, RawBody(json.dumps(body, default=_to_base64).encode()))


class RawBody(io.BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _from_base64(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if value.keys() == {"B"} else value


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _header_text(header: Any) -> str:
    return header.decode() if isinstance(header, bytes) else str(header)
