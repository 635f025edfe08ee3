"""Reads of customers. Reads by id are strongly consistent; lists by phone or e-mail are eventually consistent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.customers import contact_details
from chalicelib.customers.model import Contact, Credit, Customer, Identity, NoSuchCustomer, join_exposure
from chalicelib.customers.store import (
    CreditRow,
    CustomerRow,
    CustomerWordRow,
    credit_key,
    customer_key,
    customer_staff_key,
    identity_key,
    list_words_of,
    row_to_credit,
    row_to_customer,
    row_to_identity,
    word_pk,
)
from chalicelib.kit import db, search_text
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Key
from chalicelib.kit.email_addresses import normalize_email
from chalicelib.kit.errors import NotFound
from chalicelib.kit.phone_numbers import normalize_phone
from chalicelib.kit.policy import Relation

WORD_PAGE_SIZE = 100  # customers whose names share the first letters of a word


def load_customer(customer_id: str) -> Customer:
    """Return the customer as stored, merged or not; `resolve_merged` follows the pointer. Raises NotFound."""
    row = db.get(CustomerRow, customer_id, "customer")
    if row is None:
        raise NotFound()
    return row_to_customer(row)


def check_customer_exists(customer_id: str, field: str = "customer") -> None:
    """Raise NoSuchCustomer for an unknown id; an empty one is allowed."""
    if customer_id and db.get(CustomerRow, customer_id, "customer") is None:
        raise NoSuchCustomer((field, "is not one of ours"), customer=customer_id)


def find_reached(principal: Principal, customer_ids: Iterable[str]) -> set[str]:
    """Return which of these customers the caller reaches at the endpoint, with one batch read at most."""
    if Relation.ALL in principal.relations:
        return set(customer_ids)
    if Relation.CUSTOMERS not in principal.relations:
        return set()
    return {key.pk for key in db.batch(customer_staff_key(customer_id, principal.id) for customer_id in customer_ids)}


def filter_reached(principal: Principal, customers: Sequence[Customer]) -> list[Customer]:
    """Return the customers that the caller reaches, also through a customer merged into them."""
    reached = find_reached(principal, {merged_id for item in customers for merged_id in (item.id, *item.absorbed)})
    return [item for item in customers if not reached.isdisjoint((item.id, *item.absorbed))]


def require_reach(principal: Principal, customer_id: str) -> None:
    """Raise NotFound unless the caller reaches the customer. Reads nothing for callers who reach all."""
    if Relation.ALL not in principal.relations and not filter_reached(principal, [load_customer(customer_id)]):
        raise NotFound()


def resolve_merged(customer_id: str) -> Customer:
    """Return the customer, or the one it was merged into.

    One step is enough, because a merged customer cannot absorb another.
    """
    customer = load_customer(customer_id)
    return load_customer(customer.merged_into) if customer.merged_into else customer


def merged_ids(customer_id: str) -> list[str]:
    """Return the customer's id and the ids merged into it, whose orders and receivables it owns. Raises NotFound."""
    return [customer_id, *load_customer(customer_id).absorbed]


def find_credit(customer_id: str) -> Credit | None:
    row = db.get(CreditRow, customer_id, "credit")
    return row_to_credit(row) if row is not None else None


def load_customer_and_credit(customer_id: str) -> tuple[Customer, Credit | None]:
    """Return the customer and its credit, if any, with one read. Raises NotFound."""
    rows = db.batch([customer_key(customer_id), credit_key(customer_id)])
    if customer_key(customer_id) not in rows:
        raise NotFound()
    credit_row = rows.get(credit_key(customer_id))
    credit = row_to_credit(credit_row) if credit_row is not None else None
    return row_to_customer(rows[customer_key(customer_id)]), credit


def load_merged(customer: Customer) -> tuple[list[Customer], list[Credit]]:
    """Return the customers merged into this one, and their credits."""
    rows = db.batch(key(merged_id) for merged_id in customer.absorbed for key in (customer_key, credit_key))
    customers = [row_to_customer(row) for key, row in rows.items() if key.row is CustomerRow]
    return customers, [row_to_credit(row) for key, row in rows.items() if key.row is CreditRow]


def load_customer_and_joint_credit(customer_id: str) -> tuple[Customer, Credit | None]:
    """Return the customer and its credit, with the exposure of customers merged into it. Raises NotFound."""
    customer, credit = load_customer_and_credit(customer_id)
    return customer, join_exposure(credit, load_merged(customer)[1]) if credit else None


def identity_keys(contact: Contact) -> list[Key]:
    """Return the keys of the contact's identities.

    Order placement adds them to its batch read and passes the rows to `identify_customer`.
    """
    return [identity_key(kind, value) for kind, value in contact_details.list_identities(contact.phone, contact.email)]


def load_identities(pairs: Iterable[tuple[str, str]]) -> list[Identity]:
    """Return the stored identities of (kind, value) pairs."""
    return [row_to_identity(row) for row in db.batch(identity_key(*pair) for pair in pairs).values()]


def list_by_phone(phone: str) -> list[Customer]:
    """Return the customers with this number, verified or not, newest first. For staff only."""
    return _list_by_index("by_owner", f"phone#{normalize_phone(phone) or phone}")


def list_by_email(email: str) -> list[Customer]:
    """Return the customers with this e-mail address, verified or not, newest first. For staff only."""
    return _list_by_index("by_list", f"email#{normalize_email(email) or email}")


def list_by_name(
    q: str, limit: int = 50, after: dict[str, Any] | None = None
) -> tuple[list[Customer], dict[str, Any] | None]:
    """Return a page of the customers saved by staff whose name or company has every word of `q`, newest first, and the
    cursor of the next page.

    A word may be written in part, without accents or quotation marks. Guests are not listed; search for their orders.
    An empty page has no next one. For staff only.
    """
    wanted = search_text.list_words(q)
    if not wanted:
        return [], None
    term = word_pk(max(wanted, key=len))
    while True:
        page = db.query(CustomerWordRow, term, newest_first=True, limit=WORD_PAGE_SIZE, after=after)
        matches = [item for item in _load_customers_of(page.items) if has_words(item, wanted)]
        if len(matches) > limit:
            return matches[:limit], {"pk": {"S": term}, "sk": {"S": matches[limit - 1].id}}
        if matches or page.after is None:
            return matches, page.after
        after = page.after


def _load_customers_of(words: Sequence[CustomerWordRow]) -> list[Customer]:
    """Return the customers of rows of the word index, in the same order."""
    rows = db.batch(customer_key(row.sk) for row in words)
    return [row_to_customer(rows[key]) for row in words if (key := customer_key(row.sk)) in rows]


def has_words(customer: Customer, wanted: list[str]) -> bool:
    return search_text.has_prefixes(list_words_of(customer), wanted)


def _list_by_index(index: str, value: str) -> list[Customer]:
    return [row_to_customer(row) for row in db.query_all(CustomerRow, value, index=index, newest_first=True)]
