"""Payments for orders that await money: proof of transfer, confirmation, rejection, or cash at the counter instead.

Capturing turns the order's holds into allocations. Units lost because their hold lapsed are planned again; if the goods
are out of stock, the order is cancelled and the money is owed back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.customers.store import release_credit
from chalicelib.kit import db, idempotency, ids
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound, StaleVersion
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money, total
from chalicelib.orders import cancel, order_json, store
from chalicelib.orders.model import (
    NotAwaitingMoney,
    Order,
    OrderNotAwaitingMoney,
    OrderStatus,
    PaymentCaptured,
    PaymentRejected,
    ProofSubmitted,
    merge_demand,
)
from chalicelib.orders.order_change import OrderChange, PaymentChange, load_change
from chalicelib.payments import lifecycle, postings
from chalicelib.payments.lifecycle import CoveredPayment, PaymentContext
from chalicelib.payments.model import PAYMENT_METHODS, Payment, PaymentStatus, Shift, build_cash_refusal
from chalicelib.payments.shift_store import add_cash, find_open_shift
from chalicelib.payments.store import (
    cover_payments,
    create_payment,
    find_payment,
    transition_payment,
)
from chalicelib.places.find import business_days, list_selling_locations
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
from chalicelib.stock.store import (
    build_level_writes,
    delete_hold,
    load_holds,
    load_inbound_levels,
    load_lapsed_holds,
    load_levels,
)


@db.retry_on_conflict
def submit_proof(
    principal: Principal, payment_id: str, reference: str = "", file: str = ""
) -> tuple[Order, list[Payment]]:
    """Record proof of a transfer and return the order and its payments. Sending the same proof twice is a no-op.

    It replaces a proof that staff have not decided on; the payment lists the replaced one too. `reference` is what the
    customer typed, `file` the key of a stored picture.
    """
    change, payment = _load_change_of_payment(principal, payment_id)
    is_same = (payment.proof, payment.proof_file) == (reference, file)
    if payment.status == PaymentStatus.PROOF_SUBMITTED and is_same:
        return change.order, change.payments
    submitted = PaymentChange(payment, lifecycle.submit_proof(payment, reference, file))
    return _commit(change, submitted, ProofSubmitted(change.order.id, payment.id, file))


@db.retry_on_conflict
def reject(principal: Principal, payment_id: str, reason: str, proof: int | None = None) -> tuple[Order, list[Payment]]:
    """Reject a proof of transfer; the customer may send another while the hold lasts. Rejecting twice is a no-op.

    `proof` is the number of the proof that was looked at. Raises ProofReplaced when a newer one was sent since."""
    change, payment = _load_change_of_payment(principal, payment_id)
    if payment.status == PaymentStatus.REJECTED:
        return change.order, change.payments
    lifecycle.check_proof(payment, proof)
    rejected = PaymentChange(payment, lifecycle.transition(payment, PaymentStatus.REJECTED, proofs_sent=0))
    return _commit(change, rejected, PaymentRejected(change.order.id, payment.id, reason))


@db.retry_on_conflict
def confirm(
    principal: Principal, payment_id: str, proof: int | None = None, received_minor: int | None = None
) -> tuple[Order, list[Payment]]:
    """Capture a transfer that arrived on the bank account. Confirming twice is a no-op.

    `proof` is the number of the proof that was looked at. `received_minor` is what arrived, by default what is due;
    more than that pays what else is open, and the rest is owed back. Raises ProofReplaced when a newer proof was sent
    since, ReceivedTooLittle, and NotAwaitingMoney for a method that does not await money."""
    change, payment = _load_change_of_payment(principal, payment_id)
    if payment.status == PaymentStatus.CAPTURED:
        return change.order, change.payments
    if not PAYMENT_METHODS[payment.method].holds_stock:
        raise NotAwaitingMoney(payment=payment.id, method=payment.method, payment_status=payment.status)
    lifecycle.check_proof(payment, proof)
    received = Money(received_minor, change.order.currency) if received_minor is not None else payment.amount
    transfer = lifecycle.receive_transfer(payment, received)
    return capture(change, PaymentChange(payment, lifecycle.capture(transfer, actor=principal.id)))


def pay_in_cash(
    principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None = None
) -> tuple[Order, list[Payment]]:
    """Pay everything that still awaits money in cash, into the cashier's open shift. It replaces pending transfers and
    cash on delivery that was not collected.

    Raises OrderNotAwaitingMoney, NoOpenShift and MayNotTakeCash."""
    idempotency.check_repeat(idempotency_key)
    return _take_cash(principal, order_id, idempotency_key)


@db.retry_on_conflict
def _take_cash(
    principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None
) -> tuple[Order, list[Payment]]:
    change = load_change(principal, order_id, idempotency_key)
    order, pending = change.order, list_payable_in_cash(change.order, change.payments)
    if not pending:
        raise OrderNotAwaitingMoney(order=order.number, payment_status=order.payment_status)
    shift = find_open_shift(principal.id)
    if shift is None:
        raise build_cash_refusal(principal.role)
    cash = _build_cash_payment(change, total((payment.outstanding for payment in pending), order.currency), shift)
    payments = [
        replace(payment, status=PaymentStatus.CANCELLED) if payment in pending else payment
        for payment in change.payments
    ]
    change = replace(change, payments=[*payments, cash])
    change = change.with_writes([transition_payment(payment, PaymentStatus.CANCELLED) for payment in pending])
    change = change.with_writes([add_cash(shift, cash.amount), create_payment(cash)])
    if order.status == OrderStatus.COMPLETED:
        change = change.with_writes([store.close_task(order.id, store.CASH_DUE)])
    return capture(change, PaymentChange(None, cash))


def list_payable_in_cash(order: Order, payments: Sequence[Payment]) -> list[Payment]:
    """Return the payments that cash at a counter replaces: those that await money, and cash on delivery that was not
    collected with the last goods, because they were cancelled."""
    if order.status == OrderStatus.COMPLETED:
        return [payment for payment in payments if payment.status == PaymentStatus.DUE]
    return (
        [payment for payment in payments if _is_awaiting_money(payment)] if order.status == OrderStatus.PLACED else []
    )


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
    """Commit a captured payment with everything that follows from it. Raises StaleVersion if a hold was lost since it
    was read."""
    if change.order.status == OrderStatus.CANCELLED or (
        captured.before is not None and captured.before.status == PaymentStatus.CANCELLED
    ):
        return _capture_late(change, captured)
    try:
        return _capture_in_time(change, captured)
    except HoldGone as gone:
        raise StaleVersion() from gone  # the retry plans the lost units again
    except OutOfStock:
        return cancel.cancel_with_refund_due(change, captured)


def _capture_in_time(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    event = _build_captured_event(change.order, captured.after)
    if captured.before and (surplus := captured.after.amount - captured.before.amount):
        others = [payment for payment in change.payments if payment.id != captured.after.id]
        covered = lifecycle.choose_payments_of_surplus(others, surplus)
        change, event = _apply_surplus(change, event, captured.after, (surplus, covered))
    order, awaits_money = change.order, any(map(_is_awaiting_money, captured.apply_to(change.payments)))
    converted = ConvertedHolds(order.allocations, [], [])
    if order.on_hold and not awaits_money:
        converted = allocate_holds(order, change.now)
        change = change.with_writes(
            [*converted.writes, *build_level_writes(converted.movements), store.remove_from_unpaid_list(order)]
        )
    event = replace(event, movements=tuple(converted.movements))
    until = order.reserved_until if awaits_money else None
    return _commit(change, captured, event, allocations=converted.allocations, reserved_until=until)


def _is_awaiting_money(payment: Payment) -> bool:
    return (
        PAYMENT_METHODS[payment.method].holds_stock
        and bool(payment.outstanding)
        and payment.status != PaymentStatus.CANCELLED
    )


@dataclass(frozen=True)
class ConvertedHolds:
    """The allocations that replace an order's holds, with the movements and writes that convert them."""

    allocations: tuple[Allocation, ...]
    movements: list[Movement]
    writes: list[Write]


