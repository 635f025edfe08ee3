"""What a customer owed before this shop kept his account."""

from __future__ import annotations

from datetime import date

from chalicelib.kit import clock, ids, journal
from chalicelib.kit.db import Write
from chalicelib.kit.money import Money, zero
from chalicelib.payments import store
from chalicelib.payments.model import OpeningReceivableRecorded, Posting, Receivable


def record_opening_receivable(customer_id: str, amount: Money, due_on: date, actor: str) -> list[Write]:
    """To go along with `customers.keep.save_customer(…, opening=amount)`, which counts it as exposure and sees to it
    that an import repeated brings it once."""
    identifier = ids.derive("rcv", customer_id, "opening")
    owed = Receivable(identifier, customer_id, "", "", amount, zero(amount.currency), due_on)
    entry, _ = journal.append_event(f"receivable#{identifier}", build_opening_event(owed), actor=actor, at=clock.now())
    return [store.create_receivable(owed), entry]


def build_opening_event(owed: Receivable) -> OpeningReceivableRecorded:
    minor = owed.amount.minor
    return OpeningReceivableRecorded(
        receivable_id=owed.id,
        customer_id=owed.customer_id,
        amount_minor=minor,
        currency=owed.amount.currency,
        due_on=owed.due_on.isoformat(),
        postings=(Posting(f"receivable:{owed.customer_id}", minor), Posting("opening", -minor)),
    )
