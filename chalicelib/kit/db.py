"""Access to the DynamoDB tables: get, batch, query, scan, and one transactional commit.

A use case loads with `get`, `batch` or `query`, decides, and calls `commit` once. A `Write` holds its condition and the
refusal to raise when that condition fails. `engine` sends the requests to DynamoDB, or to memory in a simulator;
`use_engine` replaces it for the current call, as a dry run does.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
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
MAX_BATCH_KEYS = 100  # DynamoDB's limit for one BatchGetItem
MAX_ATTEMPTS = 6
MAX_SENDS = 3  # of one request by botocore, before it raises the error

# A transaction that was cancelled only for these reasons is sent again.
TRANSIENT_REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

# Errors of an overloaded or broken DynamoDB, raised after botocore has sent the request three times.
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
    """A row of any table: `pk` identifies a thing, `sk` one part of it.

    A subclass may store the keys under other names (`attr_name`). PynamoDB creates a connection per model, but no
    botocore client for it as long as all calls go through `connection()`.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    @property
    def commit_id(self) -> str | None:
        """The unique id of the commit that created this row; None for rows that record none."""
        return None


class IndexedRow(Row):
    """A row that can be in the two indexes: `by_list` and `by_owner`, both sorted by `listed_at`."""

    list = UnicodeAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute(null=True)


def table(package: str) -> Any:
    """Return the `Meta` class of a Row: `Meta = db.table("orders")`."""
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
    """One conditional write.

    `refusal` is the Problem to raise when the condition fails, or a function that builds it from the row that failed
    the condition (None if there is no row). Without `refusal`, a failed condition raises StaleVersion.
    """

    operation: Operation
    row: Any
    condition: Condition | None = None
    actions: tuple[Action, ...] = ()
    refusal: Refusal | None = None

    def build_refusal(self, existing: Any) -> Problem:
        if self.refusal is None:
            return StaleVersion()
        return self.refusal.copy() if isinstance(self.refusal, Problem) else self.refusal(existing)


class Page(NamedTuple):
    items: list[Any]
    after: dict[str, Any] | None  # pass it to read the next page; None on the last page


def create(row: Row, refusal: Refusal | None = None) -> Write:
    """Return the write of a row that must not exist yet."""
    return Write(Operation.PUT, row, condition=type(row).pk.does_not_exist(), refusal=refusal)


def put(row: Row, when: Condition | None = None, refusal: Refusal | None = None) -> Write:
    return Write(Operation.PUT, row, condition=when, refusal=refusal)


def update(row: Row, *actions: Action, when: Condition | None = None, refusal: Refusal | None = None) -> Write:
    """Return an update; only the keys of `row` are used. Without `when`, DynamoDB creates a missing row."""
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
    return cast("R | None", current_engine().get(Key(row, pk, sk), consistent))


def batch(keys: Iterable[Key]) -> dict[Key, Any]:
    """Return the existing rows by key, read consistently from any tables in calls of a hundred keys."""
    unique_keys = list(dict.fromkeys(keys))
    rows: dict[Key, Any] = {}
    for start in range(0, len(unique_keys), MAX_BATCH_KEYS):
        rows |= current_engine().batch(unique_keys[start : start + MAX_BATCH_KEYS])
    return rows


def query(row: type[R], pk: str, **options: Any) -> Page:
    """Return one page of at most `limit` rows. A table is read consistently; an `index` is eventually consistent."""
    return current_engine().query(row, pk, QueryOptions(**options))


def query_all(row: type[R], pk: str, **options: Any) -> list[R]:
    """Return the rows of all pages: for collections that stay small."""
    rows: list[R] = []
    page = query(row, pk, **options)
    rows.extend(page.items)
    while page.after:
        page = query(row, pk, **options | {"after": page.after})
        rows.extend(page.items)
    return rows


def scan(row: type[R], sk: str) -> Iterator[R]:
    """Yield every row with this sort key, unordered. Reads the whole table: for offline exports only."""
    after = None
    while True:
        page = current_engine().scan(row, sk, after)
        yield from page.items
        after = page.after
        if not after:
            return


