"""Merge one customer into another, and unmerge them.

Only pointers change, so a merge loses nothing and can be undone.
"""

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
    """Merge a customer into `into` and return it. Merging twice is a no-op.

    Orders, receivables and credit keep their customer id; `find.merged_ids` lists the ids to read. Raises NotFound,
    SamePerson, MergedElsewhere, and NotVerified unless both are verified.
    """
    source, target = _load_both(customer_id, into)
    if source.merged_into == target.id:
        return source
    _check_mergeable(source, target)
    merged = replace(source, merged_into=target.id)
    survivor = replace(target, absorbed=(*target.absorbed, source.id))
    event = CustomersMerged(source.id, target.id)
    now = clock.now()
    db.commit(
        [
            *_reassign_identities(source, target.id),
            *_save_and_journal(merged, event, actor, now),
            *_save_and_journal(survivor, event, actor, now),
        ]
    )
    return merged


@db.retry_on_conflict
def unmerge(customer_id: str, actor: str) -> Customer:
    """Undo a merge and return the customer. Unmerging twice is a no-op.

    Orders placed while merged stay with the surviving customer. Raises NotFound, and NotMerged for a customer that was
    never merged.
    """
    source = _load_customer(customer_id)
    if source.merged_into is None:
        if not _was_unmerged(source):
            raise NotMerged()
        return source
    target = _load_customer(source.merged_into)
    restored = replace(source, merged_into=None)
    survivor = replace(
        target, absorbed=tuple(absorbed_id for absorbed_id in target.absorbed if absorbed_id != source.id)
    )
    event = CustomersUnmerged(source.id, target.id)
    now = clock.now()
    db.commit(
        [
            *_reassign_identities(source, source.id),
            *_save_and_journal(restored, event, actor, now),
            *_save_and_journal(survivor, event, actor, now),
        ]
    )
    return restored


def _was_unmerged(customer: Customer) -> bool:
    """Return True if the journal has an unmerge of this customer.

    The entry is in the journals of both customers, and its `customer_id` is the one that was merged.
    """
    events = (journal.row_to_entry(row).event for row in journal.history(f"customer#{customer.id}"))
    return any(isinstance(event, CustomersUnmerged) and event.customer_id == customer.id for event in events)


def _check_mergeable(source: Customer, target: Customer) -> None:
    if source.id == target.id:
        raise SamePerson()
    for customer in (source, target):
        if customer.merged_into:
            raise MergedElsewhere(customer.id)
    if source.absorbed:
        raise MergedElsewhere(source.id)
    unverified = [customer.id for customer in (source, target) if not customer.is_verified]
    if unverified:
        raise NotVerified(unverified)


def _reassign_identities(source: Customer, customer_id: str) -> list[Write]:
    """Return writes that point the identities of `source` to `customer_id`, so one read of an identity finds it."""
    keys = [identity_key(*pair) for pair in contact_details.list_identities(source.phone, source.email)]
    identities = map(row_to_identity, db.batch(keys).values())
    return [
        update_identity(identity, replace(identity, customer_id=customer_id))
        for identity in identities
        if identity.original_customer_id == source.id
    ]


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
