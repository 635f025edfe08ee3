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
from tests.cloud import forget_connections, line
from tests.verification.simulator import expressions
from tests.verification.simulator.expressions import Bound, Invalid, plain
from tests.verification.simulator.store import (
    Cancelled,
    Change,
    Entry,
    Item,
    Keys,
    Place,
    Store,
    TokenReused,
    keys_to_item,
    one_page,
)

Request = dict[str, Any]
Answer = dict[str, Any]
EVENT = "before-send.dynamodb"
MOST_KEYS = 100
VERBS = {"Put": "put", "Update": "update", "Delete": "delete", "ConditionCheck": "check"}
EQUAL = re.compile(r"(#?\w+)\s*=\s*(:\w+)")

# What may happen to a send, and which of it happens to writes only.
FAULTS = ("broken", "throttled", "reset", "refused", "lost", "slow")
WRITE_FAULTS = (*FAULTS, "conflict", "in progress", "twice", "forgotten")
BATCH_FAULTS = (*FAULTS, "half")
CODES = {
    "broken": "InternalServerError",
    "throttled": "ProvisionedThroughputExceededException",
    "in progress": "TransactionInProgressException",
}
HTTP = {"InternalServerError": 500}  # all others are 400


@contextmanager
def answering(wire: Wire, sleep: Callable[[float], None] = lambda seconds: None) -> Iterator[Wire]:
    """`kit.db`'s own engine sends through PynamoDB and botocore, which `sleep` between two sends, and hears the wire.
    Nobody here looks at a signature, and making them is a fifth of a history."""
    connection, engine = line("wire"), db.engine
    events = connection.client.meta.events
    forget_connections()
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
        forget_connections()


def _unsigned(**_: Any) -> Any:
    return UNSIGNED


class Wire:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.fault: Callable[[str], str] = lambda operation: ""
        self.lag: Callable[[], float] = lambda: 0.0

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        """botocore's hook."""
        operation = _text(request.headers["X-Amz-Target"]).rpartition(".")[2]
        fault = self.fault(operation)
        if fault == "refused":
            raise EndpointConnectionError(endpoint_url=request.url)
        if fault == "reset":
            raise ConnectionClosedError(endpoint_url=request.url)
        status, answer = self.answer(operation, json.loads(request.body, object_hook=_from_base64), fault)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url=request.url)
        return to_response(request, status, answer)

    def answer(self, operation: str, asked: Request, fault: str = "") -> tuple[int, Answer]:
        if fault in CODES:
            return error(CODES[fault], "made by a test")
        try:
            if fault == "conflict":
                raise Cancelled([("TransactionConflict", None), *[(None, None)] * (len(asked["TransactItems"]) - 1)])
            answer = OPERATIONS[operation](self, asked)
            if fault == "forgotten":
                self.store.tokens.clear()
            if fault in ("twice", "forgotten"):
                answer = OPERATIONS[operation](self, asked)
            return 200, _half(asked, answer) if fault == "half" else answer
        except Invalid as no:
            return error("ValidationException", str(no))
        except TokenReused as no:
            return error("IdempotentParameterMismatchException", str(no))
        except Cancelled as no:
            reasons = [_reason(code, item) for code, item in no.reasons]
            return error("TransactionCanceledException", f"Transaction cancelled {no}", CancellationReasons=reasons)

    def _lag_of(self, asked: Request) -> float:
        return 0.0 if asked.get("ConsistentRead") else self.lag()

    def get_item(self, asked: Request) -> Answer:
        name = asked["TableName"]
        item = self.store.read(name, *self.store.tables[name].keys_of(asked["Key"]), self._lag_of(asked))
        return {} if item is None else {"Item": item}

    def batch_get_item(self, asked: Request) -> Answer:
        """Those that are there, in no promised order: here the wrong way round."""
        wanted = asked["RequestItems"]
        if sum(len(each["Keys"]) for each in wanted.values()) > MOST_KEYS:
            raise Invalid("Too many items requested for the BatchGetItem call")
        return {"Responses": {name: self._batch_of(name, each) for name, each in wanted.items()}, "UnprocessedKeys": {}}

    def _batch_of(self, name: str, asked: Request) -> list[Item]:
        table, lag = self.store.tables[name], self._lag_of(asked)
        keys = [table.keys_of(key) for key in asked["Keys"]]
        if len(set(keys)) != len(keys):
            raise Invalid("Provided list of item keys contains duplicates")
        items = (self.store.read(name, *key, lag) for key in reversed(keys))
        return [item for item in items if item is not None]

    def query(self, asked: Request) -> Answer:
        name, index, lag = asked["TableName"], asked.get("IndexName", ""), self._lag_of(asked)
        table = self.store.tables[name]
        if index and asked.get("ConsistentRead"):
            raise Invalid("Consistent reads are not supported on global secondary indexes")
        keys, items = table.indexes[index] if index else table.keys, dict[Entry, Item]()
        value, is_wanted = _key_condition(asked, keys)
        if index:
            entries = self.store.index(name, index, value, lag)
        else:
            items = dict(self.store.partition(name, value, lag))
            entries = list(items)
        entries = [entry for entry in entries if is_wanted(entry)]
        names = [*keys, *table.keys]
        start = asked.get("ExclusiveStartKey")
        after = Entry(*(plain(start[each]) for each in names[1:])) if start else None
        newest_first = asked.get("ScanIndexForward") is False
        page, more = one_page(entries, (0, len(entries)), after, newest_first, asked.get("Limit"))
        shown = [keys_to_item(names, (value, *entry)) for entry in page]
        rows = shown if index else [items[entry] for entry in page]
        return {"Items": rows, "Count": len(rows)} | ({"LastEvaluatedKey": shown[-1]} if more else {})

    def scan(self, asked: Request) -> Answer:
        rows = items = self.store.items(asked["TableName"])
        if "FilterExpression" in asked:
            is_wanted = expressions.condition(asked["FilterExpression"])
            bound = bound_in(asked, "FilterExpression")
            rows = [item for item in items if is_wanted(item, bound)]
        return {"Items": rows, "Count": len(rows), "ScannedCount": len(items)}

    def transact_write_items(self, asked: Request) -> Answer:
        items = [(verb, write) for each in asked["TransactItems"] for verb, write in each.items()]
        self.store.commit([self._to_change(verb, write) for verb, write in items], asked["ClientRequestToken"])
        return {}

    def put_item(self, asked: Request) -> Answer:
        self.store.commit([self._to_change("Put", asked)], uuid.uuid4().hex)
        return {}

    def delete_item(self, asked: Request) -> Answer:
        self.store.commit([self._to_change("Delete", asked)], uuid.uuid4().hex)
        return {}

    def _to_change(self, verb: str, asked: Request) -> Change:
        item = asked.get("Item") or asked["Key"]
        place: Place = (asked["TableName"], *self.store.tables[asked["TableName"]].keys_of(item))
        condition, update = asked.get("ConditionExpression", ""), asked.get("UpdateExpression", "")
        bound = bound_in(asked, "ConditionExpression", "UpdateExpression")
        shows = asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return Change(VERBS[verb], place, item, condition, update, bound, shows)


