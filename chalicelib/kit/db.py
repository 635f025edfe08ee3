"""All access to the tables: get, batch, query, scan, and one transactional commit.

A use case loads with `get`, `batch` or `query`, decides, and calls `commit` once. A `Write` carries its condition and
the refusal that a failed condition means. `engine` does the work: DynamoDB, or memory in a simulator.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.kit import config, ids
from chalicelib.kit.errors import Problem, StaleVersion, Unavailable

MAX_TRANSACTION_WRITES = 100  # DynamoDB's limit for one transaction
MAX_BATCH_KEYS = 100  # and for one BatchGetItem
MAX_ATTEMPTS = 6
MAX_SENDS = 3  # of one request, by botocore, before its error is ours

# A transaction cancelled for nothing but these reasons is sent again.
TRANSIENT_REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

# Errors of an overloaded or broken store, after botocore has sent the request three times.
TRANSIENT_ERRORS = {
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

    @property
    def commit_id(self) -> str | None:
        """An id that only the commit which created this row has; None for rows that record none."""
        return None


class IndexedRow(Row):
    """A row that can be in the two indexes: `by_list` and `by_owner`, both sorted by `listed_at`."""

    list = UnicodeAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute(null=True)


def table(package: str) -> Any:
    """`Meta = db.table("orders")` inside a Row."""
    return type("Meta", (), {"table_name": config.table_name(package), "region": config.region()})


class Key(NamedTuple):
    row: type[Row]
    pk: str
    sk: Any  # text; a number in the journal


class Operation(StrEnum):
    PUT = "put"
    UPDATE = "update"
    DELETE = "delete"
    CHECK = "check"


class Write(NamedTuple):
    """One conditional write. `refusal` is raised when the condition fails, or a function that makes it of the row that
    failed the condition (None where there is no row). Without a `refusal`, a failed condition means `Moved`."""

    operation: Operation
    row: Any
    condition: Condition | None = None
    actions: tuple[Action, ...] = ()
    refusal: Refusal | None = None

    def build_refusal(self, standing: Any) -> Problem:
        if self.refusal is None:
            return StaleVersion()
        return self.refusal.copy() if isinstance(self.refusal, Problem) else self.refusal(standing)


class Page(NamedTuple):
    items: list[Any]
    after: dict[str, Any] | None  # hand it back to go on; None at the end


def create(row: Row, refusal: Refusal | None = None) -> Write:
    """Put a row that must not exist yet."""
    return Write(Operation.PUT, row, condition=type(row).pk.does_not_exist(), refusal=refusal)


def put(row: Row, when: Condition | None = None, refusal: Refusal | None = None) -> Write:
    return Write(Operation.PUT, row, condition=when, refusal=refusal)


def update(row: Row, *actions: Action, when: Condition | None = None, refusal: Refusal | None = None) -> Write:
    """`row` only names the keys. Without `when`, DynamoDB creates a row that does not exist."""
    return Write(Operation.UPDATE, row, condition=when, actions=actions, refusal=refusal)


def delete(row: Row, when: Condition | None = None, refusal: Refusal | None = None) -> Write:
    return Write(Operation.DELETE, row, condition=when, refusal=refusal)


def check(row: Row, when: Condition, refusal: Refusal | None = None) -> Write:
    return Write(Operation.CHECK, row, condition=when, refusal=refusal)


class Engine(Protocol):
    def get(self, key: Key, consistent: bool) -> Any: ...
    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]: ...
    def query(self, row: Any, pk: str, options: QueryOptions) -> Page: ...
    def scan(self, row: Any, sk: str, after: Any) -> Page: ...
    def transact(self, writes: Sequence[Write], token: str) -> None: ...


@dataclass(frozen=True)
class QueryOptions:
    begins_with: str | None = None
    between: tuple[str, str] | tuple[int, int] | None = None
    index: str | None = None
    newest_first: bool = False
    limit: int | None = None
    after: dict[str, Any] | None = None


Reason = tuple[str | None, Any]  # (code or None, the row that failed the condition or None)


@dataclass
class TransactionCancelled(Exception):
    """A cancelled transaction, with the reason of each write in the order given."""

    reasons: list[Reason]


def get(row: type[R], pk: str, sk: str | int, consistent: bool = True) -> R | None:
    return cast("R | None", engine.get(Key(row, pk, sk), consistent))


def batch(keys: Iterable[Key]) -> dict[Key, Any]:
    """Consistent reads over any tables, absent rows left out; one call for each hundred keys."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Any] = {}
    for start in range(0, len(wanted), MAX_BATCH_KEYS):
        found |= engine.batch(wanted[start : start + MAX_BATCH_KEYS])
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
    """Every row with this sort key, in no order. Reads the whole table: for offline exports only."""
    after = None
    while True:
        page = engine.scan(row, sk, after)
        yield from page.items
        after = page.after
        if not after:
            return


