"""Money for an order that waits for it: proof, confirmation, rejection, and cash at the counter instead.

Capturing turns the holds into allocations. Where a hold has lapsed and somebody took its units, they are reserved
afresh; where none are left, the order ends and the money is owed back, loudly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.customers.store import give_back_credit
from chalicelib.kit import clock, config, db, ids, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved, NotFound
from chalicelib.kit.money import Money, total
from chalicelib.kit.requests import Asked
from chalicelib.orders import cancel, show, store
from chalicelib.orders.find import load_order
from chalicelib.orders.look import selling_places
from chalicelib.orders.model import (
    NotAwaitingMoney,
    Order,
    PaymentCaptured,
    PaymentRejected,
    ProofSubmitted,
)
from chalicelib.payments import pay, post
from chalicelib.payments.model import METHODS, NoOpenShift, Payment, Shift
from chalicelib.payments.shift_store import cash_into, open_shift_of
from chalicelib.payments.store import (
    cover_payments,
    load_payment,
    load_payments,
    move_payment,
    open_payment,
    save_payment,
)
from chalicelib.stock.coming import Coming, plan_with_expected
from chalicelib.stock.model import HoldGone, Movement, OutOfStock, Piece, allocated, is_expected, released_hold
from chalicelib.stock.store import change, drop_hold, holds_of, lapsed_holds, load_expected, load_levels


@dataclass(frozen=True)
class Firm:
    """What turning an order's reservation into a promise takes."""

    pieces: tuple[Piece, ...]
    movements: list[Movement]
    writes: list[Write]


@db.decided_anew
def submit_proof(principal: Principal, payment_id: str, proof: str) -> tuple[Order, list[Payment]]:
    """`proof` names what the customer sent: a reference he typed, or the key of a stored picture."""
    order, payments, payment = _find(principal, payment_id)
    if payment.status == "proof_submitted" and payment.proof == proof:
        return order, payments
    now = clock.now()
    after = pay.moved(payment, "proof_submitted", proof=proof)
    event = ProofSubmitted(order.id, payment.id)
    return _commit(order, payments, payment, after, event, principal, now, [])


@db.decided_anew
def reject(principal: Principal, payment_id: str, reason: str) -> tuple[Order, list[Payment]]:
    """The proof was not good; the customer may send another while his hold lasts."""
    order, payments, payment = _find(principal, payment_id)
    if payment.status == "rejected":
        return order, payments
    after = pay.moved(payment, "rejected")
    event = PaymentRejected(order.id, payment.id, reason)
    return _commit(order, payments, payment, after, event, principal, clock.now(), [])


@db.decided_anew
def confirm(principal: Principal, payment_id: str) -> tuple[Order, list[Payment]]:
    """The money is on the account. Confirming twice is confirming once."""
    order, payments, payment = _find(principal, payment_id)
    if payment.status == "captured":
        return order, payments
    if not METHODS[payment.method].holds:
        raise NotAwaitingMoney(payment=payment.id, status=payment.status)
    after = pay.captured(payment, actor=principal.id)
    return capture(order, payments, payment, after, principal)


def pay_in_cash(principal: Principal, order_id: str, asked: Asked | None = None) -> tuple[Order, list[Payment]]:
    """A customer who was to transfer brings cash to the counter: all that is still open, into the cashier's shift."""
    requests.look_up(asked)
    return _take_cash(principal, order_id, asked)


@db.decided_anew
def _take_cash(principal: Principal, order_id: str, asked: Asked | None) -> tuple[Order, list[Payment]]:
    order = load_order(principal, order_id)
    payments = load_payments(order.payment_ids)
    waiting = [one for one in payments if METHODS[one.method].holds and one.open and one.status != "cancelled"]
    if order.status != "placed" or not waiting:
        raise NotAwaitingMoney(payment=order.id, status=order.payment_status)
    shift = open_shift_of(principal.id)
    if shift is None:
        raise NoOpenShift()
    before = waiting[0]
    rest = sum((one.open for one in waiting[1:]), before.open)
    cash = _cash(order, rest, shift, principal)
    ended = [move_payment(one, "cancelled") for one in waiting]
    left = [replace(one, status="cancelled") if one in waiting else one for one in payments]
    beside = [*ended, cash_into(shift, cash.amount), open_payment(cash)]
    return capture(order, [*left, cash], None, cash, principal, beside, asked)


def _cash(order: Order, amount: Money, shift: Shift, principal: Principal) -> Payment:
    made = pay.begin(
        order.id,
        [("cash", amount)],
        amount,
        payment_ids=[ids.new("pay", clock.now())],
        actor=principal.id,
        channel=order.channel,
        shift=shift,
        customer_id=order.customer_id,
    )
    return made[0]


