"""Money for an order that waits for it: proof, confirmation, rejection, and cash at the counter instead.

Capturing turns the holds into allocations. Where a hold has lapsed and somebody took its units, they are reserved
afresh; where none are left, the order ends and the money is owed back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.customers.store import give_back_credit
from chalicelib.kit import clock, config, db, ids, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved, NotFound
from chalicelib.kit.money import Money, total
from chalicelib.kit.requests import Asked
from chalicelib.orders import cancel, show, store
from chalicelib.orders.model import (
    NotAwaitingMoney,
    Order,
    OrderStatus,
    PaymentCaptured,
    PaymentRejected,
    ProofSubmitted,
    merged,
)
from chalicelib.orders.order_change import OrderChange, PaymentChange, load_change
from chalicelib.payments import pay, post
from chalicelib.payments.model import METHODS, NoOpenShift, Payment, PaymentStatus, Shift
from chalicelib.payments.pay import PaymentTerms
from chalicelib.payments.shift_store import cash_into, open_shift_of
from chalicelib.payments.store import (
    cover_payments,
    load_payment,
    move_payment,
    open_payment,
)
from chalicelib.places.find import selling_locations
from chalicelib.stock.coming import Coming, plan_with_expected
from chalicelib.stock.model import HoldGone, Movement, OutOfStock, Piece, allocated, is_expected, released_hold
from chalicelib.stock.plan import AvailableStock, Plan
from chalicelib.stock.store import change as change_levels
from chalicelib.stock.store import drop_hold, holds_of, lapsed_holds, load_expected, load_levels


@db.decided_anew
def submit_proof(principal: Principal, payment_id: str, proof: str) -> tuple[Order, list[Payment]]:
    """`proof` names what the customer sent: a reference they typed, or the key of a stored picture."""
    change, payment = _load(principal, payment_id)
    if payment.status == PaymentStatus.PROOF_SUBMITTED and payment.proof == proof:
        return change.order, change.payments
    submitted = PaymentChange(payment, pay.moved(payment, PaymentStatus.PROOF_SUBMITTED, proof=proof))
    return _commit(change, submitted, ProofSubmitted(change.order.id, payment.id))


@db.decided_anew
def reject(principal: Principal, payment_id: str, reason: str) -> tuple[Order, list[Payment]]:
    """The proof was not good; the customer may send another while their hold lasts."""
    change, payment = _load(principal, payment_id)
    if payment.status == PaymentStatus.REJECTED:
        return change.order, change.payments
    rejected = PaymentChange(payment, pay.moved(payment, PaymentStatus.REJECTED))
    return _commit(change, rejected, PaymentRejected(change.order.id, payment.id, reason))


@db.decided_anew
def confirm(principal: Principal, payment_id: str) -> tuple[Order, list[Payment]]:
    """The money is on the account. Confirming twice is a no-op."""
    change, payment = _load(principal, payment_id)
    if payment.status == PaymentStatus.CAPTURED:
        return change.order, change.payments
    if not METHODS[payment.method].holds:
        raise NotAwaitingMoney(payment=payment.id, status=payment.status)
    return capture(change, PaymentChange(payment, pay.captured(payment, actor=principal.id)))


def pay_in_cash(principal: Principal, order_id: str, asked: Asked | None = None) -> tuple[Order, list[Payment]]:
    """A customer who was to transfer brings cash to the counter: all that is still open, into the cashier's shift."""
    requests.look_up(asked)
    return _take_cash(principal, order_id, asked)


@db.decided_anew
def _take_cash(principal: Principal, order_id: str, asked: Asked | None) -> tuple[Order, list[Payment]]:
    change = load_change(principal, order_id, asked)
    order, waiting = change.order, [payment for payment in change.payments if _is_awaited(payment)]
    if order.status != OrderStatus.PLACED or not waiting:
        raise NotAwaitingMoney(payment=order.id, status=order.payment_status)
    shift = open_shift_of(principal.id)
    if shift is None:
        raise NoOpenShift()
    cash = _cash(change, sum((one.open for one in waiting[1:]), waiting[0].open), shift)
    payments = [replace(one, status=PaymentStatus.CANCELLED) if one in waiting else one for one in change.payments]
    change = replace(change, payments=[*payments, cash])
    change = change.adding([move_payment(one, PaymentStatus.CANCELLED) for one in waiting])
    return capture(change.adding([cash_into(shift, cash.amount), open_payment(cash)]), PaymentChange(None, cash))


def _cash(change: OrderChange, amount: Money, shift: Shift) -> Payment:
    terms = PaymentTerms(
        change.order.id,
        actor=change.principal.id,
        channel=change.order.channel,
        customer_id=change.order.customer_id,
        shift=shift,
    )
    [cash] = pay.build_payments(terms, [("cash", amount)], amount, [ids.new("pay", change.now)])
    return cash


