"""What all deeds of a simulated shop have in common: its people and places, and how they ask."""

from __future__ import annotations

from typing import Any

from chalicelib.customers.model import Contact
from chalicelib.fulfillment.model import Case
from chalicelib.fulfillment.store import load_case
from chalicelib.kit import requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.kit.requests import Asked
from chalicelib.orders.model import Delivery, Order
from tests.shop import CUP, HERE, RARE, TEAPOT, TRAY, who
from tests.verification.simulator.sim import Sim

SKUS = (TEAPOT, CUP, RARE, TRAY)
VANS = ("salesman-budi", "salesman-dewi")
STORE, WAREHOUSES = "store-tunjungan", ("wh-surabaya", "wh-sidoarjo")
WORKERS = {"wh-surabaya": "warehouse-joko", STORE: "cashier-sinta", "van-budi": VANS[0], "van-dewi": VANS[1]}
DEBTORS = ("cus_makmur", "cus_jaya")
TO_SARI = Delivery("ship", None, {"street": "Jl. Kenanga 5", "country": "ID"}, HERE.as_json())
SARI = Contact("Sari", "+6281252981234")
RECENT = 12  # orders that somebody still thinks of


def rupiah(amount: int) -> Money:
    return Money(amount, "IDR")


def agent() -> Principal:
    return who("agent-lia")


def owner() -> Principal:
    return who("owner-ratna")


def asked(by: Principal, key: str, body: Any) -> Asked:
    return requests.asked(by.actor, "sim", key, body)


def an_order_of(sim: Sim, having: str = "", **being: str) -> Case:
    """One of the latest; of those that have such a row beside them, where there are any."""
    if not sim.orders:
        raise NotFound()
    recent = sim.orders[-RECENT:]
    if having:
        rows = sim.memory.tables["test-orders"].rows
        recent = [each for each in recent if _has(rows.get(each, {}), having, being)] or recent
    with sim.undisturbed():
        return load_case(sim.chance.choice(recent))


def _has(rows: dict[Any, Any], having: str, being: dict[str, str]) -> bool:
    found = [row for sk, row in rows.items() if str(sk).startswith(having)]
    return any(all(row[name]["S"] == value for name, value in being.items()) for row in found)


def name(order: Order) -> str:
    return order.id[-6:]
