"""Money for an order that waits for it: proof, confirmation, rejection, and cash at the counter instead.

Capturing turns the holds into allocations. Where a hold has lapsed and somebody took its units, they are reserved
afresh; where none are left, the order ends and the money is owed back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.customers.store import release_credit
from chalicelib.kit import clock, config, db, idempotency, ids
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound, StaleVersion
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money, total
from chalicelib.orders import cancel, order_json, store
from chalicelib.orders.model import (
    NotAwaitingMoney,
    Order,
    OrderStatus,
    PaymentCaptured,
    PaymentRejected,
    ProofSubmitted,
    merge_demand,
)
from chalicelib.orders.order_change import OrderChange, PaymentChange, load_change
from chalicelib.payments import lifecycle, postings
from chalicelib.payments.lifecycle import PaymentContext
from chalicelib.payments.model import PAYMENT_METHODS, NoOpenShift, Payment, PaymentStatus, Shift
from chalicelib.payments.shift_store import add_cash, find_open_shift
from chalicelib.payments.store import (
    cover_payments,
    create_payment,
    find_payment,
    transition_payment,
)
from chalicelib.places.find import list_selling_locations
from chalicelib.stock.inbound import InboundStock, plan_with_inbound
from chalicelib.stock.model import (
    Allocation,
    HoldGone,
    Movement,
    OutOfStock,
    allocation_movement,
    hold_release_movement,
    is_inbound_bucket,
)
from chalicelib.stock.plan import AvailableStock, Plan
from chalicelib.stock.store import build_level_writes as change_levels
from chalicelib.stock.store import delete_hold, load_holds, load_inbound_levels, load_lapsed_holds, load_levels


@db.retry_on_conflict
def submit_proof(principal: Principal, payment_id: str, proof: str) -> tuple[Order, list[Payment]]:
    """`proof` names what the customer sent: a reference they typed, or the key of a stored picture."""
    change, payment = _load_change_of_payment(principal, payment_id)
    if payment.status == PaymentStatus.PROOF_SUBMITTED and payment.proof == proof:
        return change.order, change.payments
    submitted = PaymentChange(payment, lifecycle.transition(payment, PaymentStatus.PROOF_SUBMITTED, proof=proof))
    return _commit(change, submitted, ProofSubmitted(change.order.id, payment.id))


@db.retry_on_conflict
def reject(principal: Principal, payment_id: str, reason: str) -> tuple[Order, list[Payment]]:
    """The proof was not good; the customer may send another while their hold lasts."""
    change, payment = _load_change_of_payment(principal, payment_id)
    if payment.status == PaymentStatus.REJECTED:
        return change.order, change.payments
    rejected = PaymentChange(payment, lifecycle.transition(payment, PaymentStatus.REJECTED))
    return _commit(change, rejected, PaymentRejected(change.order.id, payment.id, reason))


@db.retry_on_conflict
def confirm(principal: Principal, payment_id: str) -> tuple[Order, list[Payment]]:
    """The money is on the account. Confirming twice is a no-op."""
    change, payment = _load_change_of_payment(principal, payment_id)
    if payment.status == PaymentStatus.CAPTURED:
        return change.order, change.payments
    if not PAYMENT_METHODS[payment.method].holds_stock:
        raise NotAwaitingMoney(payment=payment.id, status=payment.status)
    return capture(change, PaymentChange(payment, lifecycle.capture(payment, actor=principal.id)))


def pay_in_cash(
    principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None = None
) -> tuple[Order, list[Payment]]:
    """A customer who was to transfer brings cash to the counter: all that is still open, into the cashier's shift."""
    idempotency.check_repeat(idempotency_key)
    return _take_cash(principal, order_id, idempotency_key)


@db.retry_on_conflict
def _take_cash(principal: Principal, order_id: str, asked: IdempotencyKey | None) -> tuple[Order, list[Payment]]:
    change = load_change(principal, order_id, asked)
    order, waiting = change.order, [payment for payment in change.payments if _is_awaiting_money(payment)]
    if order.status != OrderStatus.PLACED or not waiting:
        raise NotAwaitingMoney(payment=order.id, status=order.payment_status)
    shift = find_open_shift(principal.id)
    if shift is None:
        raise NoOpenShift()
    cash = _build_cash_payment(change, sum((one.outstanding for one in waiting[1:]), waiting[0].outstanding), shift)
    payments = [replace(one, status=PaymentStatus.CANCELLED) if one in waiting else one for one in change.payments]
    change = replace(change, payments=[*payments, cash])
    change = change.with_writes([transition_payment(one, PaymentStatus.CANCELLED) for one in waiting])
    return capture(change.with_writes([add_cash(shift, cash.amount), create_payment(cash)]), PaymentChange(None, cash))


def _build_cash_payment(change: OrderChange, amount: Money, shift: Shift) -> Payment:
    terms = PaymentContext(
        change.order.id,
        actor=change.principal.id,
        channel=change.order.channel,
        customer_id=change.order.customer_id,
        shift=shift,
    )
    [cash] = lifecycle.build_payments(terms, [("cash", amount)], amount, [ids.new("pay", change.now)])
    return cash