def allocate_holds(order: Order, now: datetime) -> ConvertedHolds:
    """Convert an order's holds into allocations. Raises OutOfStock if units of a lapsed hold cannot be replaced."""
    assert order.reserved_until is not None  # nosec B101 - checked by the caller
    holds = load_holds(order.id, order.allocations, order.reserved_until)
    held = [hold.allocation for hold in holds]
    missing = [allocation for allocation in order.allocations if allocation not in held]
    movements = [build(allocation) for allocation in held for build in (hold_release_movement, allocation_movement)]
    writes = [delete_hold(hold) for hold in holds]
    if not missing:
        return ConvertedHolds(order.allocations, movements, writes)
    plan = _plan_missing(order, missing, now)
    allocations = tuple(allocation for allocation in order.allocations if allocation in held) + plan.allocations
    return ConvertedHolds(
        allocations,
        movements + plan.to_movements(allocation_movement),
        writes + [delete_hold(hold) for hold in plan.taken_holds],
    )


def _plan_missing(order: Order, missing: Sequence[Allocation], now: datetime) -> Plan:
    """Plan the units of lapsed holds again, first at the locations where they were held."""
    demand = merge_demand([(allocation.sku, allocation.quantity) for allocation in missing])
    held_at = [allocation.location for allocation in missing]
    preference = list(dict.fromkeys([*held_at, *(location.id for location in list_selling_locations())]))
    levels = load_levels((sku, location_id) for sku in demand for location_id in preference)
    is_inbound = any(is_inbound_bucket(allocation.shard) for allocation in missing)
    inbound_levels = load_inbound_levels(levels) if is_inbound else []
    lapsed = load_lapsed_holds([level.level_id for level in (*levels, *inbound_levels) if level.reserved], now)
    others = [hold for hold in lapsed if hold.order_id != order.id]
    stock = AvailableStock(levels, preference, others)
    today = business_days({level.location for level in inbound_levels}, now)
    return plan_with_inbound(demand, stock, InboundStock(inbound_levels, preference, today, others))


