"""Verify that a phone number or e-mail address belongs to a customer, by a code or by staff.

Verification takes an identity over from a customer that had not verified it; nothing else of that customer is shown
or moved. If another customer had verified it before, the two are the same person and are merged.
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
    MAX_CODES_PER_NUMBER_PER_DAY,
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
from chalicelib.kit.db import Key, Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.events import Event

CUSTOMER_ACTOR = "customer"


@db.retry_on_conflict
def request_code(customer_id: str, kind: str, caller: str = "", language: str = "id") -> None:
    """Request a code for the customer's `kind` of identity; `caller` identifies the client for rate limiting.

    Returns nothing in every case, so a caller cannot tell whether a code is sent: there may be no such identity, it
    may be verified already, or the code is less than a minute old. Raises AskedTooOften.
    """
    now = clock.now()
    customer, current = _load_customer_and_code(customer_id, kind)
    value = _verifiable_value(customer, kind)
    if not value or getattr(customer, f"{kind}_verified_at"):
        return
    if current is not None and current.value == value and current.is_recent(now):
        return
    new = VerificationCode(ids.new("ask", now), customer_id, kind, value, requested_at=now)
    event = VerificationRequested(customer_id, new.id, kind, clock.iso(new.expires_at), language)
    counters = [_count_code_today(code_count_key(kind, value, caller), now, MAX_CODES_PER_DAY)]
    counters += [_count_code_today(code_count_key(kind, value), now, MAX_CODES_PER_NUMBER_PER_DAY)]
    if caller:
        counters.append(_count_code_today(code_count_key("caller", caller), now, MAX_CODES_PER_CALLER_PER_DAY))
    db.commit([_replace_code(current, new), *counters, *_save_and_journal(customer, event, CUSTOMER_ACTOR, now)])


def confirm_code(customer_id: str, kind: str, code: str) -> None:
    """Verify an identity by its code, and merge the customer into one that had verified it before.

    Confirming the same correct code again succeeds until it expires, and completes a merge that a crash prevented.
    Raises WrongCode.
    """
    customer = _verify_by_code(customer_id, kind, code)
    owner = _find_verified_owner(customer, kind)
    if owner is not None and owner not in (customer.id, customer.merged_into):
        with suppress(MergedElsewhere, NotVerified):  # the verification counts; staff decide about the merge
            merge(customer.id, into=owner, actor=CUSTOMER_ACTOR)


@db.retry_on_conflict
def verify_by_staff(principal: Principal, customer_id: str, kind: str) -> Customer:
    """Verify an identity that staff have seen proof of. Does not merge. Raises NothingToVerify."""
    customer, _ = _load_customer_and_code(customer_id, kind)
    if not _verifiable_value(customer, kind):
        raise NothingToVerify(kind=kind)
    return _mark_verified(customer, kind, "staff", principal.actor, clock.now())


@db.retry_on_conflict
def _verify_by_code(customer_id: str, kind: str, code: str) -> Customer:
    now = clock.now()
    customer, current = _load_customer_and_code(customer_id, kind)
    if current is None or not current.is_open(now) or current.value != _verifiable_value(customer, kind):
        raise WrongCode()
    if not is_correct_code(current.id, code):
        _count_failed_try(customer, current, now)
        raise WrongCode()
    return _mark_verified(customer, kind, "code", CUSTOMER_ACTOR, now, _check_code_unchanged(current))


def _mark_verified(
    customer: Customer, kind: str, how: str, actor: str, now: datetime, check: Write | None = None
) -> Customer:
    if getattr(customer, f"{kind}_verified_at"):
        return customer
    event = IdentityVerified(customer.id, kind, how)
    changes: dict[str, Any] = {f"{kind}_verified_at": now}
    customer_writes = _save_and_journal(customer, event, actor, now, **changes)
    db.commit([_claim_verified_identity(customer, kind, now), check, *customer_writes])
    return replace(customer, **changes)


def _claim_verified_identity(customer: Customer, kind: str, now: datetime) -> Write | None:
    value = _verifiable_value(customer, kind)
    verified = Identity(kind, value, customer.merged_into or customer.id, customer.id, verified_at=now)
    stored = _find_identity(kind, value)
    if stored is None:
        return claim_identity(verified)
    if stored.original_customer_id != customer.id and stored.verified_at is not None:
        return None  # another customer verified it before; a merge decides which one it identifies
    return update_identity(stored, verified)


def _find_verified_owner(customer: Customer, kind: str) -> str | None:
    identity = _find_identity(kind, _verifiable_value(customer, kind))
    return identity.customer_id if identity is not None and identity.verified_at else None


def _count_failed_try(customer: Customer, current: VerificationCode, now: datetime) -> None:
    after = replace(current, tries=current.tries + 1)
    event = WrongCodeGiven(customer.id, current.id, after.tries)
    db.commit([_replace_code(current, after), *_save_and_journal(customer, event, CUSTOMER_ACTOR, now)])


def _save_and_journal(customer: Customer, event: Event, actor: str, now: datetime, **changes: Any) -> list[Write]:
    entry, head = journal.append_event(f"customer#{customer.id}", event, after=customer, actor=actor, at=now)
    return [update_customer(replace(customer, **changes, **vars(head)), customer.version), entry]


def _load_customer_and_code(customer_id: str, kind: str) -> tuple[Customer, VerificationCode | None]:
    key, code_key = customer_key(customer_id), verification_code_key(customer_id, kind)
    rows = db.batch([key, code_key])
    if key not in rows:
        raise NotFound()
    return row_to_customer(rows[key]), row_to_verification_code(rows[code_key]) if code_key in rows else None


def _verifiable_value(customer: Customer, kind: str) -> str:
    """Return the phone number or e-mail address; empty if it is missing or was kept as written."""
    return dict(contact_details.list_identities(customer.phone, customer.email)).get(kind, "")


def _find_identity(kind: str, value: str) -> Identity | None:
    key = identity_key(kind, value)
    row = db.get(IdentityRow, key.pk, key.sk)
    return row_to_identity(row) if row is not None else None


def _replace_code(current: VerificationCode | None, new: VerificationCode) -> Write:
    if current is None:
        return db.create(verification_code_to_row(new))
    unchanged = (VerificationCodeRow.ask_id == current.id) & (VerificationCodeRow.tries == current.tries)
    return db.put(verification_code_to_row(new), when=unchanged)


def _check_code_unchanged(current: VerificationCode) -> Write:
    """Return a check that fails if a concurrent try was counted, so that parallel guesses get no extra tries."""
    key = verification_code_key(current.customer_id, current.kind)
    return db.check(
        VerificationCodeRow(key.pk, key.sk),
        (VerificationCodeRow.ask_id == current.id) & (VerificationCodeRow.tries == current.tries),
    )


def _count_code_today(key: Key, now: datetime, limit: int) -> Write:
    """Return the write that counts one code today. Raises AskedTooOften at `limit`.

    Codes are limited because each costs a message and allows five guesses.
    """
    day = now.date().isoformat()
    row = db.get(CodeCountRow, key.pk, key.sk)
    if row is None:
        return db.create(CodeCountRow(key.pk, key.sk, day=day, times=1))
    times = int(row.times) if row.day == day else 0
    if times >= limit:
        raise AskedTooOften()
    unchanged = (CodeCountRow.day == row.day) & (CodeCountRow.times == row.times)
    return db.put(CodeCountRow(key.pk, key.sk, day=day, times=times + 1), when=unchanged)
