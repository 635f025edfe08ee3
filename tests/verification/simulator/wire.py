"""A DynamoDB behind botocore's own `before-send`: what would go out on the wire is answered here, from memory.

It answers the operations that the shop sends; any other is refused loudly. `fault` is asked before each send, `lag`
before each read that does not insist on the newest: so many seconds ago is what it sees.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from tests.verification.simulator import wire_expressions as expressions
from tests.verification.simulator.wire_commit import Refused, bound_in, cancelled, commit
from tests.verification.simulator.wire_expressions import Item, Unreadable, plain
from tests.verification.simulator.wire_store import Entry, Keys, Store, Table, between

Request = dict[str, Any]
Answer = dict[str, Any]
EVENT = "before-send.dynamodb"
MOST_KEYS = 100
TOKEN_SECONDS = 600

# What may happen to a send, and which of it happens to writes only.
FAULTS = ("broken", "throttled", "reset", "refused", "lost", "slow")
WRITE_FAULTS = (*FAULTS, "conflict", "in progress", "twice", "forgotten")
BATCH_FAULTS = (*FAULTS, "half")

HTTP = {"InternalServerError": 500}  # all others are 400


class Wire:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.tokens: dict[str, tuple[float, list[Request]]] = {}
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
        status, said = self.answer(operation, json.loads(request.body), fault)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url=request.url)
        return response(request, status, said)

    def answer(self, operation: str, asked: Request, fault: str = "") -> tuple[int, Answer]:
        try:
            if fault in PASSING:
                PASSING[fault](asked)
            said = OPERATIONS[operation](self, asked)
            if fault in ("twice", "forgotten"):
                self.tokens = {} if fault == "forgotten" else self.tokens
                said = OPERATIONS[operation](self, asked)
            return 200, _half(asked, said) if fault == "half" else said
        except Unreadable as error:
            return _error(Refused("ValidationException", str(error)))
        except Refused as error:
            return _error(error)

    # -- tables -------------------------------------------------------------------------------------------------------

    def list_tables(self, asked: Request) -> Answer:
        return {"TableNames": sorted(self.store.tables)}

    def create_table(self, asked: Request) -> Answer:
        indexes = {each["IndexName"]: _keys(each) for each in asked.get("GlobalSecondaryIndexes", ())}
        name = asked["TableName"]
        self.store.tables[name] = Table(name, _keys(asked), indexes)
        if asked.get("StreamSpecification", {}).get("StreamEnabled"):
            self.store.streamed.add(name)
        return {"TableDescription": {"TableName": name, "TableStatus": "ACTIVE"}}

    def seen(self, asked: Request) -> float:
        return 0.0 if asked.get("ConsistentRead") else self.lag()

    # -- reads --------------------------------------------------------------------------------------------------------

    def get_item(self, asked: Request) -> Answer:
        table = self.store.table(asked["TableName"])
        item = self.store.read(table, table.place(asked["Key"]), self.seen(asked))
        return {} if item is None else {"Item": item}

    def batch_get_item(self, asked: Request) -> Answer:
        """Those that are there, in no promised order: here the wrong way round."""
        wanted = asked["RequestItems"]
        if sum(len(each["Keys"]) for each in wanted.values()) > MOST_KEYS:
            raise Unreadable("Too many items requested for the BatchGetItem call")
        return {"Responses": {name: self._found(name, each) for name, each in wanted.items()}, "UnprocessedKeys": {}}

    def _found(self, name: str, asked: Request) -> list[Item]:
        table, lag = self.store.table(name), self.seen(asked)
        places = [table.place(key) for key in asked["Keys"]]
        if len(set(places)) != len(places):
            raise Unreadable("Provided list of item keys contains duplicates")
        found = (self.store.read(table, place, lag) for place in reversed(places))
        return [item for item in found if item is not None]

    def query(self, asked: Request) -> Answer:
        table, index = self.store.table(asked["TableName"]), asked.get("IndexName", "")
        if index and asked.get("ConsistentRead"):
            raise Unreadable("Consistent reads are not supported on global secondary indexes")
        keys = table.indexes[index] if index else table.keys
        value, low, high = key_range(asked, keys)
        lag, were = self.seen(asked), dict[Any, Any]()
        if index:
            entries = self.store.index(table, index, value, lag)
        else:
            entries, were = self.store.partition(table, value, lag)
        page, more = paged(between(entries, low, high), asked, keys, table.keys)
        shown = [_listed(table, keys, value, each) for each in page]
        rows = shown if index else [were.get((each.pk, each.sk)) or table.rows[each.pk][each.sk] for each in page]
        return {"Items": rows, "Count": len(rows), **({"LastEvaluatedKey": shown[-1]} if more else {})}

    def scan(self, asked: Request) -> Answer:
        table = self.store.table(asked["TableName"])
        rows = self.store.items(table.name)
        if "FilterExpression" in asked:
            wanted, bound = expressions.condition(asked["FilterExpression"]), bound_in(asked, "FilterExpression")
            rows = [item for item in rows if wanted(item, bound)]
        return {"Items": rows, "Count": len(rows), "ScannedCount": len(self.store.items(table.name))}

    # -- the one write ------------------------------------------------------------------------------------------------

    def transact_write_items(self, asked: Request) -> Answer:
        token, items = asked["ClientRequestToken"], asked["TransactItems"]
        since, before = self.tokens.get(token, (0.0, None))
        if before is not None and self.store.seconds() - since < TOKEN_SECONDS:
            if before != items:
                raise Refused("IdempotentParameterMismatchException", "a token was sent again with other parameters")
            return {}
        commit(self.store, items)
        self.tokens[token] = self.store.seconds(), items
        return {}


OPERATIONS: dict[str, Callable[[Wire, Request], Answer]] = {
    "GetItem": Wire.get_item,
    "BatchGetItem": Wire.batch_get_item,
    "Query": Wire.query,
    "Scan": Wire.scan,
    "TransactWriteItems": Wire.transact_write_items,
    "CreateTable": Wire.create_table,
    "ListTables": Wire.list_tables,
}


def _refusal(code: str) -> Callable[[Request], None]:
    def refuse(asked: Request) -> None:
        raise Refused(code, "made by a test")

    return refuse


def _conflict(asked: Request) -> None:
    """One item of the transaction is in another one's hands; only AWS does this, no local engine."""
    raise cancelled([{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (len(asked["TransactItems"]) - 1)])


PASSING: dict[str, Callable[[Request], None]] = {
    "broken": _refusal("InternalServerError"),
    "throttled": _refusal("ProvisionedThroughputExceededException"),
    "in progress": _refusal("TransactionInProgressException"),
    "conflict": _conflict,
}


def key_range(asked: Request, keys: Keys) -> tuple[str, Any, Any]:
    """The partition, and its first and last wanted place: of the few forms that a key condition may have, ours."""
    bound = bound_in(asked, "KeyConditionExpression")
    text = asked["KeyConditionExpression"]
    if bound["#h"] != keys.hashed or bound.get("#r", keys.ranged) != keys.ranged:
        raise Unreadable("Query condition missed key schema element")
    value = bound[":h"]["S"]
    if text == "#h = :h":
        return value, _least(keys), _greatest(keys)
    if text == "#h = :h AND begins_with(#r, :b)":
        return value, bound[":b"]["S"], bound[":b"]["S"] + "\U0010ffff"
    if text == "#h = :h AND #r BETWEEN :b AND :e":
        return value, plain(bound[":b"]), plain(bound[":e"])
    raise Unreadable(f"Invalid KeyConditionExpression: {text}")


def _least(keys: Keys) -> Any:
    return 0 if keys.ranged == "sequence" else ""


def _greatest(keys: Keys) -> Any:
    return 10**38 if keys.ranged == "sequence" else "\U0010ffff"


def paged(entries: list[Entry], asked: Request, keys: Keys, own: Keys) -> tuple[list[Entry], bool]:
    """DynamoDB names a place to go on from whenever the limit was reached, even at the very end."""
    backwards, limit = asked.get("ScanIndexForward") is False, asked.get("Limit")
    if "ExclusiveStartKey" in asked:
        start = asked["ExclusiveStartKey"]
        after = Entry(plain(start[keys.ranged]), start[own.hashed]["S"], plain(start[own.ranged]))
        entries = [each for each in entries if (each < after if backwards else each > after)]
    page = (entries[::-1] if backwards else entries)[:limit]
    return page, bool(limit) and len(page) == limit


def _listed(table: Table, keys: Keys, value: str, entry: Entry) -> Item:
    """What an index of keys only shows; of the table itself, its keys."""
    kinds = {name: "N" if name == "sequence" else "S" for name in (*table.keys, *keys)}
    said = {keys.hashed: value, keys.ranged: entry.at, table.keys.hashed: entry.pk, table.keys.ranged: entry.sk}
    return {name: {kinds[name]: str(each)} for name, each in said.items()}


def _keys(asked: Request) -> Keys:
    parts = {part["KeyType"]: part["AttributeName"] for part in asked["KeySchema"]}
    return Keys(parts["HASH"], parts["RANGE"])


def _half(asked: Request, said: Answer) -> Answer:
    """The first table's keys were too much for now."""
    name, left = next(iter(asked["RequestItems"].items()))
    found = {each: rows for each, rows in said["Responses"].items() if each != name}
    return {"Responses": found, "UnprocessedKeys": {name: left}}


def _error(error: Refused) -> tuple[int, Answer]:
    said = {"__type": f"com.amazonaws.dynamodb.v20120810#{error.code}", "message": error.words, "Message": error.words}
    return HTTP.get(error.code, 400), said | error.more


def response(request: AWSRequest, status: int, said: Answer) -> AWSResponse:
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": str(uuid.UUID(int=0))}
    return AWSResponse(request.url, status, headers, Raw(json.dumps(said).encode()))


class Raw(io.BytesIO):
    """As much of urllib3's answer as botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _text(header: Any) -> str:
    return header.decode() if isinstance(header, bytes) else str(header)
