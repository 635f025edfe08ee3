"""Checks the invariants on what one step wrote: the affected orders with all their rows, and the stock levels.

Only invariants that hold for a part of the shop are checked. Those that compare sums over the whole shop are checked at
the end, as are those about journal entries, which never change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.kit.packages import TABLES
from infra.invariants.check import INVARIANTS
from infra.invariants.snapshot import Row, Snapshot, item_to_row
from tests.verification.simulator.store import Item, ItemKey

LOCAL_INVARIANTS = ("M2", "M6", "S2", "S6", "O1", "O3", "O5")
PREFIX = "test-"
Tables = Mapping[str, Any]  # with `rows` by both keys
RowReader = Callable[[Any], Row]


def find_violations(tables: Tables, written_keys: Iterable[ItemKey], now: str, read: RowReader) -> list[str]:
    snapshot = build_local_snapshot(tables, written_keys, now, read)
    return (
        [f"{name}: {message}" for name in LOCAL_INVARIANTS for message in INVARIANTS[name](snapshot)]
        if any(snapshot.rows.values())
        else []
    )


def build_local_snapshot(tables: Tables, written_keys: Iterable[ItemKey], now: str, read: RowReader) -> Snapshot:
    orders, levels = {}, {}
    for table_name, pk, sk in written_keys:
        if sk == "level":
            levels[pk] = _find_item(tables, table_name, pk, sk)
        elif order_id := _find_order_id(tables, table_name, pk, str(sk)):
            orders[order_id] = True
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    rows["stock"] = [read(level) for level in levels.values() if level is not None]
    for order_id in orders:
        for table, items in _items_of_order(tables, order_id):
            rows[table] += map(read, items)
    return Snapshot(rows, now, "")


def _find_item(tables: Tables, table: str, pk: str, sk: Any) -> Any:
    rows = tables[table].rows.get(pk)
    return rows.get(sk) if rows is not None else None


def _find_order_id(tables: Tables, table: str, pk: str, sk: str) -> str:
    if table == PREFIX + "journal":
        return pk.removeprefix("order#") if pk.startswith("order#") else ""
    if table == PREFIX + "payments" and sk == "payment":
        payment = _find_item(tables, table, pk, sk)
        return str(payment["order_id"]["S"]) if payment else ""
    return pk if pk.startswith("ord_") and sk != "draft" else ""


def _items_of_order(tables: Tables, order_id: str) -> Iterator[tuple[str, Iterable[Any]]]:
    rows = tables[PREFIX + "orders"].rows.get(order_id, {})
    order = rows.get("order")
    payments = order["payment_ids"]["S"].split(",") if order and "payment_ids" in order else []
    payment_items = (_find_item(tables, PREFIX + "payments", payment, "payment") for payment in payments)
    yield "orders", rows.values()
    yield "payments", [payment for payment in payment_items if payment]
    yield "journal", tables[PREFIX + "journal"].rows.get(f"order#{order_id}", {}).values()


def item_to_plain_row(item: Item) -> Row:
    """Convert an item and cache the row, as items never change."""
    if item.plain_row is None:
        item.plain_row = item_to_row(item)
    return item.plain_row  # type: ignore[no-any-return]
