"""Rows of payments and receivables in table `payments`, and their conditional writes.

pay_…                      payment
receivables#<customer>     open#<due>#rcv_… | settled#<due>#rcv_…    (sorted by due date, open ones first)

The same table holds shifts (`shift_store`) and ledger lines (`ledger_store`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit import db
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.money import Money
from chalicelib.kit.row_attributes import InstantAttribute, StateAttribute
from chalicelib.payments import lifecycle, receivables
from chalicelib.payments.model import Payment, PaymentStatus, Receivable, ReceivableStatus


class PaymentRow(Row):
    Meta = db.table("payments")

    order_id = UnicodeAttribute()
    method = UnicodeAttribute()
    status = StateAttribute()
    amount_minor = NumberAttribute()
    captured_minor = NumberAttribute()
    refunded_minor = NumberAttribute()
    currency = UnicodeAttribute()
    till = UnicodeAttribute(null=True)
    shift = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    customer_id = UnicodeAttribute(null=True)
    channel = UnicodeAttribute(null=True)
    actor = UnicodeAttribute(null=True)
    proof = UnicodeAttribute(null=True)
    proof_file = UnicodeAttribute(null=True)
    proofs_sent = NumberAttribute(null=True)
    earlier_proofs = JSONAttribute(null=True)
    due_on = UnicodeAttribute(null=True)
    expires_at = InstantAttribute(null=True)
    version = NumberAttribute()


class ReceivableRow(IndexedRow):
    Meta = db.table("payments")

    customer_id = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
    amount_minor = NumberAttribute()
    settled_minor = NumberAttribute()
    currency = UnicodeAttribute()
    due_on = UnicodeAttribute()
    status = StateAttribute()


def payment_key(payment_id: str) -> Key:
    return Key(PaymentRow, payment_id, "payment")


def load_payments(payment_ids: Iterable[str]) -> list[Payment]:
    """Return the payments in the order of their ids, without missing ones. Strongly consistent."""
    keys = [payment_key(payment_id) for payment_id in payment_ids]
    rows = db.batch(keys)
    return [row_to_payment(rows[key]) for key in keys if key in rows]


def find_payment(payment_id: str) -> Payment | None:
    row = db.get(PaymentRow, payment_id, "payment")
    return row_to_payment(row) if row else None


def create_payment(payment: Payment) -> Write:
    return db.create(_payment_to_row(payment))


def save_payment(before: Payment, after: Payment) -> Write:
    """Return the write of `after`. It fails with StaleVersion unless the stored version is that of `before`."""
    return db.put(_payment_to_row(after), when=PaymentRow.version == before.version)


def transition_payment(payment: Payment, to: PaymentStatus, **changes: Any) -> Write:
    return save_payment(payment, lifecycle.transition(payment, to, **changes))


def close_payments(payments: Sequence[Payment], to: PaymentStatus = PaymentStatus.CANCELLED) -> list[Write]:
    """Return the writes that end an order's payments and delete their receivables.

    The caller releases the credit with `customers.store.release_credit`.
    """
    writes: list[Write] = []
    for payment in payments:
        after = lifecycle.close_with_order(payment, to)
        if after != payment:
            writes.append(save_payment(payment, after))
        if payment.status == PaymentStatus.ON_CREDIT:
            writes.append(delete_receivable(receivables.payment_to_receivable(payment)))
    return writes


def create_receivable(receivable: Receivable) -> Write:
    return db.create(_receivable_to_row(receivable))


def create_receivables(payments: Iterable[Payment]) -> list[Write]:
    """Return one write per credit payment among an order's new payments."""
    return [
        create_receivable(receivables.payment_to_receivable(payment))
        for payment in payments
        if payment.status == PaymentStatus.ON_CREDIT
    ]


def delete_receivable(receivable: Receivable) -> Write:
    return db.delete(_receivable_to_row(receivable), when=ReceivableRow.settled_minor == receivable.settled.minor)


def settle_receivable(before: Receivable, after: Receivable) -> list[Write]:
    """Return the writes of a settlement; a fully settled receivable moves out of the open ones."""
    if after.left:
        settled = ReceivableRow.settled_minor.set(after.settled.minor)
        row = _receivable_to_row(before)
        return [db.update(row, settled, ReceivableRow.status.set(after.status), when=_settled_unchanged(before))]
    return [delete_receivable(before), create_receivable(after)]


