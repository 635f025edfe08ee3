"""Ending an order before its goods leave: units go back, credit comes back, money that came in is owed back."""

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
from chalicelib.stock.store import build_level_writes as change_levels
from chalicelib.stock.store import delete_hold, load_holds

SCHEDULER = Principal(role="owner", id="clock")


@db.retry_on_conflict
def cancel(principal: Principal, order_id: str, reason: str) -> tuple[Order, list[Payment]]:
    """Return the order and its payments as they end. Cancelling twice is a no-op; raises CannotCancel once goods have
    left."""
    change = load_change(principal, order_id)
    if change.order.status == OrderStatus.CANCELLED:
        return change.order, change.payments
    _check_cancellable(change.order)
    return _cancel_order(change, CancelCause.REQUESTED, reason)


@db.retry_on_conflict
def expire(order_id: str, now: datetime) -> bool:
    """For the clock: ends an order whose time to pay is over. A proof that waits for us to look at it is not the
    customer's delay, so such an order stays; its units may go to others meanwhile."""
    current = store.find_order(order_id)
    if current is None or current.reserved_until is None or current.reserved_until > now or not is_cancellable(current):
        return False
    payments = load_payments(current.payment_ids)
    if any(payment.status == PaymentStatus.PROOF_SUBMITTED for payment in payments):
        return False
    _cancel_order(OrderChange(current, payments, SCHEDULER, now), CancelCause.PAYMENT_EXPIRED)
    return True


def cancel_with_refund_due(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    """For money that is confirmed after the goods are gone: the order ends in the commit that captures the payment."""
    _check_cancellable(change.order)
    if captured.before is None:
        raise StaleVersion()  # cash is still in the customer's hand and stays there
    change = replace(change, payments=captured.apply_to(change.payments)).with_writes(captured.writes)
    return _cancel_order(change, CancelCause.GOODS_GONE, captured=captured.after)


def _check_cancellable(order: Order) -> None:
    if not is_cancellable(order):
        raise CannotCancel(order=order.number, status=order.status, fulfillment_status=order.fulfillment_status)


def _cancel_order(
    change: OrderChange, cause: CancelCause, reason: str = "", *, captured: Payment | None = None
) -> tuple[Order, list[Payment]]:
    """`reason` is the words of the person who asked; without one the cause is shown. `captured` is the payment that
    this commit captures, so its posting belongs to the same entry."""
    order, payments, reason = change.order, change.payments, reason or cause.value
    payments_become = PaymentStatus.EXPIRED if cause == CancelCause.PAYMENT_EXPIRED else PaymentStatus.CANCELLED
    movements, freed = build_release(order)
    credit = total((one.outstanding for one in payments if one.status == PaymentStatus.ON_CREDIT), order.currency)
    event = OrderCancelled(
        order_id=order.id,
        reason=reason,
        currency=order.currency,
        total_minor=order.total.minor,
        cause=cause,
        movements=tuple(movements),
        postings=_postings(order, payments, captured),
        owed_minor=postings.refund_owed_minor(order.total, payments),
        credit_minor=credit.minor,
        payments=(captured.to_record(captured.captured),) if captured else (),
    )
    entry, head = change.append_event(event)
    ended = [lifecycle.close_with_order(payment, payments_become) for payment in payments]
    changes: dict[str, Any] = {"status": OrderStatus.CANCELLED, "reason": reason, "pieces": ()}
    changes |= {"fulfillment_status": OrderFulfillmentStatus.CANCELLED}
    changes |= {"reserved_until": None, "payment_status": lifecycle.derive_payment_status(order.total, ended)}
    writes = [
        *change.writes,
        # Before the levels, so that a concurrent change of this order is reported as a stale version.
        store.change_order(order, head=head, **changes),
        *freed,
        *change_levels(movements),
        *close_payments([one for one in payments if one != captured], payments_become),
        *return_coupons(order),
        *([release_credit(order.customer_id, credit)] if credit else []),
        *([store.stop_awaiting_payment(order)] if order.on_hold else []),
        entry,
    ]
    try:
        db.commit(writes)
    except HoldGone as gone:
        raise StaleVersion() from gone
    return store.apply_changes(order, head, **changes), ended


def _postings(order: Order, payments: Sequence[Payment], captured: Payment | None) -> tuple[Posting, ...]:
    end = postings.build_order_end(order.id, order.total, payments)
    return postings.merge_postings([*postings.build_capture(captured), *end]) if captured else end


def build_release(order: Order) -> tuple[list[Movement], list[Write]]:
    """Holds that somebody took after they lapsed were released then."""
    if order.reserved_until is None:
        return [allocation_release_movement(piece) for piece in order.pieces], []
    holds = load_holds(order.id, order.pieces, order.reserved_until)
    return [hold_release_movement(hold.allocation) for hold in holds], [delete_hold(hold) for hold in holds]
