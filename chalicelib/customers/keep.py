"""Writing customers down: what staff say at the desk, and what an import brings from an older system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.customers import reach
from chalicelib.customers.model import Contact, Credit, Customer, CustomerKept, Identity, IdentityTaken
from chalicelib.customers.store import (
    as_credit,
    as_customer,
    as_identity,
    change_customer,
    claim_identity,
    credit_key,
    customer_key,
    customer_row,
    drop_identity,
    identity_key,
    set_credit,
)
from chalicelib.kit import clock, config, db, ids, journal, requests
from chalicelib.kit.db import Key, Write
from chalicelib.kit.money import Money, zero
from chalicelib.kit.requests import Asked


@db.decided_anew
def write_down(customer: Customer, actor: str, asked: Asked | None = None) -> Customer:
    """A new customer that staff speak to; refused when his phone or e-mail is another's, whom they may look at then."""
    requests.look_up(asked)
    _refuse_taken(customer)
    now = clock.now()
    new = replace(customer, id=ids.new("cus", now))
    answer = requests.remember(asked, new.as_json())
    db.commit([answer, *_written(new, None, CustomerKept(new.id), actor, now), *_claims(new, {})])
    return new


@db.decided_anew
def keep_customer(
    customer: Customer,
    actor: str,
    *,
    credit_limit: Money | None = None,
    opening: Money | None = None,
    along: Sequence[Write] = (),
) -> bool:
    """Under the id it brings, as often as one likes; True when anything was new.

    `opening` is what he owed before, `along` what a room above keeps with it (the receivable): both only the first
    time, so that an import can be repeated. A phone or e-mail that is another's already identifies that one."""
    found = db.batch([customer_key(customer.id), credit_key(customer.id), *_identity_keys(customer)])
    before = as_customer(row) if (row := found.get(customer_key(customer.id))) else None
    credit = as_credit(row) if (row := found.get(credit_key(customer.id))) else None
    after = _as_known(customer, before)
    granted = _granted(after, credit, credit_limit, opening)
    identities = _claims(after, found) + _given_up(before, after)
    if after == before and granted == credit and not identities:
        return False
    told = _told(after, credit, granted)
    limit = [set_credit(credit, granted)] if granted is not None and granted != credit else []
    first = along if credit is None else ()
    db.commit([*_written(after, before, told, actor, clock.now()), *limit, *identities, *first])
    return True


def contact_of(name: str, phone: str, email: str, country: str = "") -> Contact:
    """As an import reads it: what is no valid number is kept as written, and identifies nobody."""
    return reach.contact(name, phone, email, country or config.country(), as_written=True)


def _refuse_taken(customer: Customer) -> None:
    for row in db.batch(_identity_keys(customer)).values():
        raise IdentityTaken(as_identity(row).kind, row.customer_id)


def _as_known(customer: Customer, before: Customer | None) -> Customer:
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


def _granted(customer: Customer, credit: Credit | None, limit: Money | None, opening: Money | None) -> Credit | None:
    if limit is None and (opening is None or credit is not None):
        return credit
    exposure = credit.exposure if credit else opening or zero(config.currency())
    return Credit(customer.id, limit or zero(exposure.currency), exposure, customer.terms_days)


def _claims(customer: Customer, found: Mapping[Key, Any]) -> list[Write]:
    free = [each for each in _identities(customer) if identity_key(*each) not in found]
    answers = customer.merged_into or customer.id
    return [claim_identity(Identity(*each, answers, customer.id)) for each in free]


def _given_up(before: Customer | None, after: Customer) -> list[Write]:
    """A phone or e-mail he no longer has identifies him no longer."""
    old = [] if before is None else [each for each in _identities(before) if each not in _identities(after)]
    standing = map(as_identity, db.batch(identity_key(*each) for each in old).values())
    return [drop_identity(each) for each in standing if each.home == after.id]


def _told(customer: Customer, credit: Credit | None, granted: Credit | None) -> CustomerKept:
    if granted is None or granted == credit:
        return CustomerKept(customer.id)
    was = credit.limit.minor if credit else 0
    return CustomerKept(customer.id, granted.limit.minor, was, granted.limit.currency)


def _written(after: Customer, before: Customer | None, told: CustomerKept, actor: str, now: datetime) -> list[Write]:
    entry, head = journal.append_event(f"customer#{after.id}", told, after=before, actor=actor, at=now)
    new = replace(after, **vars(head))
    return [change_customer(new, before.version) if before else db.create(customer_row(new)), entry]


def _identities(customer: Customer) -> list[tuple[str, str]]:
    return reach.identities(customer.phone, customer.email)


def _identity_keys(customer: Customer) -> list[Key]:
    return [identity_key(*each) for each in _identities(customer)]
