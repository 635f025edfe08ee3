"""People, places and helpers that all actions of a simulated shop share."""

from __future__ import annotations

from typing import Any

from chalicelib.customers.model import Contact
from chalicelib.fulfillment.model import OrderFulfillment
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money
from chalicelib.orders.model import Delivery, Order
from tests.shop import CUP, HERE, RARE, TEAPOT, TRAY, principal_of
from tests.verification.simulator.sim import Sim

SKUS = (TEAPOT, CUP, RARE, TRAY)
SALESMEN = ("salesman-budi", "salesman-dewi")
STORE_LOCATION, WAREHOUSES = "store-tunjungan", ("wh-surabaya", "wh-sidoarjo")
WORKERS = {
    "wh-surabaya": "warehouse-joko",
    STORE_LOCATION: "cashier-sinta",
    "van-budi": SALESMEN[0],
    "van-dewi": SALESMEN[1],
}
DEBTORS = ("cus_makmur", "cus_jaya")
SHIP_TO_SARI = Delivery("ship", None, {"street": "Jl. Kenanga 5", "country": "ID"}, HERE.to_json())
SARI = Contact("Sari", "+6281252981234")
RECENT_ORDERS = 12  # actions choose among the latest orders


def rupiah(amount: int) -> Money:
    return Money(amount, "IDR")


def agent_principal() -> Principal:
    return principal_of("agent-lia")


def owner_principal() -> Principal:
    return principal_of("owner-ratna")


def build_idempotency_key(by: Principal, key: str, body: Any) -> IdempotencyKey:
    return idempotency.build_idempotency_key(by.actor, "sim", key, body)


def choose_recent_order(sim: Sim, row_prefix: str = "", **values: str) -> OrderFulfillment:
    """Return one of the latest orders.

    Orders with a row whose sort key begins with `row_prefix` and whose attributes equal `values` are preferred.
    """
    if not sim.orders:
        raise NotFound()
    recent = sim.orders[-RECENT_ORDERS:]
    if row_prefix:
        rows = sim.memory.tables["test-orders"].rows
        recent = [order_id for order_id in recent if _has_row(rows.get(order_id, {}), row_prefix, values)] or recent
    with sim.without_faults():
        return load_fulfillment_of_order(sim.rng.choice(recent))


def _has_row(rows: dict[Any, Any], row_prefix: str, values: dict[str, str]) -> bool:
    matching = [row for sk, row in rows.items() if str(sk).startswith(row_prefix)]
    return any(all(row[name]["S"] == value for name, value in values.items()) for row in matching)


def short_id(order: Order) -> str:
    return order.id[-6:]