def capture(
    order: Order,
    payments: Sequence[Payment],
    before: Payment | None,
    after: Payment,
    principal: Principal,
    beside: Sequence[Write] = (),
    asked: Asked | None = None,
) -> tuple[Order, list[Payment]]:
    now = clock.now()
    if order.status == "cancelled" or (before is not None and before.status == "cancelled"):
        return _too_late(order, payments, before, after, principal, now, beside)
    listed = [after if one.id == after.id else one for one in payments]
    try:
        firm = made_firm(order, now) if order.on_hold and not _still_waits(listed) else Firm(order.pieces, [], [])
        event = _captured(order, after, firm.movements)
        writes = [*beside, *firm.writes, *change(firm.movements)]
        until = order.reserved_until if _still_waits(listed) else None
        changes = {"pieces": firm.pieces, "reserved_until": until}
        if order.on_hold and until is None:
            writes.append(store.stop_waiting(order))
        return _commit(order, payments, before, after, event, principal, now, writes, asked, **changes)
    except HoldGone as gone:
        raise Moved() from gone  # taken since we looked: decide anew with what is left
    except OutOfStock:
        return cancel.with_money(order, payments, before, after, principal, now, beside)


def _still_waits(payments: Sequence[Payment]) -> bool:
    return any(METHODS[one.method].holds and one.open and one.status != "cancelled" for one in payments)


def made_firm(order: Order, now: datetime) -> Firm:
    """Raises OutOfStock when lapsed units are gone for good."""
    assert order.reserved_until is not None  # nosec B101 - asked by the caller
    holds = holds_of(order.id, order.pieces, order.reserved_until)
    kept = [hold.piece for hold in holds]
    missing = [piece for piece in order.pieces if piece not in kept]
    movements = [move(piece) for piece in kept for move in (released_hold, allocated)]
    writes = [drop_hold(hold) for hold in holds]
    if not missing:
        return Firm(order.pieces, movements, writes)
    demand: dict[str, int] = {}
    for piece in missing:
        demand[piece.sku] = demand.get(piece.sku, 0) + piece.quantity
    places = [*dict.fromkeys(piece.location for piece in missing), *selling_places()]
    levels = load_levels((sku, place) for sku in demand for place in dict.fromkeys(places))
    coming = load_expected(levels) if any(is_expected(piece.shelf) for piece in missing) else []
    lapsed = lapsed_holds([level.place for level in (*levels, *coming) if level.reserved], now)
    others = [hold for hold in lapsed if hold.order_id != order.id]
    on_its_way = Coming(coming, list(dict.fromkeys(places)), clock.day_of(now, config.zone()), others)
    plan = plan_with_expected(demand, levels, on_its_way)
    pieces = tuple(piece for piece in order.pieces if piece in kept) + plan.pieces
    return Firm(pieces, movements + plan.moved_by(allocated), writes + [drop_hold(hold) for hold in plan.takes])


def _too_late(
    order: Order,
    payments: Sequence[Payment],
    before: Payment | None,
    after: Payment,
    principal: Principal,
    now: datetime,
    beside: Sequence[Write],
) -> tuple[Order, list[Payment]]:
    """The order has ended, or was paid another way meanwhile: this money is taken into the books, pays what its
    customer still owes for the order, and what is left of it is owed back."""
    paid = pay.covering(payments, after.captured)
    credit = total((part for each, part in paid if each.method == "credit"), order.currency)
    event = replace(_captured(order, after, []), postings=post.late(after, paid))
    event = replace(event, owed_minor=post.too_late(after, paid), credit_minor=credit.minor)
    less = {each.id: pay.covered(each, part) for each, part in paid}
    listed = [less.get(one.id, one) for one in payments]
    freed = [give_back_credit(order.customer_id, credit)] if credit else []
    return _commit(order, listed, before, after, event, principal, now, [*beside, *cover_payments(paid), *freed])


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


def may_touch(principal: Principal, payment_id: str) -> None:
    """The gate alone, for what has to be done before the commit."""
    _find(principal, payment_id)


def _find(principal: Principal, payment_id: str) -> tuple[Order, list[Payment], Payment]:
    payment = load_payment(payment_id)
    if payment is None:
        raise NotFound()
    order = load_order(principal, payment.order_id)
    payments = load_payments(order.payment_ids)
    return order, payments, next(one for one in payments if one.id == payment_id)


def _commit(
    order: Order,
    payments: Sequence[Payment],
    before: Payment | None,
    after: Payment,
    event: ProofSubmitted | PaymentRejected | PaymentCaptured,
    principal: Principal,
    now: datetime,
    writes: Sequence[Write],
    asked: Asked | None = None,
    **changes: object,
) -> tuple[Order, list[Payment]]:
    listed = [after if one.id == after.id else one for one in payments]
    status = pay.payment_status(order.total, listed)
    told = store.record(order, event, actor=principal.actor, at=now)
    payment_ids = tuple(one.id for one in listed)
    changes |= {"payment_status": status, "payment_ids": payment_ids}
    saved = [save_payment(before, after)] if before else []
    stands = store.after(order, told.head, **changes)
    answered = requests.remember(asked, show.as_json(stands, listed))
    db.commit([answered, *saved, *writes, store.change_order(order, head=told.head, **changes), told.write])
    return stands, listed
