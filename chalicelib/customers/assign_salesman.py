"""Assign a customer to a salesman, or take the customer from them. Several salesmen may share a customer."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.customers.find import load_customer
from chalicelib.customers.model import Customer, NotASalesman, SalesmanAssigned, SalesmanUnassigned
from chalicelib.customers.store import customer_staff_key, link_staff, unlink_staff, update_customer
from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import Write
from chalicelib.places.find import find_staff_uncached


@db.retry_on_conflict
def assign_salesman(customer_id: str, staff_id: str, actor: str) -> None:
    """Make the customer one of this salesman; assigning twice changes nothing. Raises NotFound and NotASalesman."""
    customer = load_customer(customer_id)
    person = find_staff_uncached(staff_id)
    if person is None or not person.active or person.role != "salesman":
        raise NotASalesman(("staff_id", "is not an active salesman"), staff=staff_id)
    if not is_linked(customer_id, staff_id):
        change_link(customer, link_staff(customer_id, staff_id), SalesmanAssigned(customer_id, staff_id), actor)


@db.retry_on_conflict
def unassign_salesman(customer_id: str, staff_id: str, actor: str) -> None:
    """Take the customer from a member of staff, also where a sale made it theirs; repeating it changes nothing.

    They keep the orders that they placed or claimed. Raises NotFound.
    """
    customer = load_customer(customer_id)
    if is_linked(customer_id, staff_id):
        change_link(customer, unlink_staff(customer_id, staff_id), SalesmanUnassigned(customer_id, staff_id), actor)


def is_linked(customer_id: str, staff_id: str) -> bool:
    key = customer_staff_key(customer_id, staff_id)
    return db.get(key.row, key.pk, key.sk) is not None


def change_link(customer: Customer, link: Write, event: SalesmanAssigned | SalesmanUnassigned, actor: str) -> None:
    entry, head = journal.append_event(f"customer#{customer.id}", event, after=customer, actor=actor, at=clock.now())
    db.commit([link, update_customer(replace(customer, **vars(head)), customer.version), entry])
