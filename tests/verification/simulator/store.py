"""DynamoDB's tables in memory: items sorted by key, sparse indexes and conditional transactions.

`memory_engine.py` (behind `kit.db`) and `botocore_stub.py` (behind botocore) use it. Items are in DynamoDB's JSON and
never change in place, so copying the tables is cheap. Items with an expired time to live stay readable, as they may on
AWS for two days.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from chalicelib.kit import expressions
from chalicelib.kit.expressions import AttributeValue, Bindings, ValidationException, attribute_to_python
from infra.template import FILE

PREFIX = "test-"
MAX_LAG_SECONDS = 5.0
TOKEN_SECONDS = 600
MAX_WRITES = 100
MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES = 400 * 1024, 4 * 1024 * 1024
SortKey = Any  # text or number
ItemKey = tuple[str, str, SortKey]  # table, partition, sort key


class Keys(NamedTuple):
    hash: str
    range: str


KEYS = Keys("pk", "sk")


class KeyEntry(NamedTuple):
    """An entry in a partition of a table or an index: the sort key there, then the item's own two keys."""

    sort: SortKey
    pk: str
    sk: SortKey


class Item(dict[str, AttributeValue]):
    """An item with caches of its conversions: rows by their class, and the row that the invariants read."""

    __slots__ = ("plain_row", "rows")

    def __init__(self, typed: Mapping[str, AttributeValue]) -> None:
        super().__init__(typed)
        self.rows: dict[Any, Any] = {}
        self.plain_row: Any = None

    def to_row(self, kind: Any) -> Any:
        row = self.rows.get(kind)
        if row is None:
            row = self.rows[kind] = kind.from_raw_data(dict(self))
        return row


@dataclass
class Table:
    keys: Keys = KEYS
    indexes: Mapping[str, Keys] = field(default_factory=dict)
    streams: bool = False
    rows: dict[str, dict[SortKey, Item]] = field(default_factory=dict)
    sort_keys: dict[str, list[SortKey]] = field(default_factory=dict)
    index_entries: dict[tuple[str, str], list[KeyEntry]] = field(default_factory=dict)  # by index and its partition

    def key_of(self, item: Mapping[str, AttributeValue]) -> tuple[str, SortKey]:
        return item[self.keys.hash]["S"], attribute_to_python(item[self.keys.range])

    def get(self, pk: str, sk: SortKey) -> Item | None:
        rows = self.rows.get(pk)
        return rows.get(sk) if rows is not None else None

    def put(self, pk: str, sk: SortKey, item: Item) -> None:
        rows = self.rows.setdefault(pk, {})
        before = rows.get(sk)
        rows[sk] = item
        if before is None:
            insort(self.sort_keys.setdefault(pk, []), sk)
        self._reindex(pk, sk, before, item)

    def delete(self, pk: str, sk: SortKey) -> None:
        before = self.rows.get(pk, {}).pop(sk, None)
        if before is not None:
            self.sort_keys[pk].remove(sk)
            self._reindex(pk, sk, before, None)

    def _reindex(self, pk: str, sk: SortKey, before: Item | None, after: Item | None) -> None:
        was, now = dict(self.entries(pk, sk, before)), dict(self.entries(pk, sk, after))
        if was == now:
            return
        for name, entry in was.items():
            self.index_entries[name].remove(entry)
        for name, entry in now.items():
            insort(self.index_entries.setdefault(name, []), entry)

    def entries(self, pk: str, sk: SortKey, item: Item | None) -> Iterator[tuple[tuple[str, str], KeyEntry]]:
        """Yield the item's index entries. Indexes are sparse: an item without both keys has no entry."""
        for name, keys in self.indexes.items() if item else ():
            if item and keys.hash in item and keys.range in item:
                yield (name, item[keys.hash]["S"]), KeyEntry(attribute_to_python(item[keys.range]), pk, sk)

    def copy(self) -> Table:
        rows, sort_keys, index_entries = (
            {name: part.copy() for name, part in contents.items()} for contents in self._contents()
        )
        return Table(self.keys, self.indexes, self.streams, rows, sort_keys, index_entries)

    def _contents(self) -> tuple[Any, Any, Any]:
        return self.rows, self.sort_keys, self.index_entries


