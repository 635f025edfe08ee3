"""Writing customers down: what staff say at the desk, and what an import brings from an older system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.customers import contact_details
from chalicelib.customers.model import Contact, Credit, Customer, CustomerSaved, Identity, IdentityTaken
from chalicelib.customers.store import (
    claim_identity,
    credit_key,
    customer_key,
    customer_to_row,
    delete_identity,
    identity_key,
    row_to_credit,
    row_to_customer,
    row_to_identity,
    set_credit,
    update_customer,
)
from chalicelib.kit import clock, config, db, idempotency, ids, journal
from chalicelib.kit.db import Key, Write
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money, zero


@db.retry_on_conflict
def register_customer(customer: Customer, actor: str, asked: IdempotencyKey | None = None) -> Customer:
    """A new customer that staff speak to; refused when his phone or e-mail is another's, whom they may look at then."""
    idempotency.check_repeat(asked)
    _check_identities_free(customer)
    now = clock.now()
    new = replace(customer, id=ids.new("cus", now))
    answer = idempotency.record_answer(asked, new.to_json())
    db.commit(
        [answer, *_save_and_journal(new, None, CustomerSaved(new.id), actor, now), *_claim_free_identities(new, {})]
    )
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
    """Under the id it brings, as often as one likes; True when anything was new.

    `opening` is what he owed before, `along` what a room above keeps with it (the receivable): both only the first
    time, so that an import can be repeated. A phone or e-mail that is another's already identifies that one."""
    found = db.batch([customer_key(customer.id), credit_key(customer.id), *_identity_keys(customer)])
    before = row_to_customer(row) if (row := found.get(customer_key(customer.id))) else None
    credit = row_to_credit(row) if (row := found.get(credit_key(customer.id))) else None
    after = _preserve_stored_fields(customer, before)
    granted = _build_credit(after, credit, credit_limit, opening_balance)
    identities = _claim_free_identities(after, found) + _delete_old_identities(before, after)
    if after == before and granted == credit and not identities:
        return False
    told = _build_saved_event(after, credit, granted)
    limit = [set_credit(credit, granted)] if granted is not None and granted != credit else []
    first = extra_writes if credit is None else ()
    db.commit([*_save_and_journal(after, before, told, actor, clock.now()), *limit, *identities, *first])
    return True


def parse_imported_contact(name: str, phone: str, email: str, country: str = "") -> Contact:
    """As an import reads it: what is no valid number is kept as written, and identifies nobody."""
    return contact_details.parse_contact(name, phone, email, country or config.country(), keep_invalid=True)


def _check_identities_free(customer: Customer) -> None:
    for row in db.batch(_identity_keys(customer)).values():
        raise IdentityTaken(row_to_identity(row).kind, row.customer_id)


def _preserve_stored_fields(customer: Customer, before: Customer | None) -> Customer:
    """What staff and proofs have found out since stays; a proof goes with the phone or e-mail it was of."""
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


def _claim_free_identities(customer: Customer, found: Mapping[Key, Any]) -> list[Write]:
    free = [each for each in _identities(customer) if identity_key(*each) not in found]
    answers = customer.merged_into or customer.id
    return [claim_identity(Identity(*each, answers, customer.id)) for each in free]


def _delete_old_identities(before: Customer | None, after: Customer) -> list[Write]:
    """A phone or e-mail he no longer has identifies him no longer."""
    old = [] if before is None else [each for each in _identities(before) if each not in _identities(after)]
    standing = map(row_to_identity, db.batch(identity_key(*each) for each in old).values())
    return [delete_identity(each) for each in standing if each.home == after.id]


def _build_saved_event(customer: Customer, credit: Credit | None, granted: Credit | None) -> CustomerSaved:
    if granted is None or granted == credit:
        return CustomerSaved(customer.id)
    was = credit.limit.minor if credit else 0
    return CustomerSaved(customer.id, granted.limit.minor, was, granted.limit.currency)


def _save_and_journal(
    after: Customer, before: Customer | None, told: CustomerSaved, actor: str, now: datetime
) -> list[Write]:
    entry, head = journal.append_event(f"customer#{after.id}", told, after=before, actor=actor, at=now)
    new = replace(after, **vars(head))
    return [update_customer(new, before.version) if before else db.create(customer_to_row(new)), entry]


def _identities(customer: Customer) -> list[tuple[str, str]]:
    return contact_details.list_identities(customer.phone, customer.email)


def _identity_keys(customer: Customer) -> list[Key]:
    return [identity_key(*each) for each in _identities(customer)]