def _capture_late(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    """Capture money for an order that was cancelled, or was paid another way meanwhile. The money is applied to what
    the customer still owes for the order; the surplus is owed back."""
    payment = captured.after
    covered = lifecycle.choose_payments_to_cover(change.payments, payment.captured)
    event = _build_captured_event(change.order, payment)
    change, event = _apply_surplus(change, event, payment, (payment.captured, covered))
    return _commit(change, captured, event)


def _apply_surplus(
    change: OrderChange, event: PaymentCaptured, transfer: Payment, use: tuple[Money, Sequence[CoveredPayment]]
) -> tuple[OrderChange, PaymentCaptured]:
    """Return the change and the event with surplus money paying other payments and the rest owed back.

    `use` is the surplus of the transfer and the payments that it covers.
    """
    order, (surplus, covered) = change.order, use
    credit = total((amount for debt, amount in covered if debt.method == "credit"), order.currency)
    event = replace(
        event,
        postings=postings.build_surplus_capture(transfer, surplus, covered),
        owed_minor=postings.uncovered_minor(surplus, covered),
        credit_minor=credit.minor,
    )
    reduced = {debt.id: lifecycle.cover(debt, amount) for debt, amount in covered}
    change = replace(change, payments=[reduced.get(payment.id, payment) for payment in change.payments])
    writes = [*cover_payments(covered), *([release_credit(order.customer_id, credit)] if credit else [])]
    writes += [store.open_task(order.id, store.REFUND_OWED, change.now)] if event.owed_minor else []
    return change.with_writes(writes), event


def _build_captured_event(order: Order, payment: Payment) -> PaymentCaptured:
    return PaymentCaptured(
        order_id=order.id,
        payment_id=payment.id,
        method=payment.method,
        amount_minor=payment.captured.minor,
        currency=order.currency,
        postings=postings.build_capture(payment),
        order_location=order.location,
    )


def check_access(principal: Principal, payment_id: str) -> None:
    """Raise NotFound if the caller may not see the payment."""
    _load_change_of_payment(principal, payment_id)


def _load_change_of_payment(principal: Principal, payment_id: str) -> tuple[OrderChange, Payment]:
    payment = find_payment(payment_id)
    if payment is None:
        raise NotFound()
    change = load_change(principal, payment.order_id)
    return change, next(payment for payment in change.payments if payment.id == payment_id)


def _commit(
    change: OrderChange,
    payment_change: PaymentChange,
    event: ProofSubmitted | PaymentRejected | PaymentCaptured,
    **changes: Any,
) -> tuple[Order, list[Payment]]:
    order, payments = change.order, payment_change.apply_to(change.payments)
    changes["payment_status"] = lifecycle.derive_payment_status(order.total, payments)
    changes["payment_ids"] = tuple(payment.id for payment in payments)
    entry, head = change.append_event(event)
    changed = store.apply_changes(order, head, **changes)
    record = idempotency.record_answer(change.idempotency_key, order_json.order_to_json(changed, payments))
    write = store.change_order(order, head=head, **changes)
    db.commit([record, *payment_change.writes, *change.writes, write, entry])
    return changed, payments
