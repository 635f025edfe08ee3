"""Ending an order before its goods leave: units go back, credit comes back, money that came in is owed back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.customers.store import give_back_credit
from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved
from chalicelib.kit.money import total
from chalicelib.orders import store
from chalicelib.orders.find import load_order
from chalicelib.orders.model import CannotCancel, Order, OrderCancelled, may_cancel
from chalicelib.orders.price import coupons_returned
from chalicelib.payments import pay, post
from chalicelib.payments.model import Payment, Posting
from chalicelib.payments.store import end_payments, load_payments, save_payment
from chalicelib.stock.model import HoldGone, Movement, released_allocation, released_hold
from chalicelib.stock.store import change, drop_hold, holds_of

CLOCK = Principal(role="owner", id="clock")


@db.decided_anew
def cancel(principal: Principal, order_id: str, reason: str) -> tuple[Order, list[Payment]]:
    """Cancelling what is cancelled is done already; CannotCancel once goods have left."""
    order = load_order(principal, order_id)
    payments = load_payments(order.payment_ids)
    if order.status == "cancelled":
        return order, payments
    _refuse_too_late(order)
    return _end(order, payments, reason, "cancelled", principal, clock.now())


@db.decided_anew
def expire(order_id: str, now: datetime) -> bool:
    """For the clock: ends an order whose time to pay is over. A proof that waits for us to look at it is not the
    customer's delay, so such an order stays; its units may go to others meanwhile."""
    current = store.load(order_id)
    if current is None or current.reserved_until is None or current.reserved_until > now or not may_cancel(current):
        return False
    payments = load_payments(current.payment_ids)
    if any(payment.status == "proof_submitted" for payment in payments):
        return False
    _end(current, payments, "payment_expired", "expired", CLOCK, now)
    return True


def with_money(
    order: Order,
    payments: Sequence[Payment],
    before: Payment | None,
    after: Payment,
    principal: Principal,
    now: datetime,
    beside: Sequence[Write],
) -> tuple[Order, list[Payment]]:
    """Money came, the goods are gone: the order ends with what it took owed back. `after` is the captured payment."""
    _refuse_too_late(order)
    if before is None:
        raise Moved()  # cash is in the customer's hand still; let him keep it
    listed = [after if one.id == after.id else one for one in payments]
    saved = save_payment(before, after)
    return _end(order, listed, "goods_gone", "cancelled", principal, now, [*beside, saved], after)


def _refuse_too_late(order: Order) -> None:
    if not may_cancel(order):
        raise CannotCancel(order=order.number, status=order.status, fulfillment_status=order.fulfillment_status)


def _end(
    order: Order,
    payments: Sequence[Payment],
    reason: str,
    to: str,
    principal: Principal,
    now: datetime,
    beside: Sequence[Write] = (),
    taken: Payment | None = None,
) -> tuple[Order, list[Payment]]:
    """`taken` was captured in this very commit, so its posting rides in the same entry."""
    movements, freed = given_back(order)
    credit = total((one.open for one in payments if one.status == "on_credit"), order.currency)
    event = OrderCancelled(
        order_id=order.id,
        reason=reason,
        currency=order.currency,
        total_minor=order.total.minor,
        movements=tuple(movements),
        postings=_postings(order, payments, taken),
        owed_minor=post.owed_at_end(order.total, payments),
        credit_minor=credit.minor,
        payments=(taken.record(taken.captured),) if taken else (),
    )
    told = store.record(order, event, actor=principal.actor, at=now)
    ended = [pay.ended(payment, to) for payment in payments]
    changes: dict[str, Any] = {"status": "cancelled", "fulfillment_status": "cancelled", "reason": reason, "pieces": ()}
    changes |= {"reserved_until": None, "payment_status": pay.payment_status(order.total, ended)}
    writes = [
        *beside,
        # Before the levels: who loses to another who ends or changes this very order should look again.
        store.change_order(order, head=told.head, **changes),
        *freed,
        *change(movements),
        *end_payments([one for one in payments if one != taken], to),
        *coupons_returned(order),
        *([give_back_credit(order.customer_id, credit)] if credit else []),
        *([store.stop_waiting(order)] if order.on_hold else []),
        told.write,
    ]
    try:
        db.commit(writes)
    except HoldGone as gone:
        raise Moved() from gone
    return store.after(order, told.head, **changes), ended


def _postings(order: Order, payments: Sequence[Payment], taken: Payment | None) -> tuple[Posting, ...]:
    end = post.end(order.id, order.total, payments)
    return post.merged([*post.capture(taken), *end]) if taken else end


def given_back(order: Order) -> tuple[list[Movement], list[Write]]:
    """Holds that somebody took after they lapsed were released then."""
    if order.reserved_until is None:
        return [released_allocation(piece) for piece in order.pieces], []
    holds = holds_of(order.id, order.pieces, order.reserved_until)
    return [released_hold(hold.piece) for hold in holds], [drop_hold(hold) for hold in holds]
