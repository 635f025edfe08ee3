"""Builders of customers with defaults; a test passes only the fields that it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.customers import find
from chalicelib.customers.contact_details import parse_contact
from chalicelib.customers.identify_customer import identify_customer
from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import ANYONE, Principal
from chalicelib.kit.money import Money

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CASHIER = Principal("cashier", "cashier-rina", "toko-darmo")
PHONE, EMAIL = "+6281252981234", "sari@example.com"


def set_clock(now: datetime) -> datetime:
    clock.source = lambda: now
    return now


def rupiah(minor: int) -> Money:
    return Money(minor, "IDR")


def a_customer(customer_id: str = "cus_sari", **fields: Any) -> Customer:
    return replace(Customer(customer_id, "Sari", phone=PHONE), **fields)


def a_saved_customer(customer: Customer, **kwargs: Any) -> Customer:
    save_customer(customer, "owner-ani", **kwargs)
    return find.load_customer(customer.id)


def identify_orderer(principal: Principal = ANYONE, name: str = "Sari", phone: str = "", email: str = "") -> str:
    """Identify or create the customer as order placement does, without an order; return the id."""
    contact = parse_contact(name, phone, email)
    rows = db.batch(find.identity_keys(contact))
    customer_id, writes = identify_customer(contact, rows, principal, now=clock.now())
    if writes:
        db.commit(writes)
    return customer_id


def list_event_kinds(customer_id: str) -> list[str]:
    return [entry.kind for entry in journal.history(f"customer#{customer_id}")]
