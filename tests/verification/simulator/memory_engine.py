"""An in-memory engine for `kit.db`: the same reads, conditional transactions and errors, and injected faults.

Rows are converted by PynamoDB's own serialization, conditions and updates to the expressions that PynamoDB would send.
An item is converted to a row once; all readers get the same row.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from pynamodb.expressions.update import Update

from chalicelib.kit import db
from chalicelib.kit.db import Key, Page, QueryOptions, TransactionCancelled, Write
from chalicelib.kit.expressions import attribute_to_python
from tests.verification.simulator.store import (
    Cancelled,
    Change,
    ItemKey,
    KeyEntry,
    SortKey,
    Store,
    Table,
    keys_to_item,
    paginate,
)

FaultInjector = Callable[[str], str]  # operation → "" or one of the faults below

# `resent`: the request was lost or throttled, and botocore sends it again. The last four happen after the commit: the
# reply is lost and the request is not resent; or botocore resends it, and the token is known or has expired; or the
# network delivers the request twice.
SEND_FAULTS = ("resent", "refused", "throttled", "conflict", "lost", "answered again", "forgotten", "doubled")
READ_FAULTS = ("resent", "refused")
TRANSIENT_ERRORS = {"conflict": "TransactionConflict", "throttled": "ThrottlingError"}


class MemoryEngine(Store):
    def __init__(self, inject_fault: FaultInjector = lambda send: "") -> None:
        super().__init__()
        self.inject_fault = inject_fault

    def get(self, key: Key, consistent: bool) -> Any:
        self._read("get")
        item = self._table(key.row).get(key.pk, key.sk)
        return item.to_row(key.row) if item is not None else None

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        self._read("batch")
        items = [(key, self._table(key.row).get(key.pk, key.sk)) for key in keys]
        return {key: item.to_row(key.row) for key, item in items if item is not None}

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        self._read("query")
        return self._query_index(row, pk, options) if options.index else self._query_table(row, pk, options)

    def _query_table(self, row: Any, pk: str, options: QueryOptions) -> Page:
        table = self._table(row)
        order, rows = table.sort_keys.get(pk, []), table.rows.get(pk, {})
        after = attribute_to_python(options.after[table.keys.range]) if options.after else None
        within = _bounds(order, options, lambda sort: sort)
        page, has_more = paginate(order, within, after, options.newest_first, options.limit)
        last = keys_to_item(table.keys, (pk, page[-1])) if has_more else None
        return Page([rows[sk].to_row(row) for sk in page], last)

    def _query_index(self, row: Any, value: str, options: QueryOptions) -> Page:
        """Query keys from the index, then read the current rows, as the indexes project keys only."""
        table, index = self._table(row), options.index or ""
        names = [*table.indexes[index], *table.keys]
        entries = table.index_entries.get((index, value), [])
        after = KeyEntry(*(attribute_to_python(options.after[name]) for name in names[1:])) if options.after else None
        within = _bounds(entries, options, lambda sort: (sort,))
        page, has_more = paginate(entries, within, after, options.newest_first, options.limit)
        rows = db.batch([Key(row, entry.pk, entry.sk) for entry in page])
        return Page(list(rows.values()), keys_to_item(names, (value, *page[-1])) if has_more else None)

    def scan(self, row: Any, sk: str, after: Any) -> Page:
        self._read("scan")
        items = (item for item in self.items(row.Meta.table_name) if attribute_to_python(item[row.sk.attr_name]) == sk)
        return Page([item.to_row(row) for item in items], None)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        while (fault := self.inject_fault("transact")) == "resent":
            pass
        if fault == "refused":
            raise db.Unavailable()
        if fault in TRANSIENT_ERRORS:
            raise TransactionCancelled([(TRANSIENT_ERRORS[fault], None), *[(None, None)] * (len(writes) - 1)])
        changes = [write_to_change(write) for write in writes]
        self._commit(writes, changes, token)
        if fault == "lost":
            raise db.Unavailable()
        if fault == "forgotten":
            self.tokens.clear()
        if fault:
            self._commit(writes, changes, token)

    def _commit(self, writes: Sequence[Write], changes: Sequence[Change], token: str) -> None:
        try:
            self.commit(changes, token)
        except Cancelled as error:
            reasons = zip(writes, error.reasons)
            raise TransactionCancelled(
                [(code, item and item.to_row(type(write.row))) for write, (code, item) in reasons]
            ) from None

    def _table(self, row: Any) -> Table:
        return self.tables[row.Meta.table_name]

    def _read(self, send: str) -> None:
        while fault := self.inject_fault(send):
            if fault != "resent":
                raise db.Unavailable()


def write_to_change(write: Write) -> Change:
    """Convert a write. DynamoDB returns the conflicting item of a put or an update, but not of a delete or a check."""
    row, names, values = write.row, dict[str, str](), dict[str, Any]()
    key: ItemKey = (row.Meta.table_name, row.pk, row.sk)
    condition = write.condition.serialize(names, values) if write.condition is not None else ""
    update = Update(*write.actions).serialize(names, values) or "" if write.operation == "update" else ""
    bound = {placeholder: name for name, placeholder in names.items()} | values
    item = row.serialize() if write.operation == "put" else _key_item(row) if write.operation == "update" else {}
    return Change(
        write.operation, key, item, condition, update, bound, returns_old_item=write.operation in ("put", "update")
    )


def _key_item(row: Any) -> dict[str, Any]:
    kind = type(row)
    return keys_to_item((kind.pk.attr_name, kind.sk.attr_name), (row.pk, row.sk))


def _bounds(entries: Sequence[Any], options: QueryOptions, to_entry: Callable[[SortKey], Any]) -> tuple[int, int]:
    """Return the range of entries that the options select.

    `to_entry` converts a sort key to a value that sorts just before its entries.
    """
    if options.begins_with is not None:
        first, last = options.begins_with, options.begins_with + "\U0010ffff"
    elif options.between is not None:
        first, last = options.between[0], options.between[1] + "\0"
    else:
        return 0, len(entries)
    return bisect_left(entries, to_entry(first)), bisect_left(entries, to_entry(last))
