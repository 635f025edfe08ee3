"""What DynamoDB keeps, in memory: rows in the order of their keys, sparse indexes, and how all of it was seconds ago.

Rows are kept as they travel and never changed in place, so a copy of the tables is cheap. Nothing here ever expires by
itself: what a time to live would have deleted stays readable, as on AWS for two days.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.verification.simulator.wire_expressions import Item, Typed, Unreadable, plain

LONGEST_LAG = 5.0  # seconds
Sort = Any  # text or number
Place = tuple[str, Sort]


class Keys(NamedTuple):
    hashed: str
    ranged: str


class Entry(NamedTuple):
    """Where a row stands in an index: its place there, then its own."""

    at: Sort
    pk: str
    sk: Sort


@dataclass
class Table:
    name: str
    keys: Keys
    indexes: dict[str, Keys] = field(default_factory=dict)
    rows: dict[str, dict[Sort, Item]] = field(default_factory=dict)
    order: dict[str, list[Sort]] = field(default_factory=dict)
    listed: dict[tuple[str, str], list[Entry]] = field(default_factory=dict)

    def place(self, item: Item) -> Place:
        return item[self.keys.hashed]["S"], plain(item[self.keys.ranged])

    def get(self, place: Place) -> Item | None:
        return self.rows.get(place[0], {}).get(place[1])

    def put(self, place: Place, item: Item) -> None:
        standing = self.get(place)
        if standing is None:
            insort(self.order.setdefault(place[0], []), place[1])
        self.rows.setdefault(place[0], {})[place[1]] = item
        self.relist(place, standing, item)

    def drop(self, place: Place) -> None:
        standing = self.rows.get(place[0], {}).pop(place[1], None)
        if standing is not None:
            self.order[place[0]].remove(place[1])
            self.relist(place, standing, {})

    def relist(self, place: Place, before: Item | None, after: Item) -> None:
        was, now = dict(self.entries(place, before or {})), dict(self.entries(place, after))
        for name in [name for name in was if now.get(name) != was[name]]:
            self.listed[name].remove(was[name])
        for name in [name for name in now if was.get(name) != now[name]]:
            insort(self.listed.setdefault(name, []), now[name])

    def entries(self, place: Place, item: Item) -> Iterator[tuple[tuple[str, str], Entry]]:
        """Sparse: only what has both keys of an index is in it."""
        for name, (hashed, ranged) in self.indexes.items():
            if hashed in item and ranged in item:
                yield (name, item[hashed]["S"]), Entry(plain(item[ranged]), *place)

    def copy(self) -> Table:
        return Table(
            self.name,
            self.keys,
            self.indexes,
            {pk: dict(rows) for pk, rows in self.rows.items()},
            {pk: list(keys) for pk, keys in self.order.items()},
            {name: list(entries) for name, entries in self.listed.items()},
        )


@dataclass
class Change:
    at: float
    table: str
    place: Place
    before: Item | None


class Store:
    """`seconds` is the time of the store's own clock, which nobody else's clock agrees with. `stream` holds every new
    row of a table that streams, in the order of the commits; `touched` every place written since
    somebody emptied it."""

    def __init__(self, seconds: Callable[[], float] = lambda: 0.0) -> None:
        self.tables: dict[str, Table] = {}
        self.streamed: set[str] = set()
        self.seconds = seconds
        self.begin_anew()

    def begin_anew(self) -> None:
        self.stream: list[Item] = []
        self.recent: list[Change] = []
        self.touched: set[tuple[str, str, Sort]] = set()

    def snapshot(self) -> dict[str, Table]:
        return {name: table.copy() for name, table in self.tables.items()}

    def put_back(self, kept: dict[str, Table]) -> None:
        self.tables = {name: table.copy() for name, table in kept.items()}
        self.begin_anew()

    def table(self, name: str) -> Table:
        if name not in self.tables:
            raise Unreadable(f"Requested resource not found: Table: {name}")
        return self.tables[name]

    def items(self, table: str) -> list[Item]:
        return [item for rows in self.tables[table].rows.values() for item in rows.values()]

    def write(self, table: Table, place: Place, item: Item | None) -> None:
        before, now = table.get(place), self.seconds()
        self.recent = [change for change in self.recent if now - change.at <= LONGEST_LAG]
        self.recent.append(Change(now, table.name, place, before))
        self.touched.add((table.name, *place))
        if item is None:
            table.drop(place)
            return
        table.put(place, item)
        if table.name in self.streamed and before is None:
            self.stream.append(item)

    def as_it_was(self, table: Table, lag: float) -> dict[Place, Item | None]:
        """The rows that were otherwise `lag` seconds ago, and how they were."""
        now, were = self.seconds(), dict[Place, Item | None]()
        for change in reversed(self.recent if lag else []):
            if change.table == table.name and now - change.at < lag:
                were[change.place] = change.before
        return were

    def read(self, table: Table, place: Place, lag: float) -> Item | None:
        were = self.as_it_was(table, lag)
        return were[place] if place in were else table.get(place)

    def partition(self, table: Table, pk: str, lag: float) -> tuple[list[Entry], dict[Place, Item | None]]:
        were = self.as_it_was(table, lag)
        standing = (Entry(sk, pk, sk) for sk in table.order.get(pk, ()))
        were_there = (Entry(place[1], *place) for place, item in were.items() if place[0] == pk and item is not None)
        return _seen(standing, were_there, were), were

    def index(self, table: Table, name: str, value: str, lag: float) -> list[Entry]:
        were = self.as_it_was(table, lag)
        standing = table.listed.get((name, value), [])
        found = (each for place, item in were.items() for each in table.entries(place, item or {}))
        were_there = (entry for key, entry in found if key == (name, value))
        return _seen(standing, were_there, were)


def _seen(standing: Iterable[Entry], were_there: Iterable[Entry], were: dict[Place, Item | None]) -> list[Entry]:
    if not were:
        return list(standing)
    return sorted([*(each for each in standing if (each.pk, each.sk) not in were), *were_there])


def between(entries: list[Entry], low: Sort, high: Sort) -> list[Entry]:
    """Both counted."""
    first = bisect_left(entries, (low,))
    rest = entries[first:]
    return [each for each in rest if each.at <= high]


def size_of(item: Item) -> int:
    return sum(len(name.encode()) + _size(typed) for name, typed in item.items())


def _size(typed: Typed) -> int:
    ((_, value),) = typed.items()
    return len(value.encode()) if isinstance(value, str) else len(str(value))
