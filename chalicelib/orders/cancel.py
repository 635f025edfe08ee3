"""Cancelling an order before its goods leave, or after all of them came back.

Units, credit and coupons are returned; captured money is owed back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.customers.store import release_credit
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.money import total
from chalicelib.orders import store
from chalicelib.orders.model import (
    CancelCause,
    CannotCancel,
    Order,
    OrderCancelled,
    OrderFulfillmentStatus,
    OrderStatus,
    is_cancellable,
)
from chalicelib.orders.order_change import OrderChange, PaymentChange, load_change
from chalicelib.orders.price import return_coupons
from chalicelib.payments import lifecycle, postings
from chalicelib.payments.model import Payment, PaymentStatus, Posting
from chalicelib.payments.store import close_payments, load_payments
from chalicelib.stock.model import HoldGone, Movement, allocation_release_movement, hold_release_movement
from chalicelib.stock.store import build_level_writes, delete_hold, load_holds

SCHEDULER = Principal(role="owner", id="clock")


@db.retry_on_conflict
def cancel(principal: Principal, order_id: str, reason: str) -> tuple[Order, list[Payment]]:
    """Cancel an order and return it with its payments. Cancelling twice is a no-op. Raises CannotCancel once goods
    have left."""
    change = load_change(principal, order_id)
    if change.order.status == OrderStatus.CANCELLED:
        return change.order, change.payments
    _check_cancellable(change.order)
    return _cancel_order(change, CancelCause.REQUESTED, reason)


@db.retry_on_conflict
def expire(order_id: str, now: datetime) -> bool:
    """Cancel an order whose payment deadline has passed, and return whether it was cancelled.

    An order with a submitted proof is not cancelled, because finance has yet to check it; its lapsed units may be sold
    meanwhile."""
    order = store.find_order(order_id)
    if order is None or order.reserved_until is None or order.reserved_until > now or not is_cancellable(order):
        return False
    payments = load_payments(order.payment_ids)
    if any(payment.status == PaymentStatus.PROOF_SUBMITTED for payment in payments):
        return False
    _cancel_order(OrderChange(order, payments, SCHEDULER, now), CancelCause.PAYMENT_EXPIRED)
    return True


def cancel_with_refund_due(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    """Capture a payment whose goods are out of stock and cancel the order, in one commit. The money is owed back.

    Raises StaleVersion for a new cash payment, since the cashier need not take the cash at all."""
    _check_cancellable(change.order)
    if captured.before is None:
        raise StaleVersion()
    change = replace(change, payments=captured.apply_to(change.payments)).with_writes(captured.writes)
    return _cancel_order(change, CancelCause.GOODS_GONE, captured=captured.after)


def _check_cancellable(order: Order) -> None:
    if not is_cancellable(order):
        raise CannotCancel(order=order.number, order_status=order.status, fulfillment_status=order.fulfillment_status)


def _cancel_order(
    change: OrderChange, cause: CancelCause, reason: str = "", *, captured: Payment | None = None
) -> tuple[Order, list[Payment]]:
    """Commit the cancellation. `reason` is text for people, by default the cause. `captured` is a payment captured in
    the same commit, so that its posting belongs to the same journal entry."""
    order, payments, reason = change.order, change.payments, reason or cause.value
    end_status = PaymentStatus.EXPIRED if cause == CancelCause.PAYMENT_EXPIRED else PaymentStatus.CANCELLED
    movements, hold_writes = build_release(order)
    on_credit = (payment.outstanding for payment in payments if payment.status == PaymentStatus.ON_CREDIT)
    credit = total(on_credit, order.currency)
    event = OrderCancelled(
        order_id=order.id,
        reason=reason,
        currency=order.currency,
        total_minor=order.total.minor,
        cause=cause,
        movements=tuple(movements),
        postings=_build_postings(order, payments, captured),
        owed_minor=postings.refund_owed_minor(order.total, payments, captured),
        credit_minor=credit.minor,
        payments=(captured.to_record(captured.captured),) if captured else (),
        order_location=order.location,
    )
    entry, head = change.append_event(event)
    closed = [lifecycle.close_with_order(payment, end_status) for payment in payments]
    changes: dict[str, Any] = {"status": OrderStatus.CANCELLED, "reason": reason, "allocations": ()}
    changes |= {"fulfillment_status": OrderFulfillmentStatus.CANCELLED}
    changes |= {"reserved_until": None, "payment_status": lifecycle.derive_payment_status(order.total, closed)}
    writes = [
        *change.writes,
        # Before the levels, so that a concurrent change of this order is reported as a stale version.
        store.change_order(order, head=head, **changes),
        *hold_writes,
        *build_level_writes(movements),
        *close_payments([payment for payment in payments if payment != captured], end_status),
        *return_coupons(order, order.coupons),
        *([store.open_task(order.id, store.REFUND_OWED, change.now)] if event.owed_minor else []),
        *([release_credit(order.customer_id, credit)] if credit else []),
        *([store.remove_from_unpaid_list(order)] if order.on_hold else []),
        entry,
    ]
    try:
        db.commit(writes)
    except HoldGone as gone:
        raise StaleVersion() from gone
    return store.apply_changes(order, head, **changes), closed


def _build_postings(order: Order, payments: Sequence[Payment], captured: Payment | None) -> tuple[Posting, ...]:
    refund_owed = postings.refund_owed_minor(order.total, payments, captured)
    order_end = postings.build_order_end(order.id, order.total, payments, refund_owed)
    return postings.merge_postings([*postings.build_capture(captured), *order_end]) if captured else order_end


def build_release(order: Order) -> tuple[list[Movement], list[Write]]:
    """Return the movements that release the order's units, and the writes that delete its holds.

    Lapsed holds whose units went to another order were released then and are skipped. Units that came back were
    returned to stock then."""
    if order.fulfillment_status == OrderFulfillmentStatus.RETURNED:
        return [], []
    if order.reserved_until is None:
        return [allocation_release_movement(allocation) for allocation in order.allocations], []
    holds = load_holds(order.id, order.allocations, order.reserved_until)
    return [hold_release_movement(hold.allocation) for hold in holds], [delete_hold(hold) for hold in holds]
