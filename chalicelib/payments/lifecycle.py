"""Rules for the payments of an order: creation, transitions, ending, and the derived payment status. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from chalicelib.customers.model import NoCreditTerms
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money, format_money, total, zero
from chalicelib.payments.model import (
    MAX_PAYMENTS_PER_ORDER,
    MAX_PROOFS,
    PAYMENT_METHODS,
    PAYMENT_STATES,
    MethodUnavailable,
    NoOpenShift,
    OrderPaymentStatus,
    Payment,
    PaymentCannotMove,
    PaymentStatus,
    ProofReplaced,
    ReceivedTooLittle,
    Shift,
    TooManyProofs,
)

Tender = tuple[str, Money | None]  # a payment method and its amount; None is the rest of the total
CoveredPayment = tuple[Payment, Money]  # a payment and the part of its amount that is no longer due
# In the order in which surplus money covers them.
OPEN_STATUSES = (
    PaymentStatus.ON_CREDIT,
    PaymentStatus.DUE,
    PaymentStatus.AWAITING_PROOF,
    PaymentStatus.REJECTED,
    PaymentStatus.PROOF_SUBMITTED,
)
AWAITING_TRANSFER = {PaymentStatus.AWAITING_PROOF, PaymentStatus.REJECTED}


@dataclass(frozen=True)
class PaymentContext:
    """Values that all payments of an order share.

    `shift` receives cash. `due_on` is when credit is due, None for a customer without credit terms. `reference` and
    `expires_at` apply to transfers.
    """

    order_id: str
    actor: str = ""
    channel: str = ""
    customer_id: str = ""
    shift: Shift | None = None
    due_on: date | None = None
    reference: str = ""
    expires_at: datetime | None = None


def build_payments(
    context: PaymentContext, tenders: Sequence[Tender], total_due: Money, payment_ids: Sequence[str]
) -> list[Payment]:
    """Return one payment per tender in the initial status of its method, or none if `total_due` is zero.

    Raises MethodUnavailable, NoOpenShift, NoCreditTerms, and Invalid if the amounts do not sum to `total_due`.
    """
    for method, _ in tenders:
        _check_method(method)
    parts = _split_total(tenders, total_due) if total_due else []
    if len(payment_ids) < len(parts):
        raise ValueError(f"{len(parts)} payments need as many ids, not {len(payment_ids)}")
    return [_build_payment(payment_id, part, context) for payment_id, part in zip(payment_ids, parts)]


def _check_method(method: str) -> None:
    if method not in PAYMENT_METHODS:
        raise MethodUnavailable(method=method, methods=sorted(PAYMENT_METHODS))


def _build_payment(payment_id: str, part: tuple[str, Money], context: PaymentContext) -> Payment:
    method, amount = part
    initial = PAYMENT_METHODS[method].initial
    return Payment(
        payment_id,
        context.order_id,
        method,
        amount,
        initial,
        captured=amount if initial == PaymentStatus.CAPTURED else zero(amount.currency),
        refunded=zero(amount.currency),
        customer_id=context.customer_id,
        actor=context.actor,
        channel=context.channel,
        **_method_fields(method, context),
    )


def _method_fields(method: str, context: PaymentContext) -> dict[str, Any]:
    if method == "cash":
        if context.shift is None:
            raise NoOpenShift()
        return {"till": context.shift.till, "shift": context.shift.id}
    if method == "credit":
        if context.due_on is None:
            raise NoCreditTerms()
        return {"due_on": context.due_on}
    if PAYMENT_METHODS[method].holds_stock:
        return {"reference": context.reference, "expires_at": context.expires_at}
    return {}


def _split_total(tenders: Sequence[Tender], total_due: Money) -> list[tuple[str, Money]]:
    """Return the amount of each tender. At most one tender may omit its amount; it pays the rest."""
    problem = _find_tender_problem(tenders, total_due)
    if problem:
        raise Invalid(("payments", problem))
    rest = total_due - total((amount for _, amount in tenders if amount is not None), total_due.currency)
    return [(method, amount if amount is not None else rest) for method, amount in tenders]


def _find_tender_problem(tenders: Sequence[Tender], total_due: Money) -> str:
    """Return the reason why `tenders` cannot pay the total, or an empty string."""
    stated = [amount for _, amount in tenders if amount is not None]
    if not 1 <= len(tenders) <= MAX_PAYMENTS_PER_ORDER:
        return f"send 1 to {MAX_PAYMENTS_PER_ORDER} payments"
    if any(amount.currency != total_due.currency for amount in stated):
        return f"must be in {total_due.currency}, the currency of the order"
    if any(amount.minor <= 0 for amount in stated):
        return "every amount must be above zero"
    if len(tenders) - len(stated) > 1:
        return "only one payment may omit its amount"
    stated_total = total(stated, total_due.currency)
    has_open_tender = len(stated) < len(tenders)
    is_sum_possible = stated_total < total_due if has_open_tender else stated_total == total_due
    if not is_sum_possible:
        return f"the amounts sum to {format_money(stated_total)}, but the order total is {format_money(total_due)}"
    return ""


def transition(payment: Payment, to: PaymentStatus, **changes: Any) -> Payment:
    """Return the payment in status `to`, with `changes`. Capturing captures the whole amount by default.

    Raises PaymentCannotMove if the method's transition table does not allow it.
    """
    if to not in PAYMENT_STATES[payment.method][payment.status]:
        raise PaymentCannotMove(payment_id=payment.id, method=payment.method, payment_status=payment.status, to=to)
    if to == PaymentStatus.CAPTURED:
        changes = {"captured": payment.amount} | changes
    return replace(payment, status=to, version=payment.version + 1, **changes)


def submit_proof(payment: Payment, reference: str, file: str) -> Payment:
    """Return the payment with this proof, which replaces an earlier one that nobody has accepted.

    Raises PaymentCannotMove, and TooManyProofs after MAX_PROOFS without a decision.
    """
    if payment.proofs_sent >= MAX_PROOFS:
        raise TooManyProofs(payment_id=payment.id, most=MAX_PROOFS)
    replaced = [(payment.proof, payment.proof_file)] if payment.proof or payment.proof_file else []
    changes: dict[str, Any] = {"proof": reference, "proof_file": file, "proofs_sent": payment.proofs_sent + 1}
    changes["earlier_proofs"] = (*payment.earlier_proofs, *replaced)
    if payment.status == PaymentStatus.PROOF_SUBMITTED:
        return replace(payment, version=payment.version + 1, **changes)
    return transition(payment, PaymentStatus.PROOF_SUBMITTED, **changes)


def check_proof(payment: Payment, number: int | None) -> None:
    """Raise ProofReplaced if a proof was sent after the one with this number; None stands for the latest."""
    if number is not None and number != payment.proof_number:
        raise ProofReplaced(payment_id=payment.id, number=payment.proof_number)


def capture(payment: Payment, *, actor: str, shift: Shift | None = None) -> Payment:
    """Return the payment captured by `actor`; for cash on delivery `shift` is the shift or bag that received it."""
    till_fields = {"till": shift.till, "shift": shift.id} if shift else {}
    return transition(payment, PaymentStatus.CAPTURED, actor=actor, **till_fields)


def receive_transfer(payment: Payment, received: Money) -> Payment:
    """Return the transfer with the amount that arrived; its customer may have sent more than is due.

    Raises ReceivedTooLittle, unless the order no longer waits for this transfer.
    """
    if received < payment.amount and payment.status not in (PaymentStatus.CANCELLED, PaymentStatus.EXPIRED):
        raise ReceivedTooLittle(payment_id=payment.id, due=payment.amount, received=received)
    return replace(payment, amount=received)


def settle(payment: Payment, amount: Money) -> Payment:
    """Return a credit payment with `amount` more collected; it is captured once nothing is outstanding."""
    paid = replace(payment, captured=payment.captured + amount)
    return (
        transition(paid, PaymentStatus.CAPTURED) if not paid.outstanding else replace(paid, version=payment.version + 1)
    )


def choose_payments_to_cover(payments: Iterable[Payment], amount: Money) -> list[CoveredPayment]:
    """Return the payments that surplus money of a transfer covers: credit first, then cash on delivery.

    Without this the customer would pay twice: another payment replaced a transfer that arrived late, or more arrived
    than was due.
    """
    return _choose_by_status(payments, amount, (PaymentStatus.ON_CREDIT, PaymentStatus.DUE))


def choose_payments_of_surplus(payments: Iterable[Payment], amount: Money) -> list[CoveredPayment]:
    """Return the payments that money beyond an order's transfer covers: also its other transfers that are open."""
    return _choose_by_status(payments, amount, OPEN_STATUSES)


