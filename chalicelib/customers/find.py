"""Reads for everyone above; decisions read consistently, lists by phone or e-mail may lag a moment."""

from __future__ import annotations

from chalicelib.customers import contact_details
from chalicelib.customers.model import Contact, Credit, Customer
from chalicelib.customers.store import (
    CreditRow,
    CustomerRow,
    credit_key,
    customer_key,
    identity_key,
    row_to_credit,
    row_to_customer,
)
from chalicelib.kit import db
from chalicelib.kit.db import Key
from chalicelib.kit.errors import NotFound


def load_customer(customer_id: str) -> Customer:
    """As written, merged away or not; `living` follows the pointer."""
    row = db.get(CustomerRow, customer_id, "customer")
    if row is None:
        raise NotFound()
    return row_to_customer(row)


def resolve_merged(customer_id: str) -> Customer:
    """Whoever answers for this id now. One step is enough: nobody who is merged away can absorb another."""
    found = load_customer(customer_id)
    return load_customer(found.merged_into) if found.merged_into else found


def merged_ids(customer_id: str) -> list[str]:
    """The ids whose orders and receivables are his: his own and those merged into him."""
    return [customer_id, *load_customer(customer_id).absorbed]


def find_credit(customer_id: str) -> Credit | None:
    row = db.get(CreditRow, customer_id, "credit")
    return row_to_credit(row) if row is not None else None


def load_customer_and_credit(customer_id: str) -> tuple[Customer, Credit | None]:
    """One read of both; who owes what is known to payments."""
    found = db.batch([customer_key(customer_id), credit_key(customer_id)])
    if customer_key(customer_id) not in found:
        raise NotFound()
    standing = found.get(credit_key(customer_id))
    return row_to_customer(found[customer_key(customer_id)]), row_to_credit(standing) if standing is not None else None


def identity_keys(contact: Contact) -> list[Key]:
    """What placing an order adds to its one batch read, and hands to `recognise` with the rest of what it found."""
    return [identity_key(kind, value) for kind, value in contact_details.list_identities(contact.phone, contact.email)]


def list_by_phone(phone: str, limit: int = 50) -> list[Customer]:
    """Everyone who gave this number, proven or not: for staff, newest first."""
    return _list_by_index("by_owner", f"phone#{contact_details.normalize_phone(phone) or phone}", limit)


def list_by_email(email: str, limit: int = 50) -> list[Customer]:
    return _list_by_index("by_list", f"email#{contact_details.normalize_email(email) or email}", limit)


def _list_by_index(index: str, value: str, limit: int) -> list[Customer]:
    page = db.query(CustomerRow, value, index=index, newest_first=True, limit=limit)
    return [row_to_customer(row) for row in page.items]