def cover_payments(covered: Iterable[lifecycle.CoveredPayment]) -> list[Write]:
    """Return the writes that reduce payments covered by another payment, and their receivables.

    The caller releases the credit with `customers.store.release_credit`.
    """
    writes: list[Write] = []
    for before, part in covered:
        after = lifecycle.cover(before, part)
        writes.append(save_payment(before, after))
        if before.method == "credit":
            writes += _reduce_receivable(before, after)
    return writes


def _reduce_receivable(before: Payment, after: Payment) -> list[Write]:
    stored, reduced = receivables.payment_to_receivable(before), receivables.payment_to_receivable(after)
    if after.status == PaymentStatus.CANCELLED:
        return [delete_receivable(stored)]
    if reduced.left:
        return [db.put(_receivable_to_row(reduced), when=_settled_unchanged(stored))]
    return [delete_receivable(stored), create_receivable(reduced)]


def _settled_unchanged(receivable: Receivable) -> Any:
    """Return the condition that no settlement happened since. It fails for a deleted receivable too."""
    return ReceivableRow.settled_minor == receivable.settled.minor


def list_open_receivables(customer_id: str) -> list[Receivable]:
    """Return the open receivables of one customer id, oldest due date first. Strongly consistent."""
    rows = db.query_all(ReceivableRow, f"receivables#{customer_id}", begins_with="open#")
    return [row_to_receivable(row) for row in rows]


def row_to_payment(row: PaymentRow) -> Payment:
    currency = row.currency
    return Payment(
        id=row.pk,
        order_id=row.order_id,
        method=row.method,
        amount=Money(int(row.amount_minor), currency),
        status=PaymentStatus(row.status),
        captured=Money(int(row.captured_minor), currency),
        refunded=Money(int(row.refunded_minor), currency),
        till=row.till or "",
        shift=row.shift or "",
        reference=row.reference or "",
        customer_id=row.customer_id or "",
        channel=row.channel or "",
        actor=row.actor or "",
        proof=row.proof or "",
        proof_file=row.proof_file or "",
        proofs_sent=int(row.proofs_sent or 0),
        earlier_proofs=tuple((reference, file) for reference, file in row.earlier_proofs or ()),
        due_on=date.fromisoformat(row.due_on) if row.due_on else None,
        expires_at=row.expires_at,
        version=int(row.version),
    )


def _payment_to_row(payment: Payment) -> PaymentRow:
    return PaymentRow(
        payment.id,
        "payment",
        order_id=payment.order_id,
        method=payment.method,
        status=payment.status,
        amount_minor=payment.amount.minor,
        captured_minor=payment.captured.minor,
        refunded_minor=payment.refunded.minor,
        currency=payment.amount.currency,
        till=payment.till or None,
        shift=payment.shift or None,
        reference=payment.reference or None,
        customer_id=payment.customer_id or None,
        channel=payment.channel or None,
        actor=payment.actor or None,
        proof=payment.proof or None,
        proof_file=payment.proof_file or None,
        proofs_sent=payment.proofs_sent or None,
        earlier_proofs=payment.earlier_proofs or None,
        due_on=payment.due_on.isoformat() if payment.due_on else None,
        expires_at=payment.expires_at,
        version=payment.version,
    )


def row_to_receivable(row: ReceivableRow) -> Receivable:
    return Receivable(
        id=row.sk.rsplit("#", 1)[1],
        customer_id=row.customer_id,
        order_id=row.order_id or "",
        payment_id=row.payment_id or "",
        amount=Money(int(row.amount_minor), row.currency),
        settled=Money(int(row.settled_minor), row.currency),
        due_on=date.fromisoformat(row.due_on),
        status=ReceivableStatus(row.status),
    )


def _receivable_to_row(receivable: Receivable) -> ReceivableRow:
    prefix = "open" if receivable.left else "settled"
    due_on = receivable.due_on.isoformat()
    return ReceivableRow(
        f"receivables#{receivable.customer_id}",
        f"{prefix}#{due_on}#{receivable.id}",
        customer_id=receivable.customer_id,
        order_id=receivable.order_id or None,
        payment_id=receivable.payment_id or None,
        amount_minor=receivable.amount.minor,
        settled_minor=receivable.settled.minor,
        currency=receivable.amount.currency,
        due_on=due_on,
        status=receivable.status,
        list="receivables" if receivable.left else None,
        listed_at=f"{due_on}#{receivable.id}" if receivable.left else None,
    )
