"""`kit.db`'s engine in memory: the same reads, one conditional transaction, the same refusals, and faults on demand.

Rows are kept as they would travel, so a room's own reading and writing of them takes part. `snapshot` and `put_back`
are cheap: items are never changed in place.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import db
from chalicelib.kit.db import INDEX_KEYS, Blocked, Key, Page, QueryOptions, Write
from tests.proof.expressions import Item, changed, holds

Sort = str | int
Place = tuple[str, Sort]
MOST_ITEM_BYTES = 400 * 1024
Faults = Callable[[str], str]  # what happens to this send: "" or one of SEND_FAULTS

# The last two happen after the commit: its reply is lost; or it is lost, and the resend finds the token forgotten.
SEND_FAULTS = ("refused", "throttled", "conflict", "lost", "forgotten")
PASSING = {"conflict": "TransactionConflict", "throttled": "ThrottlingError"}


@dataclass
class Table:
    rows: dict[str, dict[Sort, Item]] = field(default_factory=dict)
    order: dict[str, list[Sort]] = field(default_factory=dict)
    index: dict[tuple[str, str], list[tuple[str, str, Sort]]] = field(default_factory=dict)

    def get(self, pk: str, sk: Sort) -> Item | None:
        return self.rows.get(pk, {}).get(sk)

    def put(self, pk: str, sk: Sort, item: Item) -> None:
        self.drop(pk, sk)
        self.rows.setdefault(pk, {})[sk] = item
        insort(self.order.setdefault(pk, []), sk)
        for name, entry in _indexed(pk, sk, item):
            insort(self.index.setdefault(name, []), entry)

    def drop(self, pk: str, sk: Sort) -> None:
        before = self.rows.get(pk, {}).pop(sk, None)
        if before is not None:
            self.order[pk].remove(sk)
            for name, entry in _indexed(pk, sk, before):
                self.index[name].remove(entry)

    def copy(self) -> Table:
        return Table(
            {pk: dict(rows) for pk, rows in self.rows.items()},
            {pk: list(keys) for pk, keys in self.order.items()},
            {name: list(entries) for name, entries in self.index.items()},
        )


def _indexed(pk: str, sk: Sort, item: Item) -> Iterable[tuple[tuple[str, str], tuple[str, str, Sort]]]:
    """Sparse: only what has both keys of an index is in it."""
    for name, (hashed, ranged) in INDEX_KEYS.items():
        if hashed in item and ranged in item:
            yield (name, item[hashed]["S"]), (item[ranged]["S"], pk, sk)


class Memory:
    """`stream` holds every new journal entry in the order of the commits."""

    def __init__(self, faults: Faults = lambda send: "") -> None:
        self.tables: dict[str, Table] = {}
        self.stream: list[Item] = []
        self.tokens: dict[str, str] = {}
        self.faults = faults

    def snapshot(self) -> dict[str, Table]:
        return {name: table.copy() for name, table in self.tables.items()}

    def put_back(self, kept: dict[str, Table]) -> None:
        self.tables, self.stream, self.tokens = {name: table.copy() for name, table in kept.items()}, [], {}

    def items(self, table: str) -> list[Item]:
        return [item for rows in self.table(table).rows.values() for item in rows.values()]

    def table(self, name: str) -> Table:
        return self.tables.setdefault(name, Table())

    def get(self, key: Key, consistent: bool) -> Any:
        self._read("get")
        item = self._at(key.row).get(key.pk, key.sk)
        return key.row.from_raw_data(item) if item is not None else None

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        self._read("batch")
        found = {key: self._at(key.row).get(key.pk, key.sk) for key in keys}
        return {key: key.row.from_raw_data(item) for key, item in found.items() if item is not None}

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        self._read("query")
        if options.index:
            return self._listed(row, pk, options)
        table = self._at(row)
        listed, more = _page([(sk,) for sk in table.order.get(pk, ())], options, lambda after: (_key(after, "sk"),))
        rows = table.rows.get(pk, {})
        after = _keys_of(row(pk, listed[-1][0])) if more else None
        return Page([row.from_raw_data(rows[sk]) for (sk,) in listed], after)

    def scan(self, row: Any, sk: str, after: Any) -> Page:
        self._read("scan")
        return Page(
            [row.from_raw_data(item) for item in self.items(row.Meta.table_name) if item["sk"]["S"] == sk], None
        )

    def _listed(self, row: Any, name: str, options: QueryOptions) -> Page:
        hashed, ranged = INDEX_KEYS[options.index or ""]
        entries = self._at(row).index.get((options.index or "", name), [])
        listed, more = _page(entries, options, lambda after: tuple(_key(after, each) for each in (ranged, "pk", "sk")))
        keys = [Key(row, pk, sk) for _, pk, sk in listed]  # type: ignore[arg-type]
        rows = db.batch(keys)
        after = {hashed: {"S": name}, ranged: {"S": listed[-1][0]}} | _keys_of(row(*listed[-1][1:])) if more else None
        return Page([rows[key] for key in keys if key in rows], after)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        fault = self.faults("transact")
        if fault == "refused":
            raise db.Unavailable()
        if fault in PASSING:
            raise Blocked([(PASSING[fault], None), *[(None, None)] * (len(writes) - 1)])
        self._commit(writes, token)
        if fault == "forgotten":
            self.tokens.clear()
            self._commit(writes, token)
        if fault == "lost":
            raise db.Unavailable()

    def _commit(self, writes: Sequence[Write], token: str) -> None:
        places = [(write.row.Meta.table_name, *_place(write.row)) for write in writes]
        _check_request(writes, places)
        if token in self.tokens:
            if self.tokens[token] != repr(places):
                raise ValueError("a token was sent again with another transaction")
            return
        standing = [self.table(name).get(pk, sk) for name, pk, sk in places]
        reasons = [_reason(write, item) for write, item in zip(writes, standing)]
        if any(code for code, _ in reasons):
            raise Blocked(reasons)
        for write, place, item in zip(writes, places, standing):
            self._apply(write, place, item)
        self.tokens[token] = repr(places)

    def _apply(self, write: Write, place: tuple[str, str, Sort], standing: Item | None) -> None:
        name, pk, sk = place
        if write.verb == "delete":
            self.table(name).drop(pk, sk)
        elif write.verb != "check":
            item = _after(write, standing)
            if size_of(item) > MOST_ITEM_BYTES:
                raise ValueError(f"{pk} {sk} is over 400 KB")
            self.table(name).put(pk, sk, item)
            if name.endswith("-journal"):
                self.stream.append(item)

    def _at(self, row: Any) -> Table:
        return self.table(row.Meta.table_name)

    def _read(self, send: str) -> None:
        if self.faults(send):
            raise db.Unavailable()


def _check_request(writes: Sequence[Write], places: Sequence[Any]) -> None:
    if not 1 <= len(writes) <= db.MOST_WRITES:
        raise ValueError(f"{len(writes)} writes in one transaction")
    if len(set(places)) != len(places):
        raise ValueError(f"one transaction touches an item twice: {sorted(map(str, places))}")


def _reason(write: Write, standing: Item | None) -> tuple[str | None, Any]:
    """DynamoDB shows the row that stood in the way of a put or an update, but not of a delete or a check."""
    if write.condition is None or holds(write.condition, standing):
        return None, None
    shown = standing is not None and write.verb in ("put", "update")
    return "ConditionalCheckFailed", type(write.row).from_raw_data(standing) if shown else None


def _after(write: Write, standing: Item | None) -> Item:
    if write.verb == "put":
        item: Item = write.row.serialize()
        return item
    return changed(standing if standing is not None else _keys_of(write.row), write.actions)


def _keys_of(row: Any) -> Item:
    keys = zip(db._keys(type(row)), _place(row))
    return {key.attr_name: {key.attr_type: key.serialize(value)} for key, value in keys}


def _place(row: Any) -> Place:
    return row.pk, row.sk


def _page(entries: Sequence[Any], options: QueryOptions, read: Callable[[Any], Any]) -> tuple[list[Any], bool]:
    """DynamoDB names a place to go on from whenever the limit was reached, even at the very end."""
    low, high = _bounds(entries, options)
    found = list(entries[low:high])
    if options.newest_first:
        found.reverse()
    if options.after is not None:
        at = read(options.after)
        found = [each for each in found if (each < at if options.newest_first else each > at)]
    page = found[: options.limit] if options.limit else found
    return page, bool(options.limit) and len(page) == options.limit


def _key(after: Item, name: str) -> Any:
    ((_, value),) = after[name].items()
    return value


def _bounds(entries: Sequence[Any], options: QueryOptions) -> tuple[int, int]:
    if options.begins is not None:
        return bisect_left(entries, (options.begins,)), bisect_left(entries, (options.begins + "\U0010ffff",))
    if options.between is not None:
        first, last = options.between
        return bisect_left(entries, (first,)), bisect_left(entries, (last + "\0",))
    return 0, len(entries)


def size_of(item: Item) -> int:
    return sum(len(name) + len(next(iter(typed.values()))) for name, typed in item.items() if "BOOL" not in typed)
