"""What one step touched, as a small world of its own: its orders with all that belongs to them, and its levels.

Only invariants that can be judged there are asked. Those that compare sums over the whole shop wait for the end, as do
those of what nobody can undo: what stands in the journal is the same then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from infra.invariants.check import INVARIANTS
from infra.invariants.world import ROOMS, Row, World, plain
from tests.proof.memory import Memory, Place
from tests.proof.table import Kept

ALONE = ("M2", "M6", "S2", "S6", "O1", "O3", "O5")
PREFIX = "test-"


def wrong(memory: Memory, touched: Iterable[Place], now: str) -> list[str]:
    world = around(memory, touched, now)
    return (
        [f"{name}: {words}" for name in ALONE for words in INVARIANTS[name](world)] if any(world.rows.values()) else []
    )


def around(memory: Memory, touched: Iterable[Place], now: str) -> World:
    orders, levels = {}, {}
    for table, pk, sk in touched:
        if sk == "level":
            levels[pk] = memory.tables[table].get(pk, sk)
        elif order_id := _order(memory, table, pk, str(sk)):
            orders[order_id] = True
    rows: dict[str, list[Row]] = {room: [] for room in ROOMS}
    rows["stock"] = [as_plain(level) for level in levels.values() if level is not None]
    for order_id in orders:
        for room, items in _of_order(memory, order_id):
            rows[room] += map(as_plain, items)
    return World(rows, now, "")


def _order(memory: Memory, table: str, pk: str, sk: str) -> str:
    if table == PREFIX + "journal":
        return pk.removeprefix("order#") if pk.startswith("order#") else ""
    if table == PREFIX + "payments" and sk == "payment":
        payment = memory.tables[table].get(pk, sk)
        return str(payment["order_id"]["S"]) if payment else ""
    return pk if pk.startswith("ord_") and sk != "draft" else ""


def _of_order(memory: Memory, order_id: str) -> Iterator[tuple[str, Iterable[Kept]]]:
    beside = memory.tables[PREFIX + "orders"].rows.get(order_id, {})
    order = beside.get("order")
    payments = order["payment_ids"]["S"].split(",") if order and "payment_ids" in order else []
    found = (memory.tables[PREFIX + "payments"].get(payment, "payment") for payment in payments)
    yield "orders", beside.values()
    yield "payments", [payment for payment in found if payment]
    yield "journal", memory.tables[PREFIX + "journal"].rows.get(f"order#{order_id}", {}).values()


def as_plain(item: Kept) -> Row:
    if item.plain is None:
        item.plain = plain(item)
    return item.plain  # type: ignore[no-any-return]