class Tables(dict[str, Table]):
    """The tables of infra/resources.json, each created on first access."""

    def __missing__(self, name: str) -> Table:
        return self.setdefault(name, Table(**_load_schemas().get(name, {})))

    def copy(self) -> Tables:
        return Tables({name: table.copy() for name, table in self.items()})


@cache
def _load_schemas() -> dict[str, dict[str, Any]]:
    resources = json.loads(FILE.read_text())["Resources"].values()
    tables = [table["Properties"] for table in resources if table["Type"] == "AWS::DynamoDB::Table"]
    return {table["TableName"]["Fn::Sub"].replace("${Prefix}-", PREFIX): _table_schema(table) for table in tables}


def _table_schema(table: dict[str, Any]) -> dict[str, Any]:
    indexes = {index["IndexName"]: _keys(index) for index in table.get("GlobalSecondaryIndexes", ())}
    return {"keys": _keys(table), "indexes": indexes, "streams": "StreamSpecification" in table}


def _keys(description: dict[str, Any]) -> Keys:
    parts = {part["KeyType"]: part["AttributeName"] for part in description["KeySchema"]}
    return Keys(parts["HASH"], parts["RANGE"])


@dataclass(frozen=True)
class Change:
    """One write of a transaction.

    `item` is the item of a put, or the keys of an update that creates an absent item. With `returns_old_item` a failed
    condition returns the existing item.
    """

    verb: str  # put | update | delete | check
    key: ItemKey
    item: Mapping[str, AttributeValue] = field(default_factory=dict)
    condition: str = ""
    update: str = ""
    bindings: Bindings = field(default_factory=dict)
    returns_old_item: bool = False


class Cancelled(Exception):
    """A transaction failed: for each write the reason code or None, and the existing item if it is returned."""

    def __init__(self, reasons: list[tuple[str | None, Item | None]]) -> None:
        self.reasons = reasons
        super().__init__([code for code, _ in reasons])


class TokenReused(Exception):
    """A client request token was reused with another transaction."""


class PastItem(NamedTuple):
    at: float
    key: ItemKey
    before: Item | None


class Store:
    """Tables with one atomic write.

    `seconds` is the store's own clock. `stream` holds the new items of streaming tables in the order of their commits,
    `written_keys` every key written since it was last cleared.
    """

    def __init__(self, seconds: Callable[[], float] = lambda: 0.0) -> None:
        self.seconds = seconds
        self.restore(Tables())

    def snapshot(self) -> Tables:
        return self.tables.copy()

    def snapshot_of_setup(self) -> Tables:
        """Return the tables as they are after a shop was set up: its journal entries are not listed for the sweep."""
        tables = self.snapshot()
        tables[PREFIX + "journal"].index_entries.clear()
        return tables

    def restore(self, tables: Tables) -> None:
        self.tables = tables.copy()
        self.stream: list[Item] = []
        self.written_keys: set[ItemKey] = set()
        self.tokens: dict[str, tuple[float, Sequence[Change]]] = {}
        self.recent_items: deque[PastItem] = deque()

    def items(self, table: str) -> list[Item]:
        return [item for rows in self.tables[table].rows.values() for item in rows.values()]

    # -- writes -------------------------------------------------------------------------------------------------------

    def commit(self, changes: Sequence[Change], token: str) -> None:
        """Apply all changes or none. Raises Cancelled, ValidationException or TokenReused."""
        committed_at, before = self.tokens.get(token, (0.0, None))
        if before is not None and self.seconds() - committed_at < TOKEN_SECONDS:
            if before != changes:
                raise TokenReused("a client request token was reused with another transaction")
            return
        if not 1 <= len(changes) <= MAX_WRITES:
            raise ValidationException(f"{len(changes)} writes in one transaction")
        if len({change.key for change in changes}) != len(changes):
            raise ValidationException("Transaction request cannot include multiple operations on one item")
        existing = [self.tables[table].get(pk, sk) for table, pk, sk in (change.key for change in changes)]
        reasons = [_failure_reason(change, item) for change, item in zip(changes, existing)]
        if any(code for code, _ in reasons):
            raise Cancelled(reasons)
        after = [_item_after(change, item) for change, item in zip(changes, existing)]
        _check_sizes([item_size(item) for item in after if item])
        for change, old_item, item in zip(changes, existing, after):
            if change.verb != "check":
                self._write(change.key, old_item, item)
        self.tokens[token] = self.seconds(), changes

    def _write(self, key: ItemKey, before: Item | None, after: Item | None) -> None:
        self._record_past(key, before)
        self.written_keys.add(key)
        name, pk, sk = key
        table = self.tables[name]
        if after is None:
            table.delete(pk, sk)
            return
        table.put(pk, sk, after)
        if table.streams and before is None:
            self.stream.append(after)

    # -- reads that lag -----------------------------------------------------------------------------------------------

    def _record_past(self, key: ItemKey, before: Item | None) -> None:
        now = self.seconds()
        while self.recent_items and now - self.recent_items[0].at > MAX_LAG_SECONDS:
            self.recent_items.popleft()
        self.recent_items.append(PastItem(now, key, before))

    def _items_at(self, table: str, lag: float) -> dict[tuple[str, SortKey], Item | None]:
        """Return the items that differed `lag` seconds ago, as they were then."""
        now, past_items = self.seconds(), dict[tuple[str, SortKey], Item | None]()
        for at, (name, pk, sk), before in reversed(self.recent_items if lag else ()):
            if name == table and now - at < lag:
                past_items[pk, sk] = before
        return past_items

    def read(self, table: str, pk: str, sk: SortKey, lag: float) -> Item | None:
        past_items = self._items_at(table, lag)
        return past_items[pk, sk] if (pk, sk) in past_items else self.tables[table].get(pk, sk)

    def partition(self, name: str, pk: str, lag: float) -> list[tuple[KeyEntry, Item]]:
        table, past_items = self.tables[name], self._items_at(name, lag)
        rows = table.rows.get(pk, {}) | {sk: item for (other, sk), item in past_items.items() if other == pk}
        return [(KeyEntry(sk, pk, sk), item) for sk, item in sorted(rows.items()) if item is not None]

    def index(self, name: str, index: str, value: str, lag: float) -> list[KeyEntry]:
        table, past_items = self.tables[name], self._items_at(name, lag)
        current_entries = (
            entry for entry in table.index_entries.get((index, value), ()) if (entry.pk, entry.sk) not in past_items
        )
        past_entries = (entry for (pk, sk), item in past_items.items() for entry in table.entries(pk, sk, item))
        return sorted([*current_entries, *(entry for key, entry in past_entries if key == (index, value))])


