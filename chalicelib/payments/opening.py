"""What a customer owed before this shop kept his account; brought in once, by import."""

from __future__ import annotations

from datetime import date

from chalicelib.customers import find as customers_find
from chalicelib.customers.model import Credit
from chalicelib.customers.store import extend_credit, set_credit
from chalicelib.kit import clock, db, ids, journal
from chalicelib.kit.db import Write
from chalicelib.kit.journal import Head
from chalicelib.kit.money import Money, zero
from chalicelib.payments import store
from chalicelib.payments.model import AlreadyKept, OpeningReceivableKept, Receivable


@db.decided_anew
def keep_opening(customer_id: str, amount: Money, due_on: date, actor: str) -> bool:
    """False when it had been kept before. It takes up credit beyond the limit too: the debt is there already."""
    identifier = ids.derived("rcv", customer_id, "opening")
    owed = Receivable(identifier, customer_id, "", "", amount, zero(amount.currency), due_on)
    entry = journal.record(f"receivable#{identifier}", kept(owed), after=Head(), actor=actor, at=clock.now())
    taken = take_up(customer_id, amount)
    try:
        db.commit([store.keep_once(identifier), store.open_receivable(owed), taken, entry.write])
    except AlreadyKept:
        return False
    return True


def take_up(customer_id: str, amount: Money) -> Write:
    """Who has no terms still owes: his limit is nothing, and paying brings the exposure back to nothing."""
    if customers_find.credit(customer_id) is None:
        return set_credit(None, Credit(customer_id, zero(amount.currency), amount))
    return extend_credit(customer_id, amount, override=True)


def kept(owed: Receivable) -> OpeningReceivableKept:
    minor = owed.amount.minor
    return OpeningReceivableKept(
        receivable_id=owed.id,
        customer_id=owed.customer_id,
        amount_minor=minor,
        currency=owed.amount.currency,
        due_on=owed.due_on.isoformat(),
        postings=[[f"receivable:{owed.customer_id}", minor], ["opening", -minor]],
    )
