"""Record the balance that a customer owed in an earlier system."""

from __future__ import annotations

import json
from datetime import date

from chalicelib.customers.store import extend_credit
from chalicelib.kit import clock, db, ids, journal
from chalicelib.kit.db import Write
from chalicelib.kit.money import Money, zero
from chalicelib.payments import store
from chalicelib.payments.model import OpeningReceivableRecorded, Posting, Receivable


def record_opening_receivable(customer_id: str, amount: Money, due_on: date, actor: str) -> list[Write]:
    """Return writes for `customers.save.save_customer(…, opening_balance=amount, extra_writes=…)`.

    That function counts the amount as exposure and commits these writes only once, so an import can be repeated.
    """
    receivable_id = ids.derive("rcv", customer_id, "opening")
    receivable = Receivable(receivable_id, customer_id, "", "", amount, zero(amount.currency), due_on)
    event = build_opening_event(receivable)
    entry, _ = journal.append_event(f"receivable#{receivable_id}", event, actor=actor, at=clock.now())
    return [store.create_receivable(receivable), entry]


def find_opening_amount(customer_id: str) -> Money | None:
    """Return the opening receivable that was recorded for a customer, settled or not; None if there was none."""
    entries = journal.history(f"receivable#{ids.derive('rcv', customer_id, 'opening')}")
    if not entries:
        return None
    body = json.loads(entries[0].body)
    return Money(body["amount_minor"], body["currency"])


def add_opening_receivable(customer_id: str, amount: Money, due_on: date, actor: str) -> None:
    """Record the opening receivable of a customer that has credit already, and add it to the exposure.

    It may exceed the credit limit, because it is owed already."""
    writes = record_opening_receivable(customer_id, amount, due_on, actor)
    db.commit([extend_credit(customer_id, amount, override=True), *writes])


def build_opening_event(receivable: Receivable) -> OpeningReceivableRecorded:
    minor = receivable.amount.minor
    return OpeningReceivableRecorded(
        receivable_id=receivable.id,
        customer_id=receivable.customer_id,
        amount_minor=minor,
        currency=receivable.amount.currency,
        due_on=receivable.due_on.isoformat(),
        postings=(Posting(f"receivable:{receivable.customer_id}", minor), Posting("opening", -minor)),
    )
