"""A dry run: use cases read and commit as always, and see what they committed, but nothing reaches the tables.

with db.use_engine(DryRunEngine(db.current_engine())):
    place(command)  # raises every refusal that it would raise, also those of the conditions of its writes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pynamodb.expressions.update import Update

from chalicelib.kit import expressions
from chalicelib.kit.db import (
    INDEX_KEYS,
    Engine,
    Key,
    Operation,
    Page,
    QueryOptions,
    Reason,
    TransactionCancelled,
    Write,
    stored_key,
)

Item = Mapping[str, Any]  # a row in DynamoDB's JSON: {"name": {"S": "text"}}
ItemKey = tuple[str, str, Any]  # table, pk, sk
INDEXES = tuple(INDEX_KEYS.items())


class DryRunEngine:
    """An engine that reads from another one and stores writes in memory only.

    Transactions are decided one after the other, as if there were no other caller. `cache` holds values derived from
    rows that the process caches otherwise.
    """

    def __init__(self, base: Engine) -> None:
        self.base = base
        self.items: dict[ItemKey, Item | None] = {}  # as written; None is deleted
        self.keys_of: dict[tuple[str, str, str], set[ItemKey]] = {}  # by table, index ("" for none) and partition
        self.cache: dict[str, Any] = {}

    def get(self, key: Key, consistent: bool) -> Any:
        return self.batch([key]).get(key) if _item_key(key) in self.items else self.base.get(key, consistent)

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        stored = [key for key in keys if _item_key(key) not in self.items]
        rows = self.base.batch(stored) if stored else {}
        written = {key: item for key in keys if (item := self.items.get(_item_key(key))) is not None}
        return rows | {key: key.row.from_raw_data(dict(item)) for key, item in written.items()}

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        """Return a page of the base engine, or all rows in one page where something was written."""
        written = self._find_written(row, pk, options)
        if not written or options.after:
            return self.base.query(row, pk, options)
        rows = {(stored.pk, stored.sk): stored for stored in self._query_base(row, pk, options)}
        rows |= {key: row.from_raw_data(dict(item)) if item is not None else None for key, item in written.items()}
        names = INDEX_KEYS[options.index] if options.index else ("pk", "sk")
        selected = [item for item in rows.values() if item is not None and _is_selected(item, names, pk, options)]
        selected.sort(key=lambda item: getattr(item, names[1]), reverse=options.newest_first)
        return Page(selected[: options.limit], None)

    def _find_written(self, row: Any, pk: str, options: QueryOptions) -> dict[tuple[str, Any], Item | None]:
        """Return the written rows that the result may have, or must no longer have."""
        keys = self.keys_of.get((row.Meta.table_name, options.index or "", pk), ())
        return {key[1:]: self.items[key] for key in keys}

    def _query_base(self, row: Any, pk: str, options: QueryOptions) -> Iterable[Any]:
        all_rows = QueryOptions(options.begins_with, options.between, options.index)
        page = self.base.query(row, pk, all_rows)
        yield from page.items
        while page.after:
            page = self.base.query(row, pk, replace(all_rows, after=page.after))
            yield from page.items

    def scan(self, row: Any, sk: str, after: Any) -> Page:
        raise NotImplementedError("a dry run does not read whole tables")

    def transact(self, writes: Sequence[Write], token: str) -> None:
        keys = [Key(type(write.row), write.row.pk, write.row.sk) for write in writes]
        stored = self.batch(keys)
        before = [stored[key].serialize() if key in stored else None for key in keys]
        reasons = [_find_reason(write, item, stored.get(key)) for write, item, key in zip(writes, before, keys)]
        if any(code for code, _ in reasons):
            raise TransactionCancelled(reasons)
        for write, item, key in zip(writes, before, keys):
            if write.operation != Operation.CHECK:
                self._write(_item_key(key), _item_after(write, item, key))

    def _write(self, key: ItemKey, item: Item | None) -> None:
        self.items[key] = item
        partitions = {"": key[1]} | {index: (item or {}).get(names[0], {}).get("S") for index, names in INDEXES}
        for index, partition in partitions.items():
            if partition:
                self.keys_of.setdefault((key[0], index, partition), set()).add(key)


def _item_key(key: Key) -> ItemKey:
    return key.row.Meta.table_name, key.pk, key.sk


def _is_selected(row: Any, names: tuple[str, str], pk: str, options: QueryOptions) -> bool:
    sort_key = getattr(row, names[1])
    if getattr(row, names[0]) != pk or sort_key is None:
        return False
    if options.begins_with is not None:
        return str(sort_key).startswith(options.begins_with)
    return options.between is None or bool(options.between[0] <= sort_key <= options.between[1])


def _find_reason(write: Write, item: Item | None, row: Any) -> Reason:
    if write.condition is None:
        return None, None
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    text = write.condition.serialize(names, values)
    bound = {placeholder: name for name, placeholder in names.items()} | values
    if expressions.parse_condition(text)(item or {}, bound):
        return None, None
    has_row = write.operation in (Operation.PUT, Operation.UPDATE)  # DynamoDB returns no row of other operations
    return "ConditionalCheckFailed", row if has_row else None


def _item_after(write: Write, item: Item | None, key: Key) -> Item | None:
    if write.operation == Operation.DELETE:
        return None
    if write.operation == Operation.PUT:
        return dict(write.row.serialize())
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    text = Update(*write.actions).serialize(names, values) or ""
    bound = {placeholder: name for name, placeholder in names.items()} | values
    return expressions.apply_update(item or stored_key(key), text, bound)
