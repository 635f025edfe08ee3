"""The only door to the tables: four reads, and one commit that takes a list of conditional writes.

A use case loads with `get`, `batch`, `query`, decides, and calls `commit` once. `Write` says what should hold and
what a no would mean; the engine behind it (DynamoDB here, a simulator's memory elsewhere) is `engine`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar, cast

from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.kit import config, ids
from chalicelib.kit.errors import Moved, Problem, Unavailable

MOST_WRITES = 100  # DynamoDB's limit for one transaction
MOST_KEYS = 100  # and for one BatchGetItem
TRIES = 6
SENDS = 3  # of one request, by botocore, before its error is ours

# Nothing is wrong with such a transaction, only the moment: these are tried again.
PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

# What the store answers while it is overloaded or broken, after botocore has sent the request three times.
BUSY = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}

R = TypeVar("R", bound="Row")
Refusal = Problem | Callable[[Any], Problem]


class Row(Model):
    """Every table has the same two keys, so one template makes them all: `pk` says what, `sk` which part of it.

    A subclass may store them under other names (`attr_name`). PynamoDB makes a connection for each model, but no client
    beneath it as long as all calls go through `connection()`.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


def table(room: str) -> Any:
    """`Meta = db.table("orders")` inside a Row."""
    return type("Meta", (), {"table_name": config.table(room), "region": config.region()})


class Key(NamedTuple):
    row: type[Row]
    pk: str
    sk: str


class Write(NamedTuple):
    """One conditional write. `refusal` is the no that a failed condition means, or a function from the row that
    stood in the way (None when there was none) to that no. Without one, a failed condition means `Moved`."""

    verb: str  # put | update | delete | check
    row: Any
    condition: Condition | None = None
    actions: tuple[Action, ...] = ()
    refusal: Refusal | None = None

    def refuse(self, standing: Any) -> Problem:
        if self.refusal is None:
            return Moved()
        return self.refusal.anew() if isinstance(self.refusal, Problem) else self.refusal(standing)


class Page(NamedTuple):
    items: list[Any]
    after: dict[str, Any] | None  # hand it back to go on; None at the end


def create(row: Row, refusal: Refusal | None = None) -> Write:
    """Put what must not be there yet."""
    return Write("put", row, condition=type(row).pk.does_not_exist(), refusal=refusal)


def put(row: Row, when: Condition | None = None, refusal: Refusal | None = None) -> Write:
    return Write("put", row, condition=when, refusal=refusal)


def update(row: Row, *actions: Action, when: Condition | None = None, refusal: Refusal | None = None) -> Write:
    """`row` only names the keys. Without `when` an absent row would come into being."""
    return Write("update", row, condition=when, actions=actions, refusal=refusal)


def delete(row: Row, when: Condition | None = None, refusal: Refusal | None = None) -> Write:
    return Write("delete", row, condition=when, refusal=refusal)


def check(row: Row, when: Condition, refusal: Refusal | None = None) -> Write:
    return Write("check", row, condition=when, refusal=refusal)


class Engine(Protocol):
    def get(self, key: Key, consistent: bool) -> Any: ...
    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]: ...
    def query(self, row: Any, pk: str, options: QueryOptions) -> Page: ...
    def scan(self, row: Any, sk: str, after: Any) -> Page: ...
    def transact(self, writes: Sequence[Write], token: str) -> None: ...


@dataclass(frozen=True)
class QueryOptions:
    begins: str | None = None
    between: tuple[str, str] | None = None
    index: str | None = None
    newest_first: bool = False
    limit: int | None = None
    after: dict[str, Any] | None = None


@dataclass
class Blocked(Exception):
    """A transaction that did not happen: for each write, in the order given, why it stood in the way."""

    reasons: list[tuple[str | None, Any]]  # (code or None, the row that stood there or None)


def get(row: type[R], pk: str, sk: str, consistent: bool = True) -> R | None:
    return cast("R | None", engine.get(Key(row, pk, sk), consistent))