def commit(writes: Sequence[Write | None], raise_on_conflict: bool = False) -> None:
    """Commit all writes or none. None among them is skipped.

    Raises the refusal of the first write, in the order given, whose condition failed, or `Moved` where that write has
    none; `Unavailable` after six conflicts or throttlings. With `raise_on_conflict` the first of these raises `Blocked`
    instead, for a caller that would rather send other writes than the same again."""
    wanted = [write for write in writes if write is not None]
    if len(wanted) > MAX_TRANSACTION_WRITES:
        raise ValueError(f"{len(wanted)} writes do not fit in one transaction")
    token = ids.randomness(16).hex()
    for attempt in range(MAX_ATTEMPTS):
        try:
            return engine.transact(wanted, token)
        except TransactionCancelled as blocked:
            if not _is_transient(blocked.reasons):
                if _is_already_committed(wanted, blocked.reasons):
                    return None
                raise _build_refusal(wanted, blocked.reasons) from blocked
            if raise_on_conflict:
                raise
        pause(attempt)
    raise Unavailable()


def _is_transient(reasons: Sequence[Reason]) -> bool:
    return {code for code, _ in reasons if code} <= TRANSIENT_REASONS


def _is_already_committed(writes: Sequence[Write], reasons: Sequence[Reason]) -> bool:
    """True if an earlier send of this very commit went through and only its reply was lost."""
    failed = [(write, standing) for write, standing in _failed_conditions(writes, reasons) if standing is not None]
    return any(write.row.commit_id and write.row.commit_id == standing.commit_id for write, standing in failed)


def _build_refusal(writes: Sequence[Write], reasons: Sequence[Reason]) -> Exception:
    failed = _failed_conditions(writes, reasons)
    if not failed:
        return RuntimeError(f"transaction cancelled: {[code for code, _ in reasons]}")
    write, standing = failed[0]
    return write.build_refusal(standing)


def _failed_conditions(writes: Sequence[Write], reasons: Sequence[Reason]) -> list[tuple[Write, Any]]:
    """Each write whose condition failed, with the row that failed it."""
    pairs = zip(writes, reasons, strict=True)
    return [(write, standing) for write, (code, standing) in pairs if code == "ConditionalCheckFailed"]


F = TypeVar("F", bound=Callable[..., Any])


def retry_on_conflict(verb: F) -> F:
    """Runs the whole load-decide-commit again when what it had read was `Moved` meanwhile; at most six times."""

    @wraps(verb)
    def run(*args: Any, **kwargs: Any) -> Any:
        for attempt in range(MAX_ATTEMPTS - 1):
            try:
                return verb(*args, **kwargs)
            except StaleVersion:
                pause(attempt)
        return verb(*args, **kwargs)

    return cast(F, run)


def pause_with_jitter(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.02 * 2**attempt))  # full jitter  # nosec B311


pause: Callable[[int], None] = pause_with_jitter  # tests and simulators do not wait


# PynamoDB sends a transaction's operations in this order, whatever the order of the calls, and DynamoDB answers its
# reasons in the order sent. PynamoDB does not document it; a test in tests/kit/test_db.py fails if it changes.
PYNAMODB_ORDER = [Operation.CHECK, Operation.DELETE, Operation.PUT, Operation.UPDATE]


class Dynamo:
    """DynamoDB through PynamoDB."""

    def get(self, key: Key, consistent: bool) -> Any:
        request = {"TableName": key.row.Meta.table_name, "Key": stored_key(key), "ConsistentRead": consistent}
        raw = self._call("GetItem", request).get("Item")
        return key.row.from_raw_data(raw) if raw else None

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        by_table: dict[str, dict[tuple[str, str | int], Key]] = {}
        for key in keys:
            by_table.setdefault(key.row.Meta.table_name, {})[key.pk, key.sk] = key
        pending = {
            name: {"Keys": [stored_key(key) for key in wanted.values()], "ConsistentRead": True}
            for name, wanted in by_table.items()
        }
        found: dict[Key, Any] = {}
        for attempt in range(MAX_ATTEMPTS):
            answer = self._call("BatchGetItem", {"RequestItems": pending})
            for name, items in answer["Responses"].items():
                found |= self._rows_by_key(by_table[name], items)
            pending = answer.get("UnprocessedKeys") or {}
            if not pending:
                return found
            pause(attempt)
        raise Unavailable()

    def _rows_by_key(self, wanted: dict[tuple[str, str | int], Key], items: Sequence[Any]) -> dict[Key, Any]:
        """The items of one table, whose row classes all store their keys under the same names."""
        any_row = next(iter(wanted.values())).row
        keys = [wanted[key_values(any_row, item)] for item in items]
        return {key: key.row.from_raw_data(item) for key, item in zip(keys, items)}

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        answer = self._call("Query", query_request(row, pk, options))
        items, after = answer["Items"], answer.get("LastEvaluatedKey")
        if not options.index:
            return Page([row.from_raw_data(item) for item in items], after)
        keys = [Key(row, *key_values(row, item)) for item in items]  # indexes hold keys only
        rows = batch(keys)
        return Page([rows[key] for key in keys if key in rows], after)

    def scan(self, row: Any, sk: str, after: Any) -> Page:
        request: dict[str, Any] = {
            "TableName": row.Meta.table_name,
            "FilterExpression": "#s = :s",
            "ExpressionAttributeNames": {"#s": row.sk.attr_name},
            "ExpressionAttributeValues": {":s": stored_value(row.sk, sk)},
            "ConsistentRead": True,
        }
        answer = self._call("Scan", request | ({"ExclusiveStartKey": after} if after else {}))
        return Page([row.from_raw_data(item) for item in answer["Items"]], answer.get("LastEvaluatedKey"))

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        try:
            return connection().dispatch(operation, request)
        except Exception as error:
            raise _to_problem(error) from error

    def transact(self, writes: Sequence[Write], token: str) -> None:
        try:
            with TransactWrite(connection=connection(), client_request_token=token) as transaction:
                for write in writes:
                    self._add(transaction, write)
        except TransactWriteError as error:
            if not error.cancellation_reasons:
                raise _to_problem(error) from error
            raise TransactionCancelled(self._in_order_given(writes, error)) from error

    def _add(self, transaction: TransactWrite, write: Write) -> None:
        row, condition = write.row, write.condition
        old = "ALL_OLD" if condition is not None else None
        match write.operation:
            case Operation.PUT:
                transaction.save(row, condition=condition, return_values=old)
            case Operation.UPDATE:
                transaction.update(row, list(write.actions), condition=condition, return_values=old)
            case Operation.DELETE:
                transaction.delete(row, condition=condition)
            case Operation.CHECK:
                transaction.condition_check(type(row), row.pk, row.sk, condition=condition)

    def _in_order_given(self, writes: Sequence[Write], error: TransactWriteError) -> list[Reason]:
        sent = sorted(range(len(writes)), key=lambda i: (PYNAMODB_ORDER.index(writes[i].operation), i))
        given: list[Reason] = [(None, None)] * len(writes)
        for i, reason in zip(sent, error.cancellation_reasons):
            if reason is not None:
                raw = reason.raw_item
                given[i] = (reason.code, type(writes[i].row).from_raw_data(raw) if raw else None)
        return given


