"""What a customer owed before this shop kept his account."""

from __future__ import annotations

from datetime import date

from chalicelib.kit import clock, ids, journal
from chalicelib.kit.db import Write
from chalicelib.kit.money import Money, zero
from chalicelib.payments import store
from chalicelib.payments.model import OpeningReceivableKept, Posting, Receivable


def opening_debt(customer_id: str, amount: Money, due_on: date, actor: str) -> list[Write]:
    """To go along with `customers.keep.keep_customer(…, opening=amount)`, which counts it as exposure and sees to it
    that an import repeated brings it once."""
    identifier = ids.derived("rcv", customer_id, "opening")
    owed = Receivable(identifier, customer_id, "", "", amount, zero(amount.currency), due_on)
    entry, _ = journal.append_event(f"receivable#{identifier}", kept(owed), actor=actor, at=clock.now())
    return [store.open_receivable(owed), entry]


def kept(owed: Receivable) -> OpeningReceivableKept:
    minor = owed.amount.minor
    return OpeningReceivableKept(
        receivable_id=owed.id,
        customer_id=owed.customer_id,
        amount_minor=minor,
        currency=owed.amount.currency,
        due_on=owed.due_on.isoformat(),
        postings=(Posting(f"receivable:{owed.customer_id}", minor), Posting("opening", -minor)),
    )
