"""Collect a payment on a customer's receivables, oldest due date first, into the collector's shift or the bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.customers.find import require_reach
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
    Payment,
    Posting,
    Receivable,
    SettledReceivable,
    Shift,
    build_cash_refusal,
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
    Raises NotFound, MethodUnavailable, Forbidden, NoOpenShift, MayNotTakeCash, MoreThanOwed and CollectInParts.
    """
    idempotency.check_repeat(idempotency_key)
    require_reach(principal, customer_id)
    shift = find_receiving_shift(principal, method, amount.currency)
    settlements = receivables.settle_oldest_first(
        filter_by_currency(find.list_receivables_of_customer(customer_id), amount.currency), amount
    )
    payments = store.load_payments([receivable.payment_id for receivable, _ in settlements if receivable.payment_id])
    now = clock.now()
    event = build_collection_event(ids.new("col", now), customer_id, method, amount, shift, settlements)
    entry, _ = journal.append_event(f"collection#{event.collection_id}", event, actor=principal.actor, at=now)
    answer = collection_to_json(event, settlements)
    db.commit(
        [
            idempotency.record_answer(idempotency_key, answer),
            *settle_receivables(settlements),
            *settle_payments(payments, settlements),
            *release_credit_of_customers(settlements),
            *([shift_store.add_cash(shift, amount)] if shift else []),
            entry,
        ]
    )
    return answer


def find_receiving_shift(principal: Principal, method: str, currency: str) -> Shift | None:
    """Return the caller's open shift for cash, None for a transfer.

    Only roles that can read the bank statement may record a transfer.
    """
    if method not in COLLECTION_METHODS:
        raise MethodUnavailable(method=method, methods=list(COLLECTION_METHODS))
    if method == "transfer":
        if principal.role not in BANK_ACCESS_ROLES:
            raise Forbidden()
        return None
    shift = shift_store.find_open_shift(principal.id)
    if shift is None or shift.opening.currency != currency:
        raise build_cash_refusal(principal.role)
    return shift


def filter_by_currency(owed: Sequence[Receivable], currency: str) -> list[Receivable]:
    return [receivable for receivable in owed if receivable.amount.currency == currency]


def settle_receivables(settlements: Settlements) -> list[Write]:
    return [
        write
        for receivable, part in settlements
        for write in store.settle_receivable(receivable, receivables.apply_settlement(receivable, part))
    ]


def settle_payments(payments: Sequence[Payment], settlements: Settlements) -> list[Write]:
    parts = {receivable.payment_id: part for receivable, part in settlements}
    return [store.save_payment(payment, lifecycle.settle(payment, parts[payment.id])) for payment in payments]


def release_credit_of_customers(settlements: Settlements) -> list[Write]:
    """Return one write per customer id: a merged customer's receivables release the credit they were taken from."""
    sums: dict[str, Money] = {}
    for receivable, part in settlements:
        customer_id = receivable.customer_id
        sums[customer_id] = sums[customer_id] + part if customer_id in sums else part
    return [release_credit(customer_id, amount) for customer_id, amount in sums.items()]


def build_collection_event(
    collection_id: str, customer_id: str, method: str, amount: Money, shift: Shift | None, settlements: Settlements
) -> CollectionReceived:
    account = f"till:{shift.till}" if shift else "bank"
    settled_debts = [Posting(f"receivable:{receivable.customer_id}", -part.minor) for receivable, part in settlements]
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
            for receivable, part in settlements
        ),
        postings=postings.merge_postings([Posting(account, amount.minor), *settled_debts]),
    )


def collection_to_json(event: CollectionReceived, settlements: Settlements) -> dict[str, Any]:
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
            for receivable, part in settlements
        ],
    }