INDEX_KEYS = {"by_list": ("list", "listed_at"), "by_owner": ("owner", "listed_at")}


def stored_key(key: Key) -> dict[str, Any]:
    """A row's two keys as its table stores them: `{"pk": {"S": "…"}, "sk": {"S": "…"}}`."""
    parts = ((key.row.pk, key.pk), (key.row.sk, key.sk))
    return {part.attr_name: stored_value(part, value) for part, value in parts}


def stored_value(attribute: Any, value: Any) -> dict[str, Any]:
    return {attribute.attr_type: attribute.serialize(value)}


def key_values(row: Any, item: dict[str, Any]) -> tuple[str, str | int]:
    """The two keys of a stored item, as its row has them."""
    pk, sk = (part.deserialize(item[part.attr_name][part.attr_type]) for part in (row.pk, row.sk))
    return pk, sk


def query_request(row: Any, pk: str, options: QueryOptions) -> dict[str, Any]:
    hash_name, range_name = INDEX_KEYS[options.index] if options.index else (row.pk.attr_name, row.sk.attr_name)
    range_type = "S" if options.index else row.sk.attr_type
    names, values, condition = {"#h": hash_name}, {":h": {"S": pk}}, "#h = :h"
    if options.begins_with is not None:
        condition += " AND begins_with(#r, :b)"
        names["#r"], values[":b"] = range_name, {"S": options.begins_with}
    elif options.between is not None:
        condition += " AND #r BETWEEN :b AND :e"
        first, last = options.between
        names["#r"], values[":b"], values[":e"] = range_name, {range_type: str(first)}, {range_type: str(last)}
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


def _to_problem(error: Exception) -> Exception:
    """Return Unavailable for an overloaded or unreachable store, else the error itself."""
    cause = getattr(error, "cause", error)
    if isinstance(cause, VerboseClientError):  # PynamoDB drops the HTTP status, so only the code is left to read
        code = str(cause.response.get("Error", {}).get("Code", ""))
        return Unavailable() if code in TRANSIENT_ERRORS or code.startswith("5") else error
    return Unavailable() if isinstance(cause, _network_errors()) else error


def _network_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, HTTPClientError

    return (HTTPClientError, BotoCoreError, OSError)


class _Local(threading.local):
    connection: Connection | None = None


_local = _Local()


def connection() -> Connection:
    """This thread's one connection, made by its first call: a client costs a cold start 57 ms.

    API Gateway gives up after 29 s, so a read waits 3 s at most, three times. botocore's legacy mode is the one with
    DynamoDB's own pauses, 50 and 100 ms; the standard mode pauses up to 1 and 2 s.
    """
    if _local.connection is None:
        _local.connection = Connection(
            region=config.region(),
            connect_timeout_seconds=1,
            read_timeout_seconds=3,
            retry_configuration={"mode": "legacy", "total_max_attempts": MAX_SENDS},
        )
    return _local.connection


def use_connection(given: Connection) -> None:
    """From now on this thread reads and writes through `given`."""
    _local.connection = given


def reset_connection() -> None:
    """The next call of this thread makes a new connection from the environment as it is then."""
    _local.connection = None


engine: Engine = Dynamo()