def capture(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    if change.order.status == OrderStatus.CANCELLED or (
        captured.before is not None and captured.before.status == PaymentStatus.CANCELLED
    ):
        return _capture_late(change, captured)
    try:
        return _capture_in_time(change, captured)
    except HoldGone as gone:
        raise Moved() from gone  # taken since we looked: decide anew with what is left
    except OutOfStock:
        return cancel.cancel_and_owe_back(change, captured)


def _capture_in_time(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    order, waits = change.order, any(map(_is_awaited, captured.among(change.payments)))
    allocation = Allocated(order.pieces, [], [])
    if order.on_hold and not waits:
        allocation = allocate_holds(order, change.now)
        change = change.adding([*allocation.writes, *change_levels(allocation.movements), store.stop_waiting(order)])
    event = _captured(order, captured.after, allocation.movements)
    until = order.reserved_until if waits else None
    return _commit(change, captured, event, pieces=allocation.pieces, reserved_until=until)


def _is_awaited(payment: Payment) -> bool:
    return METHODS[payment.method].holds and bool(payment.open) and payment.status != PaymentStatus.CANCELLED


@dataclass(frozen=True)
class Allocated:
    """The pieces promised firmly to an order, and what it takes to make its holds into them."""

    pieces: tuple[Piece, ...]
    movements: list[Movement]
    writes: list[Write]


def allocate_holds(order: Order, now: datetime) -> Allocated:
    """Raises OutOfStock when lapsed units are gone for good."""
    assert order.reserved_until is not None  # nosec B101 - asked by the caller
    holds = holds_of(order.id, order.pieces, order.reserved_until)
    kept = [hold.piece for hold in holds]
    missing = [piece for piece in order.pieces if piece not in kept]
    movements = [move(piece) for piece in kept for move in (released_hold, allocated)]
    writes = [drop_hold(hold) for hold in holds]
    if not missing:
        return Allocated(order.pieces, movements, writes)
    plan = _plan_missing(order, missing, now)
    pieces = tuple(piece for piece in order.pieces if piece in kept) + plan.pieces
    return Allocated(pieces, movements + plan.moved_by(allocated), writes + [drop_hold(hold) for hold in plan.takes])


def _plan_missing(order: Order, missing: Sequence[Piece], now: datetime) -> Plan:
    demand = merged([(piece.sku, piece.quantity) for piece in missing])
    places = list(dict.fromkeys([*(piece.location for piece in missing), *(one.id for one in selling_locations())]))
    levels = load_levels((sku, place) for sku in demand for place in places)
    coming = load_expected(levels) if any(is_expected(piece.shelf) for piece in missing) else []
    lapsed = lapsed_holds([level.place for level in (*levels, *coming) if level.reserved], now)
    others = [hold for hold in lapsed if hold.order_id != order.id]
    stock = AvailableStock(levels, places, others)
    return plan_with_expected(demand, stock, Coming(coming, places, clock.day_of(now, config.zone()), others))


def _capture_late(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    """The order has ended, or was paid another way meanwhile: this money is taken into the books, pays what its
    customer still owes for the order, and what is left of it is owed back."""
    order, payment = change.order, captured.after
    paid = pay.covering(change.payments, payment.captured)
    credit = total((part for each, part in paid if each.method == "credit"), order.currency)
    event = replace(_captured(order, payment, []), postings=post.late(payment, paid))
    event = replace(event, owed_minor=post.too_late(payment, paid), credit_minor=credit.minor)
    less = {each.id: pay.covered(each, part) for each, part in paid}
    change = replace(change, payments=[less.get(one.id, one) for one in change.payments])
    freed = [give_back_credit(order.customer_id, credit)] if credit else []
    return _commit(change.adding([*cover_payments(paid), *freed]), captured, event)


def _captured(order: Order, payment: Payment, movements: Sequence[Movement]) -> PaymentCaptured:
    return PaymentCaptured(
        order_id=order.id,
        payment_id=payment.id,
        method=payment.method,
        amount_minor=payment.captured.minor,
        currency=order.currency,
        movements=tuple(movements),
        postings=post.capture(payment),
    )


def check_access(principal: Principal, payment_id: str) -> None:
    """Raise NotFound if the caller may not see the payment."""
    _load(principal, payment_id)


def _load(principal: Principal, payment_id: str) -> tuple[OrderChange, Payment]:
    payment = load_payment(payment_id)
    if payment is None:
        raise NotFound()
    change = load_change(principal, payment.order_id)
    return change, next(one for one in change.payments if one.id == payment_id)


def _commit(
    change: OrderChange, step: PaymentChange, event: ProofSubmitted | PaymentRejected | PaymentCaptured, **changes: Any
) -> tuple[Order, list[Payment]]:
    order, payments = change.order, step.among(change.payments)
    changes["payment_status"] = pay.payment_status(order.total, payments)
    changes["payment_ids"] = tuple(payment.id for payment in payments)
    entry, head = change.append_event(event)
    stands = store.after(order, head, **changes)
    answered = requests.remember(change.asked, show.as_json(stands, payments))
    changed = store.change_order(order, head=head, **changes)
    db.commit([answered, *step.writes, *change.writes, changed, entry])
    return stands, payments