def commit(writes: Sequence[Write | None], raise_on_conflict: bool = False) -> None:
    """Commit all writes in one transaction; `None` entries are skipped.

    Raises the refusal of the first write, in the order given, whose condition failed (StaleVersion if it has none), and
    Unavailable after six conflicts or throttlings. With `raise_on_conflict` the first conflict raises
    TransactionCancelled instead, so that the caller can commit other writes.
    """
    selected = [write for write in writes if write is not None]
    if len(selected) > MAX_TRANSACTION_WRITES:
        raise ValueError(f"{len(selected)} writes do not fit in one transaction")
    token = ids.randomness(16).hex()
    for attempt in range(MAX_ATTEMPTS):
        try:
            return current_engine().transact(selected, token)
        except TransactionCancelled as cancelled:
            if not _is_transient(cancelled.reasons):
                if _is_already_committed(selected, cancelled.reasons):
                    return None
                raise _build_refusal(selected, cancelled.reasons) from cancelled
            if raise_on_conflict:
                raise
        pause(attempt)
    raise Unavailable()


def _is_transient(reasons: Sequence[Reason]) -> bool:
    return {code for code, _ in reasons if code} <= TRANSIENT_REASONS


def _is_already_committed(writes: Sequence[Write], reasons: Sequence[Reason]) -> bool:
    """Return whether an earlier attempt of this commit succeeded and only its response was lost."""
    failed = [(write, existing) for write, existing in _failed_conditions(writes, reasons) if existing is not None]
    return any(write.row.commit_id and write.row.commit_id == existing.commit_id for write, existing in failed)


def _build_refusal(writes: Sequence[Write], reasons: Sequence[Reason]) -> Exception:
    failed = _failed_conditions(writes, reasons)
    if not failed:
        return RuntimeError(f"transaction cancelled: {[code for code, _ in reasons]}")
    write, existing = failed[0]
    return write.build_refusal(existing)


def _failed_conditions(writes: Sequence[Write], reasons: Sequence[Reason]) -> list[tuple[Write, Any]]:
    """Return each write whose condition failed, with the stored row that failed it."""
    pairs = zip(writes, reasons, strict=True)
    return [(write, existing) for write, (code, existing) in pairs if code == "ConditionalCheckFailed"]


F = TypeVar("F", bound=Callable[..., Any])


