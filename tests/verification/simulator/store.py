"""What DynamoDB keeps, in memory: items in the order of their keys, sparse indexes, one conditional transaction.

Two entrances stand on it: `memory.py` behind `kit.db`, and `wire.py` behind botocore. Items are kept as they travel and
never change in place, so a copy of the tables is cheap. Nothing expires by itself: what a time to live would have
deleted stays readable, as on AWS for two days.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from infra.template import FILE
from tests.verification.simulator import expressions
from tests.verification.simulator.expressions import Bound, Invalid, Typed, plain

PREFIX = "test-"
LONGEST_LAG = 5.0  # seconds
TOKEN_SECONDS = 600
MOST_WRITES = 100
MOST_ITEM_BYTES, MOST_TRANSACTION_BYTES = 400 * 1024, 4 * 1024 * 1024
Sort = Any  # text or number
Place = tuple[str, str, Sort]  # table, partition, sort key


class Keys(NamedTuple):
    hash: str
    range: str


KEYS = Keys("pk", "sk")


class Entry(NamedTuple):
    """Where an item stands in a partition of its table or of an index: its place there, then its own two keys."""

    at: Sort
    pk: str
    sk: Sort


class Item(dict[str, Typed]):
    """What is made of an item is made once: the rows by their class, and what the invariants read."""

    __slots__ = ("facts", "rows")

    def __init__(self, typed: Mapping[str, Typed]) -> None:
        super().__init__(typed)
        self.rows: dict[Any, Any] = {}
        self.facts: Any = None

    def as_row(self, kind: Any) -> Any:
        row = self.rows.get(kind)
        if row is None:
            row = self.rows[kind] = kind.from_raw_data(dict(self))
        return row


@dataclass
class Table:
    keys: Keys = KEYS
    indexes: Mapping[str, Keys] = field(default_factory=dict)
    streams: bool = False
    rows: dict[str, dict[Sort, Item]] = field(default_factory=dict)
    order: dict[str, list[Sort]] = field(default_factory=dict)
    listed: dict[tuple[str, str], list[Entry]] = field(default_factory=dict)  # by index and its partition

    def keys_of(self, item: Mapping[str, Typed]) -> tuple[str, Sort]:
        return item[self.keys.hash]["S"], plain(item[self.keys.range])

    def get(self, pk: str, sk: Sort) -> Item | None:
        rows = self.rows.get(pk)
        return rows.get(sk) if rows is not None else None

    def put(self, pk: str, sk: Sort, item: Item) -> None:
        rows = self.rows.setdefault(pk, {})
        before = rows.get(sk)
        rows[sk] = item
        if before is None:
            insort(self.order.setdefault(pk, []), sk)
        self._list_anew(pk, sk, before, item)

    def drop(self, pk: str, sk: Sort) -> None:
        before = self.rows.get(pk, {}).pop(sk, None)
        if before is not None:
            self.order[pk].remove(sk)
            self._list_anew(pk, sk, before, None)

    def _list_anew(self, pk: str, sk: Sort, before: Item | None, after: Item | None) -> None:
        was, now = dict(self.entries(pk, sk, before)), dict(self.entries(pk, sk, after))
        if was == now:
            return
        for name, entry in was.items():
            self.listed[name].remove(entry)
        for name, entry in now.items():
            insort(self.listed.setdefault(name, []), entry)

    def entries(self, pk: str, sk: Sort, item: Item | None) -> Iterator[tuple[tuple[str, str], Entry]]:
        """Sparse: only what has both keys of an index is in it."""
        for name, keys in self.indexes.items() if item else ():
            if item and keys.hash in item and keys.range in item:
                yield (name, item[keys.hash]["S"]), Entry(plain(item[keys.range]), pk, sk)

    def copy(self) -> Table:
        rows, order, listed = ({name: part.copy() for name, part in kept.items()} for kept in self._kept())
        return Table(self.keys, self.indexes, self.streams, rows, order, listed)

    def _kept(self) -> tuple[Any, Any, Any]:
        return self.rows, self.order, self.listed


class Tables(dict[str, Table]):
    """Those of infra/resources.json, each made when it is first asked for."""

    def __missing__(self, name: str) -> Table:
        return self.setdefault(name, Table(**_layouts().get(name, {})))

    def copy(self) -> Tables:
        return Tables({name: table.copy() for name, table in self.items()})


@cache
def _layouts() -> dict[str, dict[str, Any]]:
    resources = json.loads(FILE.read_text())["Resources"].values()
    tables = [each["Properties"] for each in resources if each["Type"] == "AWS::DynamoDB::Table"]
    return {each["TableName"]["Fn::Sub"].replace("${Prefix}-", PREFIX): _layout(each) for each in tables}


def _layout(table: dict[str, Any]) -> dict[str, Any]:
    indexes = {each["IndexName"]: _keys(each) for each in table.get("GlobalSecondaryIndexes", ())}
    return {"keys": _keys(table), "indexes": indexes, "streams": "StreamSpecification" in table}


def _keys(described: dict[str, Any]) -> Keys:
    parts = {part["KeyType"]: part["AttributeName"] for part in described["KeySchema"]}
    return Keys(parts["HASH"], parts["RANGE"])


@dataclass(frozen=True)
class Change:
    """One write of a transaction. `item` is what is put; of an update, the keys that an absent item begins with.
    `shows`: a refusal shows the item that stood in the way."""

    verb: str  # put | update | delete | check
    place: Place
    item: Mapping[str, Typed] = field(default_factory=dict)
    condition: str = ""
    update: str = ""
    bound: Bound = field(default_factory=dict)
    shows: bool = False


class Cancelled(Exception):
    """A transaction whose conditions failed: for each write its reason, or None, and the item to show."""

    def __init__(self, reasons: list[tuple[str | None, Item | None]]) -> None:
        self.reasons = reasons
        super().__init__([code for code, _ in reasons])


class TokenReused(Exception):
    """A token was sent again with another transaction."""


class Past(NamedTuple):
    at: float
    place: Place
    before: Item | None


class Store:
    """`seconds` is the store's own clock, with which nobody else's agrees. `stream` holds every new item of a table
    that streams, in the order of the commits; `touched` every place written since somebody emptied it."""

    def __init__(self, seconds: Callable[[], float] = lambda: 0.0) -> None:
        self.seconds = seconds
        self.put_back(Tables())

    def snapshot(self) -> Tables:
        return self.tables.copy()

    def put_back(self, kept: Tables) -> None:
        self.tables = kept.copy()
        self.stream: list[Item] = []
        self.touched: set[Place] = set()
        self.tokens: dict[str, tuple[float, Sequence[Change]]] = {}
        self.past: deque[Past] = deque()

    def items(self, table: str) -> list[Item]:
        return [item for rows in self.tables[table].rows.values() for item in rows.values()]

    # -- the one write ------------------------------------------------------------------------------------------------

    def commit(self, changes: Sequence[Change], token: str) -> None:
        """All or nothing. Raises Cancelled, Invalid, TokenReused."""
        since, before = self.tokens.get(token, (0.0, None))
        if before is not None and self.seconds() - since < TOKEN_SECONDS:
            if before != changes:
                raise TokenReused("a token was sent again with another transaction")
            return
        if not 1 <= len(changes) <= MOST_WRITES:
            raise Invalid(f"{len(changes)} writes in one transaction")
        if len({change.place for change in changes}) != len(changes):
            raise Invalid("Transaction request cannot include multiple operations on one item")
        standing = [self.tables[table].get(pk, sk) for table, pk, sk in (change.place for change in changes)]
        reasons = [_reason(change, item) for change, item in zip(changes, standing)]
        if any(code for code, _ in reasons):
            raise Cancelled(reasons)
        after = [_after(change, item) for change, item in zip(changes, standing)]
        _check_sizes([size_of(item) for item in after if item])
        for change, before_it, item in zip(changes, standing, after):
            if change.verb != "check":
                self._write(change.place, before_it, item)
        self.tokens[token] = self.seconds(), changes

    def _write(self, place: Place, before: Item | None, after: Item | None) -> None:
        self._remember(place, before)
        self.touched.add(place)
        name, pk, sk = place
        table = self.tables[name]
        if after is None:
            table.drop(pk, sk)
            return
        table.put(pk, sk, after)
        if table.streams and before is None:
            self.stream.append(after)

    # -- how it was seconds ago ---------------------------------------------------------------------------------------

    def _remember(self, place: Place, before: Item | None) -> None:
        now = self.seconds()
        while self.past and now - self.past[0].at > LONGEST_LAG:
            self.past.popleft()
        self.past.append(Past(now, place, before))

    def _as_it_was(self, table: str, lag: float) -> dict[tuple[str, Sort], Item | None]:
        """The items that were otherwise `lag` seconds ago, and how they were."""
        now, were = self.seconds(), dict[tuple[str, Sort], Item | None]()
        for at, (name, pk, sk), before in reversed(self.past if lag else ()):
            if name == table and now - at < lag:
                were[pk, sk] = before
        return were

    def read(self, table: str, pk: str, sk: Sort, lag: float) -> Item | None:
        were = self._as_it_was(table, lag)
        return were[pk, sk] if (pk, sk) in were else self.tables[table].get(pk, sk)

    def partition(self, name: str, pk: str, lag: float) -> list[tuple[Entry, Item]]:
        table, were = self.tables[name], self._as_it_was(name, lag)
        rows = table.rows.get(pk, {}) | {sk: item for (other, sk), item in were.items() if other == pk}
        return [(Entry(sk, pk, sk), item) for sk, item in sorted(rows.items()) if item is not None]

    def index(self, name: str, index: str, value: str, lag: float) -> list[Entry]:
        table, were = self.tables[name], self._as_it_was(name, lag)
        now = (entry for entry in table.listed.get((index, value), ()) if (entry.pk, entry.sk) not in were)
        then = (found for (pk, sk), item in were.items() for found in table.entries(pk, sk, item))
        return sorted([*now, *(entry for key, entry in then if key == (index, value))])


def _reason(change: Change, standing: Item | None) -> tuple[str | None, Item | None]:
    if not change.condition or expressions.condition(change.condition)(standing or {}, change.bound):
        return None, None
    return "ConditionalCheckFailed", standing if change.shows else None


def _after(change: Change, standing: Item | None) -> Item | None:
    if change.verb in ("delete", "check"):
        return None
    put = change.verb == "put"
    return Item(change.item if put else expressions.changed(standing or change.item, change.update, change.bound))


def _check_sizes(sizes: Sequence[int]) -> None:
    if max(sizes, default=0) > MOST_ITEM_BYTES:
        raise Invalid("Item size has exceeded the maximum allowed size")
    if sum(sizes) > MOST_TRANSACTION_BYTES:
        raise Invalid("Collection size of the transaction is over 4 MB")


def one_page(
    entries: Sequence[Any], within: tuple[int, int], after: Any, newest_first: bool, limit: int | None
) -> tuple[list[Any], bool]:
    """Of `entries[low:high]` those behind `after`. DynamoDB names a place to go on from whenever the limit was reached,
    even at the very end."""
    low, high = within
    if after is not None and newest_first:
        high = min(high, bisect_left(entries, after))
    elif after is not None:
        low = max(low, bisect_right(entries, after))
    count = max(0, high - low)
    count = min(count, limit) if limit else count
    page = entries[high - count : high][::-1] if newest_first else entries[low : low + count]
    return list(page), bool(limit) and count == limit


def size_of(item: Mapping[str, Typed]) -> int:
    values = ((name, value) for name, typed in item.items() for value in typed.values())
    return sum(len(name) + len(value if isinstance(value, bytes) else str(value).encode()) for name, value in values)


def to_typed(value: Sort) -> Typed:
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def keys_to_item(keys: Iterable[str], values: Iterable[Sort]) -> dict[str, Typed]:
    return {name: to_typed(value) for name, value in zip(keys, values)}
