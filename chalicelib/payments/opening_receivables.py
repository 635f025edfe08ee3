"""Record the balance that a customer owed in an earlier system."""

from __future__ import annotations

from datetime import date

from chalicelib.kit import clock, ids, journal
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