OPERATIONS: dict[str, Callable[[Wire, Request], Answer]] = {
    "GetItem": Wire.get_item,
    "BatchGetItem": Wire.batch_get_item,
    "Query": Wire.query,
    "Scan": Wire.scan,
    "TransactWriteItems": Wire.transact_write_items,
    "PutItem": Wire.put_item,
    "DeleteItem": Wire.delete_item,
}


def _key_condition(asked: Request, keys: Keys) -> tuple[str, Callable[[Entry], bool]]:
    """The partition that is asked for, and whether an entry of it is wanted."""
    text = asked["KeyConditionExpression"]
    bound, is_wanted = bound_in(asked, "KeyConditionExpression"), expressions.condition(text)
    equal = {bound.get(name, name): value for name, value in EQUAL.findall(text)}
    if keys.hash not in equal or not {bound[word] for word in bound if word[0] == "#"} <= set(keys):
        raise Invalid("Query condition missed key schema element")
    value = bound[equal[keys.hash]]["S"]
    return value, lambda entry: is_wanted(keys_to_item(keys, (value, entry.at)), bound)


def bound_in(asked: Request, *names: str) -> Bound:
    """Placeholder → its name or value. DynamoDB refuses one that is missing, and one that nobody uses."""
    bound = asked.get("ExpressionAttributeNames", {}) | asked.get("ExpressionAttributeValues", {})
    used = frozenset().union(*(expressions.placeholders(asked[name]) for name in names if name in asked))
    if used != bound.keys():
        raise Invalid(f"unused or undefined in expressions: {sorted(used ^ bound.keys())}")
    return bound


def _half(asked: Request, answer: Answer) -> Answer:
    """The first table's keys were too much for now."""
    name, left = next(iter(asked["RequestItems"].items()))
    found = {each: rows for each, rows in answer["Responses"].items() if each != name}
    return {"Responses": found, "UnprocessedKeys": {name: left}}


def _reason(code: str | None, item: Item | None) -> Answer:
    return {"Code": code or "None"} | ({"Message": "made up"} if code else {}) | ({"Item": item} if item else {})


def error(code: str, words: str, **more: Any) -> tuple[int, Answer]:
    answer = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": words, "Message": words}
    return HTTP.get(code, 400), answer | more


def to_response(request: AWSRequest, status: int, answer: Answer) -> AWSResponse:
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": str(uuid.UUID(int=0))}
    return AWSResponse(request.url, status, headers, Raw(json.dumps(answer, default=_to_base64).encode()))


class Raw(io.BytesIO):
    """As much of urllib3's answer as botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _from_base64(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if value.keys() == {"B"} else value


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _text(header: Any) -> str:
    return header.decode() if isinstance(header, bytes) else str(header)
