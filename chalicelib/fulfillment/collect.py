"""Cash at the door: what is still due when the last goods arrive goes into the till of whoever brought them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.fulfillment.model import Case
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.money import total
from chalicelib.payments import post
from chalicelib.payments.model import Payment, PaymentRecord, PaymentStatus, Posting, Shift, bag_of
from chalicelib.payments.pay import captured, payment_status
from chalicelib.payments.shift_store import cash_into, open_shift_of
from chalicelib.payments.store import load_payments, save_payment


@dataclass(frozen=True)
class Collected:
    payments: tuple[PaymentRecord, ...] = ()
    postings: tuple[Posting, ...] = ()
    writes: list[Write] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)  # to the order's row


def collect(principal: Principal, case: Case) -> Collected:
    """Nothing moves when nothing is due. Without an open shift it goes into his own bag, to be handed over later."""
    payments = load_payments(case.order.payment_ids)
    due = [payment for payment in payments if payment.status == PaymentStatus.DUE]
    if not due:
        return Collected()
    till = open_shift_of(principal.id) or bag_of(principal.id, case.order.currency)
    paid = {payment.id: captured(payment, actor=principal.id, shift=till) for payment in due}
    after = [paid.get(payment.id, payment) for payment in payments]
    return Collected(
        payments=tuple(each.record(each.captured) for each in paid.values()),
        postings=post.merged(posting for each in paid.values() for posting in post.capture(each)),
        writes=[save_payment(payment, paid[payment.id]) for payment in due] + [_into(till, due)],
        changes={"payment_status": payment_status(case.order.total, after)},
    )


def _into(till: Shift, due: Sequence[Payment]) -> Write:
    return cash_into(till, total((payment.amount for payment in due), till.opening.currency))
