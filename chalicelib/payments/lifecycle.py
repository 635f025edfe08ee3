"""What an order is paid with: how its tenders begin, move and end, and how paid that leaves it. Pure."""

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
    PAYMENT_METHODS,
    PAYMENT_STATES,
    MethodUnavailable,
    NoOpenShift,
    OrderPaymentStatus,
    Payment,
    PaymentCannotMove,
    PaymentStatus,
    Shift,
)

Tender = tuple[str, Money | None]
CoveredPayment = tuple[Payment, Money]  # a tender, and how much of what it should bring other money brought


@dataclass(frozen=True)
class PaymentContext:
    """What all payments of an order share. `shift` is where cash goes, `due_on` when credit is due (None for a customer
    without credit terms), `reference` and `expires_at` belong to transfers."""

    order_id: str
    actor: str = ""
    channel: str = ""
    customer_id: str = ""
    shift: Shift | None = None
    due_on: date | None = None
    reference: str = ""
    expires_at: datetime | None = None


def build_payments(
    terms: PaymentContext, tenders: Sequence[Tender], whole: Money, payment_ids: Sequence[str]
) -> list[Payment]:
    """The order's payments, each in the first state of its method; none when there is nothing to pay. Raises
    MethodUnavailable, Invalid for amounts that do not come to `whole`, NoOpenShift and NoCreditTerms."""
    for method, _ in tenders:
        _check_method(method)
    parts = _split_total(tenders, whole) if whole else []
    if len(payment_ids) < len(parts):
        raise ValueError(f"{len(parts)} payments need as many ids")
    return [_build_payment(payment_id, part, terms) for payment_id, part in zip(payment_ids, parts)]


def _check_method(method: str) -> None:
    if method not in PAYMENT_METHODS:
        raise MethodUnavailable(method=method, methods=sorted(PAYMENT_METHODS))


def _build_payment(payment_id: str, part: tuple[str, Money], terms: PaymentContext) -> Payment:
    method, amount = part
    initial = PAYMENT_METHODS[method].initial
    return Payment(
        payment_id,
        terms.order_id,
        method,
        amount,
        initial,
        captured=amount if initial == PaymentStatus.CAPTURED else zero(amount.currency),
        refunded=zero(amount.currency),
        customer_id=terms.customer_id,
        actor=terms.actor,
        channel=terms.channel,
        **_method_fields(method, terms),
    )


def _method_fields(method: str, terms: PaymentContext) -> dict[str, Any]:
    if method == "cash":
        if terms.shift is None:
            raise NoOpenShift()
        return {"till": terms.shift.till, "shift": terms.shift.id}
    if method == "credit":
        if terms.due_on is None:
            raise NoCreditTerms()
        return {"due_on": terms.due_on}
    return {"reference": terms.reference, "expires_at": terms.expires_at} if PAYMENT_METHODS[method].holds_stock else {}


def _split_total(tenders: Sequence[Tender], whole: Money) -> list[tuple[str, Money]]:
    """At most one tender may leave its amount open: it pays the rest."""
    problem = _find_tender_problem(tenders, whole)
    if problem:
        raise Invalid(("payments", problem))
    rest = whole - total((amount for _, amount in tenders if amount is not None), whole.currency)
    return [(method, amount if amount is not None else rest) for method, amount in tenders]


def _find_tender_problem(tenders: Sequence[Tender], whole: Money) -> str:
    stated = [amount for _, amount in tenders if amount is not None]
    if not 1 <= len(tenders) <= MAX_PAYMENTS_PER_ORDER:
        return f"send one to {MAX_PAYMENTS_PER_ORDER} of them"
    if any(amount.currency != whole.currency for amount in stated):
        return f"this order is paid in {whole.currency}"
    if any(amount.minor <= 0 for amount in stated):
        return "each amount is above zero"
    if len(tenders) - len(stated) > 1:
        return "only one of them may leave its amount out"
    given = total(stated, whole.currency)
    if given != whole if len(stated) == len(tenders) else whole <= given:
        return f"they come to {format_money(given)} and the order to {format_money(whole)}"
    return ""


