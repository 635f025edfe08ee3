"""Customers that tests speak of; they say only what matters to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.customers import find
from chalicelib.customers.keep import keep_customer
from chalicelib.customers.model import Customer
from chalicelib.customers.reach import contact
from chalicelib.customers.recognise import recognise
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import ANYONE, Principal
from chalicelib.kit.money import Money

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CASHIER = Principal("cashier", "cashier-rina", "toko-darmo")
PHONE, EMAIL = "+6281252981234", "sari@example.com"


def it_is(now: datetime) -> datetime:
    clock.source = lambda: now
    return now


def rupiah(minor: int) -> Money:
    return Money(minor, "IDR")


def a_customer(customer_id: str = "cus_sari", **said: Any) -> Customer:
    return replace(Customer(customer_id, "Sari", phone=PHONE), **said)


def kept(customer: Customer, **also: Any) -> Customer:
    keep_customer(customer, "owner-ani", **also)
    return find.customer(customer.id)


def ordering(who: Principal = ANYONE, name: str = "Sari", phone: str = "", email: str = "") -> str:
    """What placing does with whoever orders, without the order."""
    said = contact(name, phone, email)
    customer_id, writes = recognise(said, db.batch(find.identity_keys(said)), who, at=clock.now())
    if writes:
        db.commit(writes)
    return customer_id


def told(customer_id: str) -> list[str]:
    return [entry.kind for entry in journal.history(f"customer#{customer_id}")]
