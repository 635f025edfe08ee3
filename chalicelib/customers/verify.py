"""Proving that a phone or e-mail is one's own: by a code that went there, or by showing oneself to staff.

A proof takes an identity over from whoever only had it on hearsay; nothing else of that customer is shown or moved.
When the identity had been proven by another customer before, the two are the same person and become one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.customers import reach
from chalicelib.customers.code import matches
from chalicelib.customers.merge import merge
from chalicelib.customers.model import (
    CODES_A_DAY,
    CODES_A_DAY_TO_ONE_CALLER,
    Ask,
    AskedTooOften,
    Customer,
    Identity,
    IdentityVerified,
    MergedElsewhere,
    NothingToVerify,
    NotVerified,
    VerificationAsked,
    WrongCode,
    WrongCodeGiven,
)
from chalicelib.customers.store import (
    AskRow,
    AsksRow,
    IdentityRow,
    as_ask,
    as_customer,
    as_identity,
    ask_key,
    ask_row,
    asks_key,
    change_customer,
    change_identity,
    claim_identity,
    customer_key,
    identity_key,
)
from chalicelib.kit import clock, db, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.events import Event

BY_THE_CUSTOMER = "customer"


@db.decided_anew
def ask(customer_id: str, kind: str, caller: str = "") -> None:
    """Lets a code be sent, and tells nobody whether one was: there may be nothing to prove, or it is a second click."""
    now = clock.now()
    customer, standing = _load(customer_id, kind)
    value = _proves(customer, kind)
    if not value or getattr(customer, f"{kind}_verified_at"):
        return
    if standing is not None and standing.value == value and standing.is_recent(now):
        return
    new = Ask(ids.new("ask", now), customer_id, kind, value, asked_at=now)
    told = VerificationAsked(customer_id, new.id, kind, clock.iso(new.expires_at))
    counted = [_one_more_today(kind, value, now, CODES_A_DAY)]
    counted += [_one_more_today("caller", caller, now, CODES_A_DAY_TO_ONE_CALLER)] if caller else []
    db.commit([_replace_ask(standing, new), *counted, *_told(customer, told, BY_THE_CUSTOMER, now)])


def confirm(customer_id: str, kind: str, code: str) -> None:
    """The same right code again is the same yes, while it lasts: also the way on after a crash between the two."""
    customer = _confirm(customer_id, kind, code)
    other = _proven_by(customer, kind)
    if other is not None and other not in (customer.id, customer.merged_into):
        with suppress(MergedElsewhere, NotVerified):  # proven all the same; joining him is then left to staff
            merge(customer.id, into=other, actor=BY_THE_CUSTOMER)


def vouch(principal: Principal, customer_id: str, kind: str) -> Customer:
    """Staff have seen the proof; joining him with another customer stays a decision of its own."""
    return _vouch(principal.actor, customer_id, kind)


@db.decided_anew
def _confirm(customer_id: str, kind: str, code: str) -> Customer:
    now = clock.now()
    customer, standing = _load(customer_id, kind)
    if standing is None or not standing.is_open(now) or standing.value != _proves(customer, kind):
        raise WrongCode()
    if not matches(standing.id, code):
        _spend_a_try(customer, standing, now)
        raise WrongCode()
    return _proven(customer, kind, "code", BY_THE_CUSTOMER, now, _still(standing))


@db.decided_anew
def _vouch(actor: str, customer_id: str, kind: str) -> Customer:
    customer, _ = _load(customer_id, kind)
    if not _proves(customer, kind):
        raise NothingToVerify(kind=kind)
    return _proven(customer, kind, "staff", actor, clock.now())


def _proven(customer: Customer, kind: str, how: str, actor: str, now: datetime, still: Write | None = None) -> Customer:
    if getattr(customer, f"{kind}_verified_at"):
        return customer
    told = IdentityVerified(customer.id, kind, how)
    mark: dict[str, Any] = {f"{kind}_verified_at": now}
    db.commit([_take_identity(customer, kind, now), still, *_told(customer, told, actor, now, **mark)])
    return replace(customer, **mark)


def _take_identity(customer: Customer, kind: str, now: datetime) -> Write | None:
    value = _proves(customer, kind)
    proven = Identity(kind, value, customer.merged_into or customer.id, customer.id, verified_at=now)
    standing = _identity(kind, value)
    if standing is None:
        return claim_identity(proven)
    if standing.home != customer.id and standing.verified_at is not None:
        return None  # another has proven it before; merging decides who answers for it
    return change_identity(standing, proven)


def _proven_by(customer: Customer, kind: str) -> str | None:
    standing = _identity(kind, _proves(customer, kind))
    return standing.customer_id if standing is not None and standing.verified_at else None


def _spend_a_try(customer: Customer, standing: Ask, now: datetime) -> None:
    spent = replace(standing, tries=standing.tries + 1)
    told = WrongCodeGiven(customer.id, standing.id, spent.tries)
    db.commit([_replace_ask(standing, spent), *_told(customer, told, BY_THE_CUSTOMER, now)])


def _told(customer: Customer, event: Event, actor: str, now: datetime, **changes: Any) -> list[Write]:
    entry, head = journal.append_event(f"customer#{customer.id}", event, after=customer, actor=actor, at=now)
    return [change_customer(replace(customer, **changes, **vars(head)), customer.version), entry]


def _load(customer_id: str, kind: str) -> tuple[Customer, Ask | None]:
    keys = customer_key(customer_id), ask_key(customer_id, kind)
    found = db.batch(keys)
    if keys[0] not in found:
        raise NotFound()
    return as_customer(found[keys[0]]), as_ask(found[keys[1]]) if keys[1] in found else None


def _proves(customer: Customer, kind: str) -> str:
    """Empty for a number kept as somebody wrote it."""
    return dict(reach.identities(customer.phone, customer.email)).get(kind, "")


def _identity(kind: str, value: str) -> Identity | None:
    key = identity_key(kind, value)
    row = db.get(IdentityRow, key.pk, key.sk)
    return as_identity(row) if row is not None else None


def _replace_ask(standing: Ask | None, new: Ask) -> Write:
    if standing is None:
        return db.create(ask_row(new))
    unspent = (AskRow.ask_id == standing.id) & (AskRow.tries == standing.tries)
    return db.put(ask_row(new), when=unspent)


def _still(standing: Ask) -> Write:
    """A guess that comes beside this one must not get a try for free."""
    key = ask_key(standing.customer_id, standing.kind)
    return db.check(AskRow(key.pk, key.sk), (AskRow.ask_id == standing.id) & (AskRow.tries == standing.tries))


def _one_more_today(kind: str, value: str, now: datetime, most: int) -> Write:
    """Counted by phone or e-mail, whoever asked, and by who asked, for whatever number: each code is a message that
    somebody pays for, and five guesses."""
    key, day = asks_key(kind, value), now.date().isoformat()
    row = db.get(AsksRow, key.pk, key.sk)
    if row is None:
        return db.create(AsksRow(key.pk, key.sk, day=day, times=1))
    times = int(row.times) if row.day == day else 0
    if times >= most:
        raise AskedTooOften()
    unmoved = (AsksRow.day == row.day) & (AsksRow.times == row.times)
    return db.put(AsksRow(key.pk, key.sk, day=day, times=times + 1), when=unmoved)
