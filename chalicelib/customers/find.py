"""Reads for everyone above; decisions read consistently, lists by phone or e-mail may lag a moment."""

from __future__ import annotations

from chalicelib.customers import reach
from chalicelib.customers.model import Contact, Credit, Customer
from chalicelib.customers.store import (
    CreditRow,
    CustomerRow,
    as_credit,
    as_customer,
    credit_key,
    customer_key,
    identity_key,
)
from chalicelib.kit import db
from chalicelib.kit.db import Key
from chalicelib.kit.errors import NotFound


def customer(customer_id: str) -> Customer:
    """As written, merged away or not; `living` follows the pointer."""
    row = db.get(CustomerRow, customer_id, "customer")
    if row is None:
        raise NotFound()
    return as_customer(row)


def living(customer_id: str) -> Customer:
    """Whoever answers for this id now. One step is enough: nobody who is merged away can absorb another."""
    found = customer(customer_id)
    return customer(found.merged_into) if found.merged_into else found


def family(customer_id: str) -> list[str]:
    """The ids whose orders and receivables are his: his own and those merged into him."""
    return [customer_id, *customer(customer_id).absorbed]


def credit(customer_id: str) -> Credit | None:
    row = db.get(CreditRow, customer_id, "credit")
    return as_credit(row) if row is not None else None


def card(customer_id: str) -> tuple[Customer, Credit | None]:
    """One read of both; who owes what is known to payments."""
    found = db.batch([customer_key(customer_id), credit_key(customer_id)])
    if customer_key(customer_id) not in found:
        raise NotFound()
    standing = found.get(credit_key(customer_id))
    return as_customer(found[customer_key(customer_id)]), as_credit(standing) if standing is not None else None


def identity_keys(contact: Contact) -> list[Key]:
    """What placing an order adds to its one batch read, and hands to `recognise` with the rest of what it found."""
    return [identity_key(kind, value) for kind, value in reach.identities(contact.phone, contact.email)]


def by_phone(phone: str, limit: int = 50) -> list[Customer]:
    """Everyone who gave this number, proven or not: for staff, newest first."""
    return _listed("by_owner", f"phone#{reach.e164(phone) or phone}", limit)


def by_email(email: str, limit: int = 50) -> list[Customer]:
    return _listed("by_list", f"email#{reach.mailbox(email) or email}", limit)


def _listed(index: str, value: str, limit: int) -> list[Customer]:
    page = db.query(CustomerRow, value, index=index, newest_first=True, limit=limit)
    return [as_customer(row) for row in page.items]
