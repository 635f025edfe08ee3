"""`kit.db`'s engine in memory: the same reads, one conditional transaction, the same refusals, and faults on demand.

Items are kept as they would travel, so a room's own reading and writing of them takes part; but each is read only once,
and whoever reads the same item is given the same row. `snapshot` and `put_back` are cheap: items never change in place.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.kit import db
from chalicelib.kit.db import INDEX_KEYS, Blocked, Key, Page, QueryOptions, Write
from tests.verification.simulator.expressions import Typed, changed, holds
from tests.verification.simulator.table import Kept, Sort, Table, one_page

Item = Kept
Place = tuple[str, str, Sort]  # table, pk, sk
MOST_ITEM_BYTES = 400 * 1024
Faults = Callable[[str], str]  # what happens to this send: "" or, by its kind, one of these

# `resent`: it was lost on its way, or a busy store sent it back, and botocore sends it again. The last four happen
# after the commit: its reply is lost and nobody resends; or botocore does, and the token is known, or forgotten by
# then; or the network brings it twice.
SEND_FAULTS = ("resent", "refused", "throttled", "conflict", "lost", "answered again", "forgotten", "doubled")
READ_FAULTS = ("resent", "refused")
PASSING = {"conflict": "TransactionConflict", "throttled": "ThrottlingError"}


class Tables(dict[str, Table]):
    """Each comes into being when it is first asked for."""

    def __missing__(self, name: str) -> Table:
        return self.setdefault(name, Table())

    def copy(self) -> Tables:
        return Tables({name: table.copy() for name, table in self.items()})


class Memory:
    """`stream` holds every new journal entry in the order of the commits; `touched` every place written since somebody
    emptied it."""

    def __init__(self, faults: Faults = lambda send: "") -> None:
        self.tables = Tables()
        self.stream: list[Item] = []
        self.touched: set[Place] = set()
        self.tokens: dict[str, list[Place]] = {}
        self.faults = faults

    def snapshot(self) -> Tables:
        return self.tables.copy()

    def put_back(self, kept: Tables) -> None:
        self.tables, self.stream = kept.copy(), []
        self.touched, self.tokens = set(), {}

    def copy(self) -> Memory:
        other = Memory(self.faults)
        other.tables, other.stream, other.tokens = self.tables.copy(), list(self.stream), dict(self.tokens)
        return other

    def items(self, table: str) -> list[Item]:
        return [item for rows in self.tables[table].rows.values() for item in rows.values()]

    def get(self, key: Key, consistent: bool) -> Any:
        self._read("get")
        item = self._at(key.row).get(key.pk, key.sk)
        return item.as_row(key.row) if item is not None else None

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        self._read("batch")
        found = [(key, self._at(key.row).get(key.pk, key.sk)) for key in keys]
        return {key: item.as_row(key.row) for key, item in found if item is not None}

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        self._read("query")
        if options.index:
            return self._listed(row, pk, options)
        table = self._at(row)
        found, more = one_page(table.order.get(pk, ()), options, str, lambda after: _key(after, "sk"))
        rows = table.rows.get(pk, {})
        return Page([rows[sk].as_row(row) for sk in found], _keys_of(row(pk, found[-1])) if more else None)

    def scan(self, row: Any, sk: str, after: Any) -> Page:
        self._read("scan")
        found = [item for item in self.items(row.Meta.table_name) if item["sk"]["S"] == sk]
        return Page([item.as_row(row) for item in found], None)

    def _listed(self, row: Any, name: str, options: QueryOptions) -> Page:
        hashed, ranged = INDEX_KEYS[options.index or ""]
        entries = self._at(row).index.get((options.index or "", name), ())
        found, more = one_page(entries, options, lambda word: (word,), lambda after: _place_in(ranged, after))
        keys = [Key(row, pk, sk) for _, pk, sk in found]
        rows = db.batch(keys)
        after = {hashed: {"S": name}, ranged: {"S": found[-1][0]}} | _keys_of(row(*found[-1][1:])) if more else None
        return Page([rows[key] for key in keys if key in rows], after)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        while (fault := self.faults("transact")) == "resent":
            pass
        if fault == "refused":
            raise db.Unavailable()
        if fault in PASSING:
            raise Blocked([(PASSING[fault], None), *[(None, None)] * (len(writes) - 1)])
        self._commit(writes, token)
        if fault == "lost":
            raise db.Unavailable()
        if fault == "forgotten":
            self.tokens.clear()
        if fault:
            self._commit(writes, token)

    def _commit(self, writes: Sequence[Write], token: str) -> None:
        places = [_place(write.row) for write in writes]
        _check_request(writes, places)
        if token in self.tokens:
            if self.tokens[token] != places:
                raise ValueError("a token was sent again with another transaction")
            return
        standing = [self.tables[name].get(pk, sk) for name, pk, sk in places]
        reasons = [_reason(write, item) for write, item in zip(writes, standing)]
        if any(code for code, _ in reasons):
            raise Blocked(reasons)
        for write, place, item in zip(writes, places, standing):
            self._apply(write, place, item)
        self.tokens[token] = places

    def _apply(self, write: Write, place: Place, standing: Item | None) -> None:
        name, pk, sk = place
        if write.verb == "check":
            return
        self.touched.add(place)
        if write.verb == "delete":
            self.tables[name].drop(pk, sk)
            return
        after = _after(write, standing)
        if len(marshal.dumps(after, 0)) > MOST_ITEM_BYTES and size_of(after) > MOST_ITEM_BYTES:  # quick, and longer
            raise ValueError(f"{pk} {sk} is over 400 KB")
        item = Kept.of(after)
        self.tables[name].put(pk, sk, item)
        if name.endswith("-journal"):
            self.stream.append(item)

    def _at(self, row: Any) -> Table:
        return self.tables[row.Meta.table_name]

    def _read(self, send: str) -> None:
        while fault := self.faults(send):
            if fault != "resent":
                raise db.Unavailable()


def _check_request(writes: Sequence[Write], places: Sequence[Place]) -> None:
    if not 1 <= len(writes) <= db.MOST_WRITES:
        raise ValueError(f"{len(writes)} writes in one transaction")
    if len(set(places)) != len(places):
        raise ValueError(f"one transaction touches an item twice: {sorted(map(str, places))}")


def _reason(write: Write, standing: Item | None) -> tuple[str | None, Any]:
    """DynamoDB shows the row that stood in the way of a put or an update, but not of a delete or a check."""
    if write.condition is None or holds(write.condition, standing):
        return None, None
    shown = standing is not None and write.verb in ("put", "update")
    return "ConditionalCheckFailed", standing.as_row(type(write.row)) if shown and standing is not None else None


def _after(write: Write, standing: Item | None) -> dict[str, Typed]:
    if write.verb == "put":
        return write.row.serialize()  # type: ignore[no-any-return]
    return changed(standing if standing is not None else _keys_of(write.row), write.actions)


def _keys_of(row: Any) -> dict[str, Any]:
    return db.stored_key(Key(type(row), row.pk, row.sk))


def _place(row: Any) -> Place:
    return row.Meta.table_name, row.pk, row.sk


def _place_in(ranged: str, after: Any) -> tuple[Any, ...]:
    return tuple(_key(after, name) for name in (ranged, "pk", "sk"))


def _key(after: Any, name: str) -> Any:
    ((_, value),) = after[name].items()
    return value


def size_of(item: dict[str, Typed]) -> int:
    size = 0
    for name, typed in item.items():
        for value in typed.values():
            size += len(name) + (1 if value is True or value is False else len(value))
    return size
