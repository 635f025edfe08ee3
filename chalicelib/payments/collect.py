"""A customer pays what he owes: oldest debt first, into the collector's drawer or the bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.customers.store import give_back_credit
from chalicelib.kit import clock, db, ids, journal, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.money import Money
from chalicelib.kit.requests import Asked
from chalicelib.payments import find, owe, pay, post, shift_store, store
from chalicelib.payments.model import (
    CollectionReceived,
    MethodUnavailable,
    NoOpenShift,
    Payment,
    Posting,
    Receivable,
    SettledReceivable,
    Shift,
)

COLLECTED_BY = ("cash", "transfer")
SEES_THE_BANK = frozenset({"owner", "finance", "agent"})
Paid = Sequence[tuple[Receivable, Money]]


@db.decided_anew
def collect(
    principal: Principal, customer_id: str, amount: Money, method: str, asked: Asked | None = None
) -> dict[str, Any]:
    """Two collections at once cannot take more than is owed: each stands on what the debts were when it looked."""
    requests.look_up(asked)
    shift = drawer(principal, method, amount.currency)
    paid = owe.settle(in_currency(find.receivables_of(customer_id), amount.currency), amount)
    payments = store.load_payments([each.payment_id for each, _ in paid if each.payment_id])
    now = clock.now()
    event = received(ids.new("col", now), customer_id, method, amount, shift, paid)
    entry, _ = journal.append_event(f"collection#{event.collection_id}", event, actor=principal.actor, at=now)
    answer = as_json(event, paid)
    db.commit(
        [
            requests.remember(asked, answer),
            *debts_settled(paid),
            *tenders_settled(payments, paid),
            *credit_given_back(paid),
            *([shift_store.cash_into(shift, amount)] if shift else []),
            entry,
        ]
    )
    return answer


def drawer(principal: Principal, method: str, currency: str) -> Shift | None:
    """Cash needs an open shift; money at the bank is said to be there only by those who read the statement."""
    if method not in COLLECTED_BY:
        raise MethodUnavailable(method=method, methods=list(COLLECTED_BY))
    if method == "transfer":
        if principal.role not in SEES_THE_BANK:
            raise Forbidden()
        return None
    shift = shift_store.open_shift_of(principal.id)
    if shift is None or shift.opening.currency != currency:
        raise NoOpenShift()
    return shift


def in_currency(receivables: Sequence[Receivable], currency: str) -> list[Receivable]:
    return [each for each in receivables if each.amount.currency == currency]


def debts_settled(paid: Paid) -> list[Write]:
    return [write for each, part in paid for write in store.settle_receivable(each, owe.after_paying(each, part))]


def tenders_settled(payments: Sequence[Payment], paid: Paid) -> list[Write]:
    parts = {each.payment_id: part for each, part in paid}
    return [store.save_payment(payment, pay.settled(payment, parts[payment.id])) for payment in payments]


def credit_given_back(paid: Paid) -> list[Write]:
    """One write for each name the debts stand under: a merged customer's stay with the credit they were taken from."""
    sums: dict[str, Money] = {}
    for each, part in paid:
        sums[each.customer_id] = sums[each.customer_id] + part if each.customer_id in sums else part
    return [give_back_credit(name, amount) for name, amount in sums.items()]


def received(
    collection_id: str, customer_id: str, method: str, amount: Money, shift: Shift | None, paid: Paid
) -> CollectionReceived:
    into = f"till:{shift.till}" if shift else "bank"
    debts = [Posting(f"receivable:{each.customer_id}", -part.minor) for each, part in paid]
    return CollectionReceived(
        collection_id=collection_id,
        customer_id=customer_id,
        method=method,
        amount_minor=amount.minor,
        currency=amount.currency,
        till=shift.till if shift else "",
        shift=shift.id if shift else "",
        settled=tuple(SettledReceivable(each.id, part.minor, each.order_id, each.payment_id) for each, part in paid),
        postings=post.merged([Posting(into, amount.minor), *debts]),
    )


def as_json(event: CollectionReceived, paid: Paid) -> dict[str, Any]:
    on = find.today()
    return {
        "id": event.collection_id,
        "customer_id": event.customer_id,
        "method": event.method,
        "amount": Money(event.amount_minor, event.currency).as_json(),
        "till": event.till or None,
        "shift": event.shift or None,
        "settled": [
            find.receivable_json(owe.after_paying(each, part), on) | {"paid": part.as_json()} for each, part in paid
        ],
    }
