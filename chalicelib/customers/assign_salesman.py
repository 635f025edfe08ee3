"""Assign a customer to a salesman. Several salesmen may share a customer."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.customers.find import load_customer
from chalicelib.customers.model import SalesmanAssigned
from chalicelib.customers.store import customer_staff_key, link_staff, update_customer
from chalicelib.kit import clock, db, journal


@db.retry_on_conflict
def assign_salesman(customer_id: str, staff_id: str, actor: str) -> None:
    """Make the customer one of this member of staff; assigning twice changes nothing. Raises NotFound."""
    customer = load_customer(customer_id)
    key = customer_staff_key(customer_id, staff_id)
    if db.get(key.row, key.pk, key.sk) is not None:
        return
    event = SalesmanAssigned(customer_id, staff_id)
    entry, head = journal.append_event(f"customer#{customer_id}", event, after=customer, actor=actor, at=clock.now())
    db.commit(
        [link_staff(customer_id, staff_id), update_customer(replace(customer, **vars(head)), customer.version), entry]
    )