def _choose_by_status(
    payments: Iterable[Payment], amount: Money, statuses: Sequence[PaymentStatus]
) -> list[CoveredPayment]:
    listed = list(payments)
    unpaid = [payment for status in statuses for payment in listed if payment.status == status]
    covered: list[CoveredPayment] = []
    for payment in unpaid:
        if part := min(payment.outstanding, amount):
            covered.append((payment, part))
            amount = amount - part
    return covered


def choose_payments_to_reduce(payments: Iterable[Payment], amount: Money) -> list[CoveredPayment]:
    """Return the unpaid payments that cancelled goods of `amount` make smaller: credit, then cash, then transfers.

    What they do not cover was paid already and is owed back.
    """
    listed = list(payments)
    covered = choose_payments_to_cover(listed, amount)
    rest = amount - total((part for _, part in covered), amount.currency)
    for payment in listed:
        if payment.status in AWAITING_TRANSFER and (part := min(payment.outstanding, rest)):
            covered.append((payment, part))
            rest = rest - part
    return covered


def cover(payment: Payment, part: Money) -> Payment:
    """Return the payment reduced by `part`; it is cancelled or captured once nothing is outstanding."""
    if part == payment.amount:
        return transition(payment, PaymentStatus.CANCELLED)
    reduced = replace(payment, amount=payment.amount - part)
    if not reduced.outstanding:
        return transition(reduced, PaymentStatus.CAPTURED)
    return replace(reduced, version=payment.version + 1)