def batch(keys: Iterable[Key]) -> dict[Key, Any]:
    """Consistent reads over any tables, absent rows left out; one call for each hundred keys."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Any] = {}
    for start in range(0, len(wanted), MOST_KEYS):
        found |= engine.batch(wanted[start : start + MOST_KEYS])
    return found


def query(row: type[R], pk: str, **options: Any) -> Page:
    """One page, of `limit` rows at most. Base table reads are consistent; an `index` lags and serves lists only."""
    return engine.query(row, pk, QueryOptions(**options))


def query_all(row: type[R], pk: str, **options: Any) -> list[R]:
    """Every page: for collections that are small by nature."""
    rows: list[R] = []
    page = query(row, pk, **options)
    rows.extend(page.items)
    while page.after:
        page = query(row, pk, **options | {"after": page.after})
        rows.extend(page.items)
    return rows


def scan(row: type[R], sk: str) -> Iterator[R]:
    """Every row of its table with this sort key, in no order. Reads the whole table: for an export that the owner asked
    for, and for nothing that anybody waits for."""
    after = None
    while True:
        page = engine.scan(row, sk, after)
        yield from page.items
        after = page.after
        if not after:
            return


def commit(writes: Sequence[Write | None], elsewhere: bool = False) -> None:
    """All or nothing. Raises the refusal of the first write whose condition failed, in the order given; `Moved` where
    that write names none; `Unavailable` when only conflicts or throttling stood in the way six times. Who could also
    go `elsewhere` hears `Blocked` the first time."""
    wanted = [write for write in writes if write is not None]
    if len(wanted) > MOST_WRITES:
        raise ValueError(f"{len(wanted)} writes do not fit in one transaction")
    token = ids.randomness(16).hex()
    for attempt in range(TRIES):
        try:
            return engine.transact(wanted, token)
        except Blocked as blocked:
            codes = {code for code, _ in blocked.reasons if code}
            if not codes <= PASSING:
                return _refuse(wanted, blocked)
            if elsewhere:
                raise
        pause(attempt)
    raise Unavailable()


def _refuse(writes: Sequence[Write], blocked: Blocked) -> None:
    failed = [(write, row) for write, (code, row) in zip(writes, blocked.reasons) if code == "ConditionalCheckFailed"]
    if any(_is_ours(write, row) for write, row in failed):
        return  # an earlier send of this very commit had gone through and only its reply was lost
    if not failed:
        raise RuntimeError(f"transaction blocked: {[code for code, _ in blocked.reasons]}")
    write, row = failed[0]
    raise write.refuse(row)


def _is_ours(write: Write, standing: Any) -> bool:
    """A journal entry carries the id of the one commit that wrote it."""
    mine = getattr(write.row, "event_id", None)
    return write.verb == "put" and mine is not None and getattr(standing, "event_id", None) == mine


F = TypeVar("F", bound=Callable[..., Any])


def decided_anew(verb: F) -> F:
    """Runs the whole load-decide-commit again when what it had read was `Moved` meanwhile; at most six times."""

    @wraps(verb)
    def run(*args: Any, **kwargs: Any) -> Any:
        for attempt in range(TRIES - 1):
            try:
                return verb(*args, **kwargs)
            except Moved:
                pause(attempt)
        return verb(*args, **kwargs)

    return cast(F, run)


def pause_with_jitter(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.02 * 2**attempt))  # full jitter  # nosec B311


pause: Callable[[int], None] = pause_with_jitter  # tests and simulators do not wait


class Dynamo:
    """DynamoDB through PynamoDB."""

    # A transaction is sent as checks, deletes, puts, updates whatever the order of the calls; reasons come back so.
    SENT: ClassVar[list[str]] = ["check", "delete", "put", "update"]

    def get(self, key: Key, consistent: bool) -> Any:
        request = {"TableName": key.row.Meta.table_name, "Key": stored_key(key), "ConsistentRead": consistent}
        raw = self._call("GetItem", request).get("Item")
        return key.row.from_raw_data(raw) if raw else None

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        pending: dict[str, Any] = {}
        by_table: dict[str, dict[tuple[str, str], Key]] = {}
        for key in keys:
            name = key.row.Meta.table_name
            by_table.setdefault(name, {})[(key.pk, key.sk)] = key
            request = pending.setdefault(name, {"Keys": [], "ConsistentRead": True})
            request["Keys"].append({"pk": {"S": key.pk}, "sk": {"S": key.sk}})
        found: dict[Key, Any] = {}
        for attempt in range(TRIES):
            answer = self._call("BatchGetItem", {"RequestItems": pending})
            for name, raws in answer["Responses"].items():
                for raw in raws:
                    key = by_table[name][(raw["pk"]["S"], raw["sk"]["S"])]
                    found[key] = key.row.from_raw_data(raw)
            pending = answer.get("UnprocessedKeys") or {}
            if not pending:
                return found
            pause(attempt)
        raise Unavailable()

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        answer = self._call("Query", query_request(row, pk, options))
        raws, after = answer["Items"], answer.get("LastEvaluatedKey")
        if not options.index:
            return Page([row.from_raw_data(raw) for raw in raws], after)
        keys = [Key(row, raw["pk"]["S"], raw["sk"]["S"]) for raw in raws]  # indexes hold keys only
        rows = batch(keys)
        return Page([rows[key] for key in keys if key in rows], after)

    def scan(self, row: Any, sk: str, after: Any) -> Page:
        request: dict[str, Any] = {
            "TableName": row.Meta.table_name,
            "FilterExpression": "#s = :s",
            "ExpressionAttributeNames": {"#s": "sk"},
            "ExpressionAttributeValues": {":s": {"S": sk}},
            "ConsistentRead": True,
        }
        answer = self._call("Scan", request | ({"ExclusiveStartKey": after} if after else {}))
        return Page([row.from_raw_data(raw) for raw in answer["Items"]], answer.get("LastEvaluatedKey"))

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        try:
            return connection().dispatch(operation, request)
        except Exception as error:
            raise _down(error) from error

    def transact(self, writes: Sequence[Write], token: str) -> None:
        try:
            with TransactWrite(connection=connection(), client_request_token=token) as transaction:
                for write in writes:
                    self._add(transaction, write)
        except TransactWriteError as error:
            if not error.cancellation_reasons:
                raise _down(error) from error
            raise Blocked(self._in_order_given(writes, error)) from error

    def _add(self, transaction: TransactWrite, write: Write) -> None:
        old = "ALL_OLD" if write.condition is not None else None
        if write.verb == "put":
            transaction.save(write.row, condition=write.condition, return_values=old)
        elif write.verb == "update":
            transaction.update(write.row, list(write.actions), condition=write.condition, return_values=old)
        elif write.verb == "delete":
            transaction.delete(write.row, condition=write.condition)
        else:
            row = write.row
            transaction.condition_check(type(row), row.pk, row.sk, condition=write.condition)

    def _in_order_given(self, writes: Sequence[Write], error: TransactWriteError) -> list[tuple[str | None, Any]]:
        sent = sorted(range(len(writes)), key=lambda i: (self.SENT.index(writes[i].verb), i))
        given: list[tuple[str | None, Any]] = [(None, None)] * len(writes)
        for i, reason in zip(sent, error.cancellation_reasons):
            if reason is not None:
                raw = reason.raw_item
                given[i] = (reason.code, type(writes[i].row).from_raw_data(raw) if raw else None)
        return given


INDEX_KEYS = {"by_list": ("list", "listed_at"), "by_owner": ("owner", "listed_at")}


def stored_key(key: Key) -> dict[str, Any]:
    """A row's two keys as its table stores them: `{"pk": {"S": "…"}, "sk": {"S": "…"}}`."""
    parts = ((key.row.pk, key.pk), (key.row.sk, key.sk))
    return {part.attr_name: {part.attr_type: part.serialize(value)} for part, value in parts}