def retry_on_conflict(function: F) -> F:
    """Decorate a use case to run again, at most six times in all, when it raises StaleVersion."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        for attempt in range(MAX_ATTEMPTS - 1):
            try:
                return function(*args, **kwargs)
            except StaleVersion:
                pause(attempt)
        return function(*args, **kwargs)

    return cast(F, run)


def pause_with_jitter(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.02 * 2**attempt))  # full jitter  # nosec B311


pause: Callable[[int], None] = pause_with_jitter  # replaced by tests and simulators, which do not wait


# PynamoDB sends a transaction's operations in this order, whatever the order of the calls, and DynamoDB returns its
# cancellation reasons in the order sent. PynamoDB does not document it; tests/kit/test_db.py fails if it changes.
PYNAMODB_ORDER = [Operation.CHECK, Operation.DELETE, Operation.PUT, Operation.UPDATE]


class Dynamo:
    """The engine that calls DynamoDB through PynamoDB."""

    def get(self, key: Key, consistent: bool) -> Any:
        request = {"TableName": key.row.Meta.table_name, "Key": stored_key(key), "ConsistentRead": consistent}
        raw = self._call("GetItem", request).get("Item")
        return key.row.from_raw_data(raw) if raw else None

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        by_table: dict[str, dict[tuple[str, str | int], Key]] = {}
        for key in keys:
            by_table.setdefault(key.row.Meta.table_name, {})[key.pk, key.sk] = key
        pending = {
            name: {"Keys": [stored_key(key) for key in table_keys.values()], "ConsistentRead": True}
            for name, table_keys in by_table.items()
        }
        rows: dict[Key, Any] = {}
        for attempt in range(MAX_ATTEMPTS):
            response = self._call("BatchGetItem", {"RequestItems": pending})
            for name, items in response["Responses"].items():
                rows |= self._rows_by_key(by_table[name], items)
            pending = response.get("UnprocessedKeys") or {}
            if not pending:
                return rows
            pause(attempt)
        raise Unavailable()

    def _rows_by_key(self, keys_of_table: dict[tuple[str, str | int], Key], items: Sequence[Any]) -> dict[Key, Any]:
        """Return the items of one table as rows; all row classes of a table store their keys under the same names."""
        any_row = next(iter(keys_of_table.values())).row
        keys = [keys_of_table[key_values(any_row, item)] for item in items]
        return {key: key.row.from_raw_data(item) for key, item in zip(keys, items)}

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        response = self._call("Query", query_request(row, pk, options))
        items, after = response["Items"], response.get("LastEvaluatedKey")
        if not options.index:
            return Page([row.from_raw_data(item) for item in items], after)
        keys = [Key(row, *key_values(row, item)) for item in items]  # the indexes project keys only
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
        response = self._call("Scan", request | ({"ExclusiveStartKey": after} if after else {}))
        return Page([row.from_raw_data(item) for item in response["Items"]], response.get("LastEvaluatedKey"))

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
        return_values = "ALL_OLD" if condition is not None else None
        match write.operation:
            case Operation.PUT:
                transaction.save(row, condition=condition, return_values=return_values)
            case Operation.UPDATE:
                transaction.update(row, list(write.actions), condition=condition, return_values=return_values)
            case Operation.DELETE:
                transaction.delete(row, condition=condition)
            case Operation.CHECK:
                transaction.condition_check(type(row), row.pk, row.sk, condition=condition)

    def _in_order_given(self, writes: Sequence[Write], error: TransactWriteError) -> list[Reason]:
        sent = sorted(range(len(writes)), key=lambda i: (PYNAMODB_ORDER.index(writes[i].operation), i))
        reasons: list[Reason] = [(None, None)] * len(writes)
        for i, reason in zip(sent, error.cancellation_reasons):
            if reason is not None:
                raw = reason.raw_item
                reasons[i] = (reason.code, type(writes[i].row).from_raw_data(raw) if raw else None)
        return reasons


INDEX_KEYS = {
    "by_list": ("list", "listed_at"),
    "by_owner": ("owner", "listed_at"),
    "by_time": ("shard", "event_id"),  # of the journal
}


def stored_key(key: Key) -> dict[str, Any]:
    """Return the row's two keys as DynamoDB has them: `{"pk": {"S": "…"}, "sk": {"S": "…"}}`."""
    parts = ((key.row.pk, key.pk), (key.row.sk, key.sk))
    return {part.attr_name: stored_value(part, value) for part, value in parts}


def stored_value(attribute: Any, value: Any) -> dict[str, Any]:
    return {attribute.attr_type: attribute.serialize(value)}


def key_values(row: Any, item: dict[str, Any]) -> tuple[str, str | int]:
    """Return the two keys of a DynamoDB item as Python values."""
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
    """Return Unavailable for an overloaded or unreachable DynamoDB, otherwise the error itself."""
    cause = getattr(error, "cause", error)
    if isinstance(cause, VerboseClientError):  # PynamoDB drops the HTTP status; only the error code is left
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
    """Return this thread's connection, created by its first call: creating a client takes 57 ms of a cold start.

    API Gateway times out after 29 s, so a read waits at most 3 s, three times. botocore's legacy retry mode has
    DynamoDB's own pauses of 50 and 100 ms; the standard mode pauses up to 1 and 2 s.
    """
    if _local.connection is None:
        _local.connection = Connection(
            region=config.region(),
            connect_timeout_seconds=1,
            read_timeout_seconds=3,
            retry_configuration={"mode": "legacy", "total_max_attempts": MAX_SENDS},
        )
    return _local.connection


def use_connection(new_connection: Connection) -> None:
    """Set the connection through which this thread reads and writes from now on."""
    _local.connection = new_connection


def reset_connection() -> None:
    """Forget this thread's connection; its next call creates one from the environment as it is then."""
    _local.connection = None


engine: Engine = Dynamo()
_engine_of_call: ContextVar[Engine | None] = ContextVar("engine_of_call", default=None)


def current_engine() -> Engine:
    return _engine_of_call.get() or engine


@contextmanager
def use_engine(replacement: Engine) -> Iterator[None]:
    """Send the requests of this block, in this thread, to another engine."""
    token = _engine_of_call.set(replacement)
    try:
        yield
    finally:
        _engine_of_call.reset(token)
