"""Recording money that was returned to a customer: by bank transfer, or in cash from the caller's shift."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kit import db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money
from chalicelib.orders import store
from chalicelib.orders.model import MoreThanRefundOwed, Order, OrderStatus, RefundedPayment, RefundRecorded
from chalicelib.orders.order_change import OrderChange, load_change
from chalicelib.orders.order_json import order_to_json
from chalicelib.payments import lifecycle, postings
from chalicelib.payments.lifecycle import CoveredPayment
from chalicelib.payments.model import Payment, Shift, build_cash_refusal
from chalicelib.payments.shift_store import find_open_shift, find_shift, remove_cash
from chalicelib.payments.store import save_payment


@db.retry_on_conflict
def record_refund(
    principal: Principal, order_id: str, method: str, amount: Money | None, idempotency_key: IdempotencyKey | None
) -> tuple[Order, list[Payment]]:
    """Record that `amount`, or all that is owed back when it is None, was returned. Returns the order and its payments.

    Raises MoreThanRefundOwed, and NoOpenShift, MayNotTakeCash or NotEnoughCash for cash.
    """
    idempotency.check_repeat(idempotency_key)
    change = load_change(principal, order_id, idempotency_key)
    owed = derive_refund_owed(change.order, change.payments)
    amount = amount or owed
    if not amount or amount.currency != owed.currency or amount > owed:
        raise MoreThanRefundOwed(order=change.order.number, owed=owed)
    return _commit(change, lifecycle.choose_payments_to_refund(change.payments, amount), _find_shift(principal, method))


def derive_refund_owed(order: Order, payments: Sequence[Payment]) -> Money:
    """Return what is owed back: all net captured money of a cancelled order, the overpaid part of any other."""
    due = Money(0, order.currency) if order.status == OrderStatus.CANCELLED else order.total
    return Money(lifecycle.overpaid_minor(due, payments), order.currency)


def _find_shift(principal: Principal, method: str) -> Shift | None:
    if method != "cash":
        return None
    open_shift = find_open_shift(principal.id)
    shift = find_shift(open_shift.id) if open_shift else None  # with the current cash counters
    if shift is None:
        raise build_cash_refusal(principal.role)
    return shift


def _commit(change: OrderChange, refunds: Sequence[CoveredPayment], shift: Shift | None) -> tuple[Order, list[Payment]]:
    order, refunded = change.order, {payment.id: lifecycle.refund(payment, part) for payment, part in refunds}
    payments = [refunded.get(payment.id, payment) for payment in change.payments]
    changes = {"payment_status": lifecycle.derive_payment_status(order.total, payments)}
    entry, head = change.append_event(_build_event(order, refunds, shift))
    changed = store.apply_changes(order, head, **changes)
    db.commit(
        [
            idempotency.record_answer(change.idempotency_key, order_to_json(changed, payments)),
            *(save_payment(payment, refunded[payment.id]) for payment, _ in refunds),
            *_build_other_writes(changed, payments, refunds, shift),
            store.change_order(order, head=head, **changes),
            entry,
        ]
    )
    return changed, payments


def _build_other_writes(
    order: Order, payments: Sequence[Payment], refunds: Sequence[CoveredPayment], shift: Shift | None
) -> list[Write]:
    is_settled = not derive_refund_owed(order, payments)
    return [
        *([remove_cash(shift, _sum(order, refunds))] if shift else []),
        *([store.close_task(order.id, store.REFUND_OWED)] if is_settled else []),
    ]


def _build_event(order: Order, refunds: Sequence[CoveredPayment], shift: Shift | None) -> RefundRecorded:
    amount = _sum(order, refunds)
    return RefundRecorded(
        order_id=order.id,
        method="cash" if shift else "transfer",
        amount_minor=amount.minor,
        currency=order.currency,
        refunds=tuple(RefundedPayment(payment.id, part.minor) for payment, part in refunds),
        till=shift.till if shift else "",
        shift=shift.id if shift else "",
        order_location=order.location,
        postings=postings.build_refund(order.id, amount, shift.till if shift else ""),
    )


def _sum(order: Order, refunds: Sequence[CoveredPayment]) -> Money:
    return Money(sum(part.minor for _, part in refunds), order.currency)