def query_request(row: Any, pk: str, options: QueryOptions) -> dict[str, Any]:
    hash_name, range_name = INDEX_KEYS[options.index] if options.index else (row.pk.attr_name, row.sk.attr_name)
    names, values, condition = {"#h": hash_name}, {":h": {"S": pk}}, "#h = :h"
    if options.begins is not None:
        condition += " AND begins_with(#r, :b)"
        names["#r"], values[":b"] = range_name, {"S": options.begins}
    elif options.between is not None:
        condition += " AND #r BETWEEN :b AND :e"
        names["#r"], values[":b"], values[":e"] = range_name, {"S": options.between[0]}, {"S": options.between[1]}
    request: dict[str, Any] = {
        "TableName": row.Meta.table_name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": not options.newest_first,
    }
    request |= {"IndexName": options.index} if options.index else {"ConsistentRead": True}
    request |= {"Limit": options.limit} if options.limit else {}
    return request | ({"ExclusiveStartKey": options.after} if options.after else {})


def _down(error: Exception) -> Exception:
    """A store that is away or overloaded is told to the caller as such; anything else is our bug and stays loud."""
    cause = getattr(error, "cause", error)
    if isinstance(cause, VerboseClientError):  # PynamoDB has dropped the HTTP status, so the code alone tells
        code = str(cause.response.get("Error", {}).get("Code", ""))
        return Unavailable() if code in BUSY or code.startswith("5") else error
    return Unavailable() if isinstance(cause, _network_errors()) else error


def _network_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, HTTPClientError

    return (HTTPClientError, BotoCoreError, OSError)


_local = threading.local()


def connection() -> Connection:
    """This thread's one connection, made by its first call: a client costs a cold start 57 ms.

    API Gateway gives up after 29 s, so a read waits 3 s at most, three times. botocore's legacy mode is the one with
    DynamoDB's own pauses, 50 and 100 ms; the standard mode pauses up to 1 and 2 s.
    """
    if not hasattr(_local, "connection"):
        use_connection(
            Connection(
                region=config.region(),
                connect_timeout_seconds=1,
                read_timeout_seconds=3,
                retry_configuration={"mode": "legacy", "total_max_attempts": SENDS},
            )
        )
    return cast(Connection, _local.connection)


def use_connection(given: Connection) -> None:
    """From now on this thread reads and writes through `given`."""
    _local.connection = given


def forget_connection() -> None:
    """This thread's next call makes a connection anew, from the environment as it is by then."""
    _local.__dict__.clear()


engine: Engine = Dynamo()
