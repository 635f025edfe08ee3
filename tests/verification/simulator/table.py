"""One table in memory: items by their keys in order, and two sparse indexes, as `kit.db` lays every table out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit.db import INDEX_KEYS, QueryOptions
from tests.verification.simulator.expressions import Typed

Sort = str | int
Listed = tuple[str, str, Sort]  # an index's own sort key, then the item's two
Name = tuple[str, str]  # an index and its partition


class Kept(dict[str, Typed]):
    """What stands at one place. It is never changed in place, so whatever is read out of it is read once."""

    __slots__ = ("plain", "rows")
    rows: dict[Any, Any]
    plain: Any

    @classmethod
    def of(cls, item: dict[str, Typed]) -> Kept:
        kept = cls(item)
        kept.rows, kept.plain = {}, None
        return kept

    def as_row(self, kind: Any) -> Any:
        row = self.rows.get(kind)
        if row is None:
            row = self.rows[kind] = kind.from_raw_data(self)
        return row


@dataclass
class Table:
    """A copy shares every partition with its origin until one of them changes it: both then `own` nothing."""

    rows: dict[str, dict[Sort, Kept]] = field(default_factory=dict)
    order: dict[str, list[Sort]] = field(default_factory=dict)
    index: dict[Name, list[Listed]] = field(default_factory=dict)
    own: set[str | Name] = field(default_factory=set)

    def get(self, pk: str, sk: Sort) -> Kept | None:
        rows = self.rows.get(pk)
        return rows.get(sk) if rows is not None else None

    def put(self, pk: str, sk: Sort, item: Kept) -> None:
        rows = self.rows[pk] if pk in self.own else self._partition(pk)
        before = rows.get(sk)
        rows[sk] = item
        if before is None:
            insort(self.order[pk], sk)
        self._list_anew(pk, sk, before, item)

    def drop(self, pk: str, sk: Sort) -> None:
        before = self._partition(pk).pop(sk, None)
        if before is not None:
            self.order[pk].remove(sk)
            self._list_anew(pk, sk, before, None)

    def _list_anew(self, pk: str, sk: Sort, before: Kept | None, after: Kept | None) -> None:
        if "listed_at" not in (before or ()) and "listed_at" not in (after or ()):
            return
        was, now = listed(pk, sk, before), listed(pk, sk, after)
        if was == now:
            return
        for name, entry in was.items():
            self._entries(name).remove(entry)
        for name, entry in now.items():
            insort(self._entries(name), entry)

    def _partition(self, pk: str) -> dict[Sort, Kept]:
        if pk not in self.own:
            self.own.add(pk)
            self.rows[pk], self.order[pk] = dict(self.rows.get(pk, ())), list(self.order.get(pk, ()))
        return self.rows[pk]

    def _entries(self, name: Name) -> list[Listed]:
        if name not in self.own:
            self.own.add(name)
            self.index[name] = list(self.index.get(name, ()))
        return self.index[name]

    def copy(self) -> Table:
        self.own = set()
        return Table(dict(self.rows), dict(self.order), dict(self.index))


def listed(pk: str, sk: Sort, item: Kept | None) -> dict[Name, Listed]:
    """Sparse: only what has both keys of an index is in it."""
    if item is None or "listed_at" not in item:
        return {}
    return {
        (name, item[hashed]["S"]): (item[ranged]["S"], pk, sk)
        for name, (hashed, ranged) in INDEX_KEYS.items()
        if hashed in item
    }


def one_page(
    entries: Sequence[Any], options: QueryOptions, as_entry: Callable[[str], Any], read: Callable[[Any], Any]
) -> tuple[list[Any], bool]:
    """`as_entry` makes of a sort key what sorts just before its entries. DynamoDB names a place to go on from whenever
    the limit was reached, even at the very end."""
    low, high = _bounds(entries, options, as_entry)
    if options.after is not None:
        at = read(options.after)
        if options.newest_first:
            high = min(high, bisect_left(entries, at))
        else:
            low = max(low, bisect_right(entries, at))
    count = max(0, high - low)
    if options.limit:
        count = min(count, options.limit)
    page = entries[high - count : high][::-1] if options.newest_first else entries[low : low + count]
    return list(page), bool(options.limit) and count == options.limit


def _bounds(entries: Sequence[Any], options: QueryOptions, as_entry: Callable[[str], Any]) -> tuple[int, int]:
    if options.begins is not None:
        first, last = options.begins, options.begins + "\U0010ffff"
    elif options.between is not None:
        first, last = options.between[0], options.between[1] + "\0"
    else:
        return 0, len(entries)
    return bisect_left(entries, as_entry(first)), bisect_left(entries, as_entry(last))