def capture(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    if change.order.status == OrderStatus.CANCELLED or (
        captured.before is not None and captured.before.status == PaymentStatus.CANCELLED
    ):
        return _capture_late(change, captured)
    try:
        return _capture_in_time(change, captured)
    except HoldGone as gone:
        raise StaleVersion() from gone  # taken since we looked: decide anew with what is left
    except OutOfStock:
        return cancel.cancel_with_refund_due(change, captured)


def _capture_in_time(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    order, waits = change.order, any(map(_is_awaiting_money, captured.apply_to(change.payments)))
    allocation = ConvertedHolds(order.pieces, [], [])
    if order.on_hold and not waits:
        allocation = allocate_holds(order, change.now)
        change = change.with_writes(
            [*allocation.writes, *change_levels(allocation.movements), store.stop_awaiting_payment(order)]
        )
    event = _build_captured_event(order, captured.after, allocation.movements)
    until = order.reserved_until if waits else None
    return _commit(change, captured, event, pieces=allocation.pieces, reserved_until=until)


def _is_awaiting_money(payment: Payment) -> bool:
    return (
        PAYMENT_METHODS[payment.method].holds_stock
        and bool(payment.outstanding)
        and payment.status != PaymentStatus.CANCELLED
    )


@dataclass(frozen=True)
class ConvertedHolds:
    """The pieces promised firmly to an order, and what it takes to make its holds into them."""

    pieces: tuple[Allocation, ...]
    movements: list[Movement]
    writes: list[Write]


def allocate_holds(order: Order, now: datetime) -> ConvertedHolds:
    """Raises OutOfStock when lapsed units are gone for good."""
    assert order.reserved_until is not None  # nosec B101 - asked by the caller
    holds = load_holds(order.id, order.pieces, order.reserved_until)
    kept = [hold.allocation for hold in holds]
    missing = [piece for piece in order.pieces if piece not in kept]
    movements = [move(piece) for piece in kept for move in (hold_release_movement, allocation_movement)]
    writes = [delete_hold(hold) for hold in holds]
    if not missing:
        return ConvertedHolds(order.pieces, movements, writes)
    plan = _plan_missing(order, missing, now)
    pieces = tuple(piece for piece in order.pieces if piece in kept) + plan.allocations
    return ConvertedHolds(
        pieces,
        movements + plan.to_movements(allocation_movement),
        writes + [delete_hold(hold) for hold in plan.taken_holds],
    )


def _plan_missing(order: Order, missing: Sequence[Allocation], now: datetime) -> Plan:
    demand = merge_demand([(piece.sku, piece.quantity) for piece in missing])
    places = list(
        dict.fromkeys([*(piece.location for piece in missing), *(one.id for one in list_selling_locations())])
    )
    levels = load_levels((sku, place) for sku in demand for place in places)
    coming = load_inbound_levels(levels) if any(is_inbound_bucket(piece.shard) for piece in missing) else []
    lapsed = load_lapsed_holds([level.level_id for level in (*levels, *coming) if level.reserved], now)
    others = [hold for hold in lapsed if hold.order_id != order.id]
    stock = AvailableStock(levels, places, others)
    return plan_with_inbound(demand, stock, InboundStock(coming, places, clock.day_of(now, config.zone()), others))


def _capture_late(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    """The order has ended, or was paid another way meanwhile: this money is taken into the books, pays what its
    customer still owes for the order, and what is left of it is owed back."""
    order, payment = change.order, captured.after
    paid = lifecycle.choose_payments_to_cover(change.payments, payment.captured)
    credit = total((part for each, part in paid if each.method == "credit"), order.currency)
    event = replace(_build_captured_event(order, payment, []), postings=postings.build_late_capture(payment, paid))
    event = replace(event, owed_minor=postings.late_surplus_minor(payment, paid), credit_minor=credit.minor)
    less = {each.id: lifecycle.cover(each, part) for each, part in paid}
    change = replace(change, payments=[less.get(one.id, one) for one in change.payments])
    freed = [release_credit(order.customer_id, credit)] if credit else []
    return _commit(change.with_writes([*cover_payments(paid), *freed]), captured, event)


def _build_captured_event(order: Order, payment: Payment, movements: Sequence[Movement]) -> PaymentCaptured:
    return PaymentCaptured(
        order_id=order.id,
        payment_id=payment.id,
        method=payment.method,
        amount_minor=payment.captured.minor,
        currency=order.currency,
        movements=tuple(movements),
        postings=postings.build_capture(payment),
    )


def check_access(principal: Principal, payment_id: str) -> None:
    """Raise NotFound if the caller may not see the payment."""
    _load_change_of_payment(principal, payment_id)


def _load_change_of_payment(principal: Principal, payment_id: str) -> tuple[OrderChange, Payment]:
    payment = find_payment(payment_id)
    if payment is None:
        raise NotFound()
    change = load_change(principal, payment.order_id)
    return change, next(one for one in change.payments if one.id == payment_id)


def _commit(
    change: OrderChange, step: PaymentChange, event: ProofSubmitted | PaymentRejected | PaymentCaptured, **changes: Any
) -> tuple[Order, list[Payment]]:
    order, payments = change.order, step.apply_to(change.payments)
    changes["payment_status"] = lifecycle.derive_payment_status(order.total, payments)
    changes["payment_ids"] = tuple(payment.id for payment in payments)
    entry, head = change.append_event(event)
    stands = store.apply_changes(order, head, **changes)
    answered = idempotency.record_answer(change.idempotency_key, order_json.order_to_json(stands, payments))
    changed = store.change_order(order, head=head, **changes)
    db.commit([answered, *step.writes, *change.writes, changed, entry])
    return stands, payments
