"""Collecting cash on delivery: payments still due when the last goods arrive are captured into a till."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.fulfillment.model import OrderFulfillment
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.money import total
from chalicelib.payments import postings
from chalicelib.payments.lifecycle import capture, derive_payment_status
from chalicelib.payments.model import Payment, PaymentRecord, PaymentStatus, Posting, Shift, build_cash_bag
from chalicelib.payments.shift_store import add_cash, find_open_shift
from chalicelib.payments.store import load_payments, save_payment


@dataclass(frozen=True)
class CashCollection:
    """Captured payments with their postings and writes; empty when nothing was due."""

    payments: tuple[PaymentRecord, ...] = ()
    postings: tuple[Posting, ...] = ()
    writes: list[Write] = field(default_factory=list)
    order_changes: dict[str, Any] = field(default_factory=dict)  # to the order's row


def collect_cash(principal: Principal, order_fulfillment: OrderFulfillment) -> CashCollection:
    """Capture all due payments into the caller's open shift, or else into their cash bag, to be handed over later."""
    payments = load_payments(order_fulfillment.order.payment_ids)
    due = [payment for payment in payments if payment.status == PaymentStatus.DUE]
    if not due:
        return CashCollection()
    till = find_open_shift(principal.id) or build_cash_bag(principal.id, order_fulfillment.order.currency)
    paid = {payment.id: capture(payment, actor=principal.id, shift=till) for payment in due}
    after = [paid.get(payment.id, payment) for payment in payments]
    return CashCollection(
        payments=tuple(payment.to_record(payment.captured) for payment in paid.values()),
        postings=postings.merge_postings(
            posting for payment in paid.values() for posting in postings.build_capture(payment)
        ),
        writes=[save_payment(payment, paid[payment.id]) for payment in due] + [_cash_write(till, due)],
        order_changes={"payment_status": derive_payment_status(order_fulfillment.order.total, after)},
    )


def _cash_write(till: Shift, due: Sequence[Payment]) -> Write:
    return add_cash(till, total((payment.amount for payment in due), till.opening.currency))
