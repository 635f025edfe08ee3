"""Two customers become one, and two again: only pointers are set, so nothing is lost and all of it can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.customers import contact_details
from chalicelib.customers.model import (
    Customer,
    CustomersMerged,
    CustomersUnmerged,
    MergedElsewhere,
    NotMerged,
    NotVerified,
    SamePerson,
)
from chalicelib.customers.store import (
    customer_key,
    identity_key,
    row_to_customer,
    row_to_identity,
    update_customer,
    update_identity,
)
from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.events import Event


@db.retry_on_conflict
def merge(customer_id: str, into: str, actor: str) -> Customer:
    """From now on `into` answers for both. Orders, debts and limits stay where they are; `find.family` sums them."""
    leaving, staying = _load_both(customer_id, into)
    if leaving.merged_into == staying.id:
        return leaving
    _check_mergeable(leaving, staying)
    gone = replace(leaving, merged_into=staying.id)
    stays = replace(staying, absorbed=(*staying.absorbed, leaving.id))
    told = CustomersMerged(leaving.id, staying.id)
    moves = _reassign_identities(leaving, staying.id)
    db.commit(
        [*moves, *_save_and_journal(gone, told, actor, now := clock.now()), *_save_and_journal(stays, told, actor, now)]
    )
    return gone


@db.retry_on_conflict
def unmerge(customer_id: str, actor: str) -> Customer:
    """What was bought in between stays with the one who answered then. Parting who was parted is done already, so that
    whoever lost the answer may ask again; who never was merged is refused."""
    leaving = _load_customer(customer_id)
    if leaving.merged_into is None:
        if not _was_unmerged(leaving):
            raise NotMerged()
        return leaving
    staying = _load_customer(leaving.merged_into)
    back = replace(leaving, merged_into=None)
    alone = replace(staying, absorbed=tuple(each for each in staying.absorbed if each != leaving.id))
    told = CustomersUnmerged(leaving.id, staying.id)
    moves = _reassign_identities(leaving, leaving.id)
    db.commit(
        [*moves, *_save_and_journal(back, told, actor, now := clock.now()), *_save_and_journal(alone, told, actor, now)]
    )
    return back


def _was_unmerged(customer: Customer) -> bool:
    """The entry stands in the journals of both, and names who left."""
    told = (journal.row_to_entry(entry).event for entry in journal.history(f"customer#{customer.id}"))
    return any(isinstance(event, CustomersUnmerged) and event.customer_id == customer.id for event in told)


def _check_mergeable(leaving: Customer, staying: Customer) -> None:
    if leaving.id == staying.id:
        raise SamePerson()
    for each in (leaving, staying):
        if each.merged_into:
            raise MergedElsewhere(each.id)
    if leaving.absorbed:
        raise MergedElsewhere(leaving.id)
    unproven = [each.id for each in (leaving, staying) if not each.is_verified]
    if unproven:
        raise NotVerified(unproven)


def _reassign_identities(leaving: Customer, customer_id: str) -> list[Write]:
    """Identities at home with `leaving` are answered for by `customer_id`, so one read of them finds who it is."""
    keys = [identity_key(*each) for each in contact_details.list_identities(leaving.phone, leaving.email)]
    own = [each for each in map(row_to_identity, db.batch(keys).values()) if each.home == leaving.id]
    return [update_identity(each, replace(each, customer_id=customer_id)) for each in own]


def _save_and_journal(after: Customer, event: Event, actor: str, now: datetime) -> list[Write]:
    entry, head = journal.append_event(f"customer#{after.id}", event, after=after, actor=actor, at=now)
    return [update_customer(replace(after, **vars(head)), after.version), entry]


def _load_both(customer_id: str, into: str) -> tuple[Customer, Customer]:
    return _load_customer(customer_id), _load_customer(into)


def _load_customer(customer_id: str) -> Customer:
    key = customer_key(customer_id)
    row = db.get(key.row, key.pk, key.sk)
    if row is None:
        raise NotFound()
    return row_to_customer(row)