def choose_payments_to_refund(payments: Iterable[Payment], amount: Money) -> list[CoveredPayment]:
    """Return the captured payments that a refund of `amount` returns and the part of each, the newest first."""
    refunds: list[CoveredPayment] = []
    for payment in reversed(list(payments)):
        if part := min(payment.captured - payment.refunded, amount):
            refunds.append((payment, part))
            amount = amount - part
    return refunds


def refund(payment: Payment, part: Money) -> Payment:
    """Return the payment with `part` of its captured money returned to the customer."""
    return replace(payment, refunded=payment.refunded + part, version=payment.version + 1)


def close_with_order(payment: Payment, to: PaymentStatus = PaymentStatus.CANCELLED) -> Payment:
    """Return the payment after its order ended in cancellation or expiry.

    A captured payment stays captured and is refunded later; others become `to`, or cancelled where the method has no
    such status.
    """
    if payment.status in (PaymentStatus.CAPTURED, PaymentStatus.CANCELLED, PaymentStatus.EXPIRED):
        return payment
    return transition(payment, to if to in PAYMENT_STATES[payment.method] else PaymentStatus.CANCELLED)


def derive_payment_status(order_total: Money, payments: Iterable[Payment]) -> OrderPaymentStatus:
    """Return the payment status of an order from its total and its payments."""
    listed = list(payments)
    captured = sum(payment.captured.minor for payment in listed)
    refunded = sum(payment.refunded.minor for payment in listed)
    statuses = {payment.status for payment in listed}
    if refunded:
        return OrderPaymentStatus.REFUNDED if refunded >= captured else OrderPaymentStatus.PARTLY_REFUNDED
    if captured >= order_total.minor:
        return OrderPaymentStatus.PAID
    if captured:
        return OrderPaymentStatus.PARTLY_PAID
    if PaymentStatus.ON_CREDIT in statuses:
        return OrderPaymentStatus.ON_CREDIT
    return OrderPaymentStatus.PENDING if PaymentStatus.PROOF_SUBMITTED in statuses else OrderPaymentStatus.UNPAID


def overpaid_minor(order_total: Money, payments: Iterable[Payment]) -> int:
    """Return the minor units captured beyond the order total, 0 if none.

    No payment is open then, because `choose_payments_to_cover` applies surplus money to open payments first.
    """
    net_captured = sum(payment.captured.minor - payment.refunded.minor for payment in payments)
    return max(0, net_captured - order_total.minor)


def unpaid_before_dispatch(payments: Iterable[Payment]) -> list[Payment]:
    """Return the payments that block dispatch. A cancelled one does not: another payment replaced it."""
    return [
        payment
        for payment in payments
        if PAYMENT_METHODS[payment.method].captured_before_dispatch
        and payment.status != PaymentStatus.CANCELLED
        and payment.outstanding
    ]


def cash_to_collect(payments: Iterable[Payment], currency: str) -> Money:
    """Return the sum of the cash-on-delivery payments that are due."""
    return total((payment.amount for payment in payments if payment.status == PaymentStatus.DUE), currency)
