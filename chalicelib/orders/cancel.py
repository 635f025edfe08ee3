"""Ending an order before its goods leave: units go back, credit comes back, money that came in is owed back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.customers.store import give_back_credit
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved
from chalicelib.kit.money import total
from chalicelib.orders import store
from chalicelib.orders.model import (
    CancelCause,
    CannotCancel,
    Order,
    OrderCancelled,
    OrderFulfillmentStatus,
    OrderStatus,
    may_cancel,
)
from chalicelib.orders.order_change import OrderChange, PaymentChange, load_change
from chalicelib.orders.price import coupons_returned
from chalicelib.payments import pay, post
from chalicelib.payments.model import Payment, PaymentStatus, Posting
from chalicelib.payments.store import end_payments, load_payments
from chalicelib.stock.model import HoldGone, Movement, released_allocation, released_hold
from chalicelib.stock.store import change as change_levels
from chalicelib.stock.store import drop_hold, holds_of

CLOCK = Principal(role="owner", id="clock")


@db.decided_anew
def cancel(principal: Principal, order_id: str, reason: str) -> tuple[Order, list[Payment]]:
    """Return the order and its payments as they end. Cancelling twice is a no-op; raises CannotCancel once goods have
    left."""
    change = load_change(principal, order_id)
    if change.order.status == OrderStatus.CANCELLED:
        return change.order, change.payments
    _refuse_too_late(change.order)
    return _end_order(change, CancelCause.REQUESTED, reason)


@db.decided_anew
def expire(order_id: str, now: datetime) -> bool:
    """For the clock: ends an order whose time to pay is over. A proof that waits for us to look at it is not the
    customer's delay, so such an order stays; its units may go to others meanwhile."""
    current = store.load(order_id)
    if current is None or current.reserved_until is None or current.reserved_until > now or not may_cancel(current):
        return False
    payments = load_payments(current.payment_ids)
    if any(payment.status == PaymentStatus.PROOF_SUBMITTED for payment in payments):
        return False
    _end_order(OrderChange(current, payments, CLOCK, now), CancelCause.PAYMENT_EXPIRED)
    return True


def cancel_and_owe_back(change: OrderChange, captured: PaymentChange) -> tuple[Order, list[Payment]]:
    """For money that is confirmed after the goods are gone: the order ends in the commit that captures the payment."""
    _refuse_too_late(change.order)
    if captured.before is None:
        raise Moved()  # cash is still in the customer's hand and stays there
    change = replace(change, payments=captured.among(change.payments)).adding(captured.writes)
    return _end_order(change, CancelCause.GOODS_GONE, captured=captured.after)


def _refuse_too_late(order: Order) -> None:
    if not may_cancel(order):
        raise CannotCancel(order=order.number, status=order.status, fulfillment_status=order.fulfillment_status)


def _end_order(
    change: OrderChange, cause: CancelCause, reason: str = "", *, captured: Payment | None = None
) -> tuple[Order, list[Payment]]:
    """`reason` is the words of the person who asked; without one the cause is shown. `captured` is the payment that
    this commit captures, so its posting belongs to the same entry."""
    order, payments, reason = change.order, change.payments, reason or cause.value
    payments_become = PaymentStatus.EXPIRED if cause == CancelCause.PAYMENT_EXPIRED else PaymentStatus.CANCELLED
    movements, freed = given_back(order)
    credit = total((one.open for one in payments if one.status == PaymentStatus.ON_CREDIT), order.currency)
    event = OrderCancelled(
        order_id=order.id,
        reason=reason,
        currency=order.currency,
        total_minor=order.total.minor,
        cause=cause,
        movements=tuple(movements),
        postings=_postings(order, payments, captured),
        owed_minor=post.owed_at_end(order.total, payments),
        credit_minor=credit.minor,
        payments=(captured.record(captured.captured),) if captured else (),
    )
    entry, head = change.append_event(event)
    ended = [pay.ended(payment, payments_become) for payment in payments]
    changes: dict[str, Any] = {"status": OrderStatus.CANCELLED, "reason": reason, "pieces": ()}
    changes |= {"fulfillment_status": OrderFulfillmentStatus.CANCELLED}
    changes |= {"reserved_until": None, "payment_status": pay.payment_status(order.total, ended)}
    writes = [
        *change.writes,
        # Before the levels, so that a concurrent change of this order is reported as a stale version.
        store.change_order(order, head=head, **changes),
        *freed,
        *change_levels(movements),
        *end_payments([one for one in payments if one != captured], payments_become),
        *coupons_returned(order),
        *([give_back_credit(order.customer_id, credit)] if credit else []),
        *([store.stop_waiting(order)] if order.on_hold else []),
        entry,
    ]
    try:
        db.commit(writes)
    except HoldGone as gone:
        raise Moved() from gone
    return store.after(order, head, **changes), ended


def _postings(order: Order, payments: Sequence[Payment], captured: Payment | None) -> tuple[Posting, ...]:
    end = post.end(order.id, order.total, payments)
    return post.merged([*post.capture(captured), *end]) if captured else end


def given_back(order: Order) -> tuple[list[Movement], list[Write]]:
    """Holds that somebody took after they lapsed were released then."""
    if order.reserved_until is None:
        return [released_allocation(piece) for piece in order.pieces], []
    holds = holds_of(order.id, order.pieces, order.reserved_until)
    return [released_hold(hold.piece) for hold in holds], [drop_hold(hold) for hold in holds]
