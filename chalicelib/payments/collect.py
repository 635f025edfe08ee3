"""Collect a payment on a customer's receivables, oldest due date first, into the collector's shift or the bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.customers.store import release_credit
from chalicelib.kit import clock, db, idempotency, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money
from chalicelib.payments import find, lifecycle, postings, receivables, shift_store, store
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

COLLECTION_METHODS = ("cash", "transfer")
BANK_ACCESS_ROLES = frozenset({"owner", "finance", "agent"})
Settlements = Sequence[tuple[Receivable, Money]]


@db.retry_on_conflict
def collect(
    principal: Principal,
    customer_id: str,
    amount: Money,
    method: str,
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Settle receivables with `amount` and return the collection as JSON.

    Concurrent collections cannot take more than is owed: the writes require the receivables as they were read.
    Raises MethodUnavailable, Forbidden, NoOpenShift, MoreThanOwed and CollectInParts."""
    idempotency.check_repeat(idempotency_key)
    shift = find_receiving_shift(principal, method, amount.currency)
    paid = receivables.settle_oldest_first(
        filter_by_currency(find.list_receivables_of_customer(customer_id), amount.currency), amount
    )
    payments = store.load_payments([receivable.payment_id for receivable, _ in paid if receivable.payment_id])
    now = clock.now()
    event = build_collection_event(ids.new("col", now), customer_id, method, amount, shift, paid)
    entry, _ = journal.append_event(f"collection#{event.collection_id}", event, actor=principal.actor, at=now)
    answer = collection_to_json(event, paid)
    db.commit(
        [
            idempotency.record_answer(idempotency_key, answer),
            *settle_receivables(paid),
            *settle_payments(payments, paid),
            *release_credit_of_customers(paid),
            *([shift_store.add_cash(shift, amount)] if shift else []),
            entry,
        ]
    )
    return answer


def find_receiving_shift(principal: Principal, method: str, currency: str) -> Shift | None:
    """Return the caller's open shift for cash, None for a transfer.

    Only roles that can read the bank statement may record a transfer."""
    if method not in COLLECTION_METHODS:
        raise MethodUnavailable(method=method, methods=list(COLLECTION_METHODS))
    if method == "transfer":
        if principal.role not in BANK_ACCESS_ROLES:
            raise Forbidden()
        return None
    shift = shift_store.find_open_shift(principal.id)
    if shift is None or shift.opening.currency != currency:
        raise NoOpenShift()
    return shift


def filter_by_currency(owed: Sequence[Receivable], currency: str) -> list[Receivable]:
    return [receivable for receivable in owed if receivable.amount.currency == currency]


def settle_receivables(paid: Settlements) -> list[Write]:
    return [
        write
        for receivable, part in paid
        for write in store.settle_receivable(receivable, receivables.apply_settlement(receivable, part))
    ]


def settle_payments(payments: Sequence[Payment], paid: Settlements) -> list[Write]:
    parts = {receivable.payment_id: part for receivable, part in paid}
    return [store.save_payment(payment, lifecycle.settle(payment, parts[payment.id])) for payment in payments]


def release_credit_of_customers(paid: Settlements) -> list[Write]:
    """Return one write per customer id: a merged customer's receivables release the credit they were taken from."""
    sums: dict[str, Money] = {}
    for receivable, part in paid:
        name = receivable.customer_id
        sums[name] = sums[name] + part if name in sums else part
    return [release_credit(name, amount) for name, amount in sums.items()]


def build_collection_event(
    collection_id: str, customer_id: str, method: str, amount: Money, shift: Shift | None, paid: Settlements
) -> CollectionReceived:
    account = f"till:{shift.till}" if shift else "bank"
    settled_debts = [Posting(f"receivable:{receivable.customer_id}", -part.minor) for receivable, part in paid]
    return CollectionReceived(
        collection_id=collection_id,
        customer_id=customer_id,
        method=method,
        amount_minor=amount.minor,
        currency=amount.currency,
        till=shift.till if shift else "",
        shift=shift.id if shift else "",
        settled=tuple(
            SettledReceivable(receivable.id, part.minor, receivable.order_id, receivable.payment_id)
            for receivable, part in paid
        ),
        postings=postings.merge_postings([Posting(account, amount.minor), *settled_debts]),
    )


def collection_to_json(event: CollectionReceived, paid: Settlements) -> dict[str, Any]:
    on = find.today()
    return {
        "id": event.collection_id,
        "customer_id": event.customer_id,
        "method": event.method,
        "amount": Money(event.amount_minor, event.currency).to_json(),
        "till": event.till or None,
        "shift": event.shift or None,
        "settled": [
            find.receivable_to_json(receivables.apply_settlement(receivable, part), on) | {"paid": part.to_json()}
            for receivable, part in paid
        ],
    }
