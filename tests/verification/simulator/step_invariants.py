"""What one step touched, as a small world of its own: its orders with all that belongs to them, and its levels.

Only invariants that can be judged there are asked. Those that compare sums over the whole shop wait for the end, as do
those of what nobody can undo: what stands in the journal is the same then.
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
Tables = Mapping[str, Any]  # each has its rows by both keys
RowReader = Callable[[Any], Row]


def find_violations(tables: Tables, touched: Iterable[ItemKey], now: str, read: RowReader) -> list[str]:
    world = build_local_snapshot(tables, touched, now, read)
    return (
        [f"{name}: {words}" for name in LOCAL_INVARIANTS for words in INVARIANTS[name](world)]
        if any(world.rows.values())
        else []
    )


def build_local_snapshot(tables: Tables, touched: Iterable[ItemKey], now: str, read: RowReader) -> Snapshot:
    orders, levels = {}, {}
    for table, pk, sk in touched:
        if sk == "level":
            levels[pk] = _find_item(tables, table, pk, sk)
        elif order_id := _find_order_id(tables, table, pk, str(sk)):
            orders[order_id] = True
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    rows["stock"] = [read(level) for level in levels.values() if level is not None]
    for order_id in orders:
        for room, items in _items_of_order(tables, order_id):
            rows[room] += map(read, items)
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
    beside = tables[PREFIX + "orders"].rows.get(order_id, {})
    order = beside.get("order")
    payments = order["payment_ids"]["S"].split(",") if order and "payment_ids" in order else []
    found = (_find_item(tables, PREFIX + "payments", payment, "payment") for payment in payments)
    yield "orders", beside.values()
    yield "payments", [payment for payment in found if payment]
    yield "journal", tables[PREFIX + "journal"].rows.get(f"order#{order_id}", {}).values()


def item_to_plain_row(item: Item) -> Row:
    """Read once, for items never change."""
    if item.plain_row is None:
        item.plain_row = item_to_row(item)
    return item.plain_row  # type: ignore[no-any-return]
