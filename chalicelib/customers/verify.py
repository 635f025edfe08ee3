"""Proving that a phone or e-mail is one's own: by a code that went there, or by showing oneself to staff.

A proof takes an identity over from whoever only had it on hearsay; nothing else of that customer is shown or moved.
When the identity had been proven by another customer before, the two are the same person and become one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.customers import contact_details
from chalicelib.customers.merge import merge
from chalicelib.customers.model import (
    MAX_CODES_PER_CALLER_PER_DAY,
    MAX_CODES_PER_DAY,
    AskedTooOften,
    Customer,
    Identity,
    IdentityVerified,
    MergedElsewhere,
    NothingToVerify,
    NotVerified,
    VerificationCode,
    VerificationRequested,
    WrongCode,
    WrongCodeGiven,
)
from chalicelib.customers.store import (
    CodeCountRow,
    IdentityRow,
    VerificationCodeRow,
    claim_identity,
    code_count_key,
    customer_key,
    identity_key,
    row_to_customer,
    row_to_identity,
    row_to_verification_code,
    update_customer,
    update_identity,
    verification_code_key,
    verification_code_to_row,
)
from chalicelib.customers.verification_code import is_correct_code
from chalicelib.kit import clock, db, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.events import Event

CUSTOMER_ACTOR = "customer"


@db.retry_on_conflict
def request_code(customer_id: str, kind: str, caller: str = "") -> None:
    """Lets a code be sent, and tells nobody whether one was: there may be nothing to prove, or it is a second click."""
    now = clock.now()
    customer, standing = _load_customer_and_code(customer_id, kind)
    value = _verifiable_value(customer, kind)
    if not value or getattr(customer, f"{kind}_verified_at"):
        return
    if standing is not None and standing.value == value and standing.is_recent(now):
        return
    new = VerificationCode(ids.new("ask", now), customer_id, kind, value, asked_at=now)
    told = VerificationRequested(customer_id, new.id, kind, clock.iso(new.expires_at))
    counted = [_count_code_today(kind, value, now, MAX_CODES_PER_DAY)]
    counted += [_count_code_today("caller", caller, now, MAX_CODES_PER_CALLER_PER_DAY)] if caller else []
    db.commit([_replace_code(standing, new), *counted, *_save_and_journal(customer, told, CUSTOMER_ACTOR, now)])


def confirm_code(customer_id: str, kind: str, code: str) -> None:
    """The same right code again is the same yes, while it lasts: also the way on after a crash between the two."""
    customer = _verify_by_code(customer_id, kind, code)
    other = _find_verified_owner(customer, kind)
    if other is not None and other not in (customer.id, customer.merged_into):
        with suppress(MergedElsewhere, NotVerified):  # proven all the same; joining him is then left to staff
            merge(customer.id, into=other, actor=CUSTOMER_ACTOR)


def verify_by_staff(principal: Principal, customer_id: str, kind: str) -> Customer:
    """Staff have seen the proof; joining him with another customer stays a decision of its own."""
    return _verify_by_staff(principal.actor, customer_id, kind)


@db.retry_on_conflict
def _verify_by_code(customer_id: str, kind: str, code: str) -> Customer:
    now = clock.now()
    customer, standing = _load_customer_and_code(customer_id, kind)
    if standing is None or not standing.is_open(now) or standing.value != _verifiable_value(customer, kind):
        raise WrongCode()
    if not is_correct_code(standing.id, code):
        _count_failed_try(customer, standing, now)
        raise WrongCode()
    return _mark_verified(customer, kind, "code", CUSTOMER_ACTOR, now, _check_code_unchanged(standing))


@db.retry_on_conflict
def _verify_by_staff(actor: str, customer_id: str, kind: str) -> Customer:
    customer, _ = _load_customer_and_code(customer_id, kind)
    if not _verifiable_value(customer, kind):
        raise NothingToVerify(kind=kind)
    return _mark_verified(customer, kind, "staff", actor, clock.now())


def _mark_verified(
    customer: Customer, kind: str, how: str, actor: str, now: datetime, still: Write | None = None
) -> Customer:
    if getattr(customer, f"{kind}_verified_at"):
        return customer
    told = IdentityVerified(customer.id, kind, how)
    mark: dict[str, Any] = {f"{kind}_verified_at": now}
    db.commit(
        [_claim_verified_identity(customer, kind, now), still, *_save_and_journal(customer, told, actor, now, **mark)]
    )
    return replace(customer, **mark)


def _claim_verified_identity(customer: Customer, kind: str, now: datetime) -> Write | None:
    value = _verifiable_value(customer, kind)
    proven = Identity(kind, value, customer.merged_into or customer.id, customer.id, verified_at=now)
    standing = _find_identity(kind, value)
    if standing is None:
        return claim_identity(proven)
    if standing.home != customer.id and standing.verified_at is not None:
        return None  # another has proven it before; merging decides who answers for it
    return update_identity(standing, proven)


def _find_verified_owner(customer: Customer, kind: str) -> str | None:
    standing = _find_identity(kind, _verifiable_value(customer, kind))
    return standing.customer_id if standing is not None and standing.verified_at else None


def _count_failed_try(customer: Customer, standing: VerificationCode, now: datetime) -> None:
    spent = replace(standing, tries=standing.tries + 1)
    told = WrongCodeGiven(customer.id, standing.id, spent.tries)
    db.commit([_replace_code(standing, spent), *_save_and_journal(customer, told, CUSTOMER_ACTOR, now)])


def _save_and_journal(customer: Customer, event: Event, actor: str, now: datetime, **changes: Any) -> list[Write]:
    entry, head = journal.append_event(f"customer#{customer.id}", event, after=customer, actor=actor, at=now)
    return [update_customer(replace(customer, **changes, **vars(head)), customer.version), entry]


def _load_customer_and_code(customer_id: str, kind: str) -> tuple[Customer, VerificationCode | None]:
    keys = customer_key(customer_id), verification_code_key(customer_id, kind)
    found = db.batch(keys)
    if keys[0] not in found:
        raise NotFound()
    return row_to_customer(found[keys[0]]), row_to_verification_code(found[keys[1]]) if keys[1] in found else None


def _verifiable_value(customer: Customer, kind: str) -> str:
    """Empty for a number kept as somebody wrote it."""
    return dict(contact_details.list_identities(customer.phone, customer.email)).get(kind, "")


def _find_identity(kind: str, value: str) -> Identity | None:
    key = identity_key(kind, value)
    row = db.get(IdentityRow, key.pk, key.sk)
    return row_to_identity(row) if row is not None else None


def _replace_code(standing: VerificationCode | None, new: VerificationCode) -> Write:
    if standing is None:
        return db.create(verification_code_to_row(new))
    unspent = (VerificationCodeRow.ask_id == standing.id) & (VerificationCodeRow.tries == standing.tries)
    return db.put(verification_code_to_row(new), when=unspent)


def _check_code_unchanged(standing: VerificationCode) -> Write:
    """A guess that comes beside this one must not get a try for free."""
    key = verification_code_key(standing.customer_id, standing.kind)
    return db.check(
        VerificationCodeRow(key.pk, key.sk),
        (VerificationCodeRow.ask_id == standing.id) & (VerificationCodeRow.tries == standing.tries),
    )


def _count_code_today(kind: str, value: str, now: datetime, most: int) -> Write:
    """Counted by phone or e-mail, whoever asked, and by who asked, for whatever number: each code is a message that
    somebody pays for, and five guesses."""
    key, day = code_count_key(kind, value), now.date().isoformat()
    row = db.get(CodeCountRow, key.pk, key.sk)
    if row is None:
        return db.create(CodeCountRow(key.pk, key.sk, day=day, times=1))
    times = int(row.times) if row.day == day else 0
    if times >= most:
        raise AskedTooOften()
    unmoved = (CodeCountRow.day == row.day) & (CodeCountRow.times == row.times)
    return db.put(CodeCountRow(key.pk, key.sk, day=day, times=times + 1), when=unmoved)