def transition(payment: Payment, to: PaymentStatus, **changes: Any) -> Payment:
    """The payment after one step of its table; capturing takes the whole amount."""
    if to not in PAYMENT_STATES[payment.method][payment.status]:
        raise PaymentCannotMove(payment_id=payment.id, method=payment.method, status=payment.status, to=to)
    if to == PaymentStatus.CAPTURED:
        changes = {"captured": payment.amount} | changes
    return replace(payment, status=to, version=payment.version + 1, **changes)


def capture(payment: Payment, *, actor: str, shift: Shift | None = None) -> Payment:
    """Money has come in: COD names the shift (or bag) it went into."""
    where = {"till": shift.till, "shift": shift.id} if shift else {}
    return transition(payment, PaymentStatus.CAPTURED, actor=actor, **where)


def settle(payment: Payment, amount: Money) -> Payment:
    """A credit tender of which `amount` more has been collected."""
    paid = replace(payment, captured=payment.captured + amount)
    return (
        transition(paid, PaymentStatus.CAPTURED) if not paid.outstanding else replace(paid, version=payment.version + 1)
    )


def choose_payments_to_cover(payments: Iterable[Payment], amount: Money) -> list[CoveredPayment]:
    """Which tenders money that nobody expects any more takes over, and how much of each: his debt, then his door."""
    owing = [
        each for status in (PaymentStatus.ON_CREDIT, PaymentStatus.DUE) for each in payments if each.status == status
    ]
    covered: list[CoveredPayment] = []
    for each in owing:
        if part := min(each.outstanding, amount):
            covered.append((each, part))
            amount = amount - part
    return covered


def cover(payment: Payment, part: Money) -> Payment:
    """A tender of which other money has paid `part`: it asks for so much less, and for nothing more at last."""
    if part == payment.amount:
        return transition(payment, PaymentStatus.CANCELLED)
    less = replace(payment, amount=payment.amount - part)
    return replace(less, version=payment.version + 1) if less.outstanding else transition(less, PaymentStatus.CAPTURED)


def close_with_order(payment: Payment, to: PaymentStatus = PaymentStatus.CANCELLED) -> Payment:
    """What its order's end makes of it: what came in stays and is owed back, what did not will not."""
    if payment.status in (PaymentStatus.CAPTURED, PaymentStatus.CANCELLED, PaymentStatus.EXPIRED):
        return payment
    return transition(payment, to if to in PAYMENT_STATES[payment.method] else PaymentStatus.CANCELLED)


def derive_payment_status(order_total: Money, payments: Iterable[Payment]) -> OrderPaymentStatus:
    """Derived, never stored as a truth of its own."""
    listed = list(payments)
    taken = sum(payment.captured.minor for payment in listed)
    returned = sum(payment.refunded.minor for payment in listed)
    states = {payment.status for payment in listed}
    if returned:
        return OrderPaymentStatus.REFUNDED if returned >= taken else OrderPaymentStatus.PARTLY_REFUNDED
    if taken >= order_total.minor:
        return OrderPaymentStatus.PAID
    if taken:
        return OrderPaymentStatus.PARTLY_PAID
    if PaymentStatus.ON_CREDIT in states:
        return OrderPaymentStatus.ON_CREDIT
    return OrderPaymentStatus.PENDING if PaymentStatus.PROOF_SUBMITTED in states else OrderPaymentStatus.UNPAID


def overpaid_minor(whole: Money, payments: Iterable[Payment]) -> int:
    """Came in beyond what the order asked; nothing is open then, for it has paid that first (`covering`)."""
    return max(0, sum(payment.captured.minor - payment.refunded.minor for payment in payments) - whole.minor)


def unpaid_before_dispatch(payments: Iterable[Payment]) -> list[Payment]:
    """The tenders that keep goods from leaving; a cancelled one has been replaced by another."""
    first = [
        each
        for each in payments
        if PAYMENT_METHODS[each.method].captured_before_dispatch and each.status != PaymentStatus.CANCELLED
    ]
    return [payment for payment in first if payment.outstanding]


def cash_to_collect(payments: Iterable[Payment], currency: str) -> Money:
    return total((payment.amount for payment in payments if payment.status == PaymentStatus.DUE), currency)
