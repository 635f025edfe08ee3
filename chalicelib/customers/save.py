"""Register a new customer, and create or update one from an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.customers import contact_details
from chalicelib.customers.model import Credit, Customer, CustomerSaved, Identity, IdentityTaken
from chalicelib.customers.store import (
    claim_identity,
    credit_key,
    customer_key,
    customer_to_row,
    delete_identity,
    identity_key,
    link_staff,
    row_to_credit,
    row_to_customer,
    row_to_identity,
    save_words,
    set_credit,
    update_customer,
)
from chalicelib.kit import clock, config, db, idempotency, ids, journal
from chalicelib.kit.db import Key, Write
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money, zero


@db.retry_on_conflict
def register_customer(customer: Customer, actor: str, idempotency_key: IdempotencyKey | None = None) -> Customer:
    """Create a customer with a new id and return it. Raises IdentityTaken if another has its phone or e-mail."""
    idempotency.check_repeat(idempotency_key)
    _check_identities_free(customer)
    now = clock.now()
    new = replace(customer, id=ids.new("cus", now))
    answer = idempotency.record_answer(idempotency_key, new.to_json())
    customer_writes = _save_and_journal(new, None, CustomerSaved(new.id), actor, now)
    db.commit([answer, *customer_writes, link_staff(new.id, actor), *_claim_free_identities(new, {})])
    return new


@db.retry_on_conflict
def save_customer(
    customer: Customer,
    actor: str,
    *,
    credit_limit: Money | None = None,
    opening_balance: Money | None = None,
    extra_writes: Sequence[Write] = (),
) -> bool:
    """Create or update a customer under its own id; return True if anything changed.

    `opening_balance` is an earlier debt, and `extra_writes` are writes that belong to it (the receivable). Both apply
    only when the credit is created, so that an import can be repeated. A phone number or e-mail address of another
    customer continues to identify that customer; one person has one limit, so a higher limit raises IdentityTaken then.
    """
    rows = db.batch([customer_key(customer.id), credit_key(customer.id), *_identity_keys(customer)])
    before = row_to_customer(row) if (row := rows.get(customer_key(customer.id))) else None
    credit = row_to_credit(row) if (row := rows.get(credit_key(customer.id))) else None
    after = _preserve_stored_fields(customer, before)
    granted = _build_credit(after, credit, credit_limit, opening_balance)
    _check_one_limit(after, credit, granted, rows)
    identities = _claim_new_identities(before, after, rows) + _delete_old_identities(before, after)
    if after == before and granted == credit and not identities:
        return False
    event = _build_saved_event(after, credit, granted)
    credit_writes = [set_credit(credit, granted)] if granted is not None and granted != credit else []
    first_writes = extra_writes if credit is None else ()
    customer_writes = _save_and_journal(after, before, event, actor, clock.now())
    db.commit([*customer_writes, *credit_writes, *identities, *first_writes])
    return True


def _check_identities_free(customer: Customer) -> None:
    for row in db.batch(_identity_keys(customer)).values():
        raise IdentityTaken(row_to_identity(row).kind, row.customer_id)


def _preserve_stored_fields(customer: Customer, before: Customer | None) -> Customer:
    """Return `customer` with the stored merge, verification and journal fields.

    A changed phone number or e-mail address loses its verification.
    """
    if before is None:
        return customer
    same_phone, same_email = customer.phone == before.phone, customer.email == before.email
    return replace(
        customer,
        merged_into=before.merged_into,
        absorbed=before.absorbed,
        phone_verified_at=before.phone_verified_at if same_phone else None,
        email_verified_at=before.email_verified_at if same_email else None,
        version=before.version,
        journal_hash=before.journal_hash,
    )


def _build_credit(
    customer: Customer, credit: Credit | None, limit: Money | None, opening: Money | None
) -> Credit | None:
    if limit is None and (opening is None or credit is not None):
        return credit
    exposure = credit.exposure if credit else opening or zero(config.currency())
    return Credit(customer.id, limit or zero(exposure.currency), exposure, customer.terms_days)


def _check_one_limit(customer: Customer, before: Credit | None, after: Credit | None, rows: Mapping[Key, Any]) -> None:
    """Raise IdentityTaken if the limit rises and the phone number or e-mail address is another customer's."""
    if after is None or after.limit.minor <= (before.limit.minor if before else 0):
        return
    for identity in (row_to_identity(rows[key]) for key in _identity_keys(customer) if key in rows):
        if identity.customer_id not in (customer.id, customer.merged_into):
            raise IdentityTaken(identity.kind, identity.customer_id)


def _claim_new_identities(before: Customer | None, after: Customer, rows: Mapping[Key, Any]) -> list[Write]:
    """Claim the customer's new identities. An identity that a guest gave for an order stays unclaimed."""
    same = {identity_key(*identity) for identity in (_identities(before) if before else [])}
    return _claim_free_identities(after, {**rows, **dict.fromkeys(same)})


def _claim_free_identities(customer: Customer, rows: Mapping[Key, Any]) -> list[Write]:
    free = [identity for identity in _identities(customer) if identity_key(*identity) not in rows]
    customer_id = customer.merged_into or customer.id
    return [claim_identity(Identity(kind, value, customer_id, customer.id)) for kind, value in free]


def _delete_old_identities(before: Customer | None, after: Customer) -> list[Write]:
    """Return the writes that delete the customer's identities of `before` that are not in `after`."""
    if before is None:
        return []
    removed = [identity for identity in _identities(before) if identity not in _identities(after)]
    stored = map(row_to_identity, db.batch(identity_key(*identity) for identity in removed).values())
    return [delete_identity(identity) for identity in stored if identity.original_customer_id == after.id]


def _build_saved_event(customer: Customer, credit: Credit | None, granted: Credit | None) -> CustomerSaved:
    if granted is None or granted == credit:
        return CustomerSaved(customer.id)
    previous_minor = credit.limit.minor if credit else 0
    return CustomerSaved(customer.id, granted.limit.minor, previous_minor, granted.limit.currency)


def _save_and_journal(
    after: Customer, before: Customer | None, event: CustomerSaved, actor: str, now: datetime
) -> list[Write]:
    entry, head = journal.append_event(f"customer#{after.id}", event, after=before, actor=actor, at=now)
    new = replace(after, **vars(head))
    customer_write = update_customer(new, before.version) if before else db.create(customer_to_row(new))
    return [customer_write, entry, *save_words(before, new)]


def _identities(customer: Customer) -> list[tuple[str, str]]:
    return contact_details.list_identities(customer.phone, customer.email)


def _identity_keys(customer: Customer) -> list[Key]:
    return [identity_key(*identity) for identity in _identities(customer)]