def _failure_reason(change: Change, existing: Item | None) -> tuple[str | None, Item | None]:
    if not change.condition or expressions.parse_condition(change.condition)(existing or {}, change.bindings):
        return None, None
    return "ConditionalCheckFailed", existing if change.returns_old_item else None


def _item_after(change: Change, existing: Item | None) -> Item | None:
    if change.verb in ("delete", "check"):
        return None
    put = change.verb == "put"
    return Item(
        change.item if put else expressions.apply_update(existing or change.item, change.update, change.bindings)
    )


def _check_sizes(sizes: Sequence[int]) -> None:
    if max(sizes, default=0) > MAX_ITEM_BYTES:
        raise ValidationException("Item size has exceeded the maximum allowed size")
    if sum(sizes) > MAX_TRANSACTION_BYTES:
        raise ValidationException("Collection size of the transaction is over 4 MB")


def paginate(
    entries: Sequence[Any], bounds: tuple[int, int], after: Any, newest_first: bool, limit: int | None
) -> tuple[list[Any], bool]:
    """Return a page of `entries[low:high]` after `after`, and whether DynamoDB returns a key to continue from.

    DynamoDB returns one whenever the limit was reached, even at the very end.
    """
    low, high = bounds
    if after is not None and newest_first:
        high = min(high, bisect_left(entries, after))
    elif after is not None:
        low = max(low, bisect_right(entries, after))
    count = max(0, high - low)
    count = min(count, limit) if limit else count
    page = entries[high - count : high][::-1] if newest_first else entries[low : low + count]
    return list(page), bool(limit) and count == limit


def item_size(item: Mapping[str, AttributeValue]) -> int:
    values = ((name, value) for name, typed in item.items() for value in typed.values())
    return sum(len(name) + len(value if isinstance(value, bytes) else str(value).encode()) for name, value in values)


def python_to_attribute(value: SortKey) -> AttributeValue:
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def keys_to_item(keys: Iterable[str], values: Iterable[SortKey]) -> dict[str, AttributeValue]:
    return {name: python_to_attribute(value) for name, value in zip(keys, values)}
