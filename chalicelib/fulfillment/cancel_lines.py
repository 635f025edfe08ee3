"""Cancelling an order, or some of its units: those that are not on their way and not with the customer.

Units, credit and the share of every discount are given back; money paid already is owed back. The rest of the order
stays at its prices, and a coupon stays used while it lowers a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.customers.store import release_credit
from chalicelib.fulfillment.model import (
    DISPATCHED,
    FulfillmentStatus,
    OrderReduced,
    ReducedWork,
    UnitsOfSku,
    WorkReturned,
    derive_order_status,
    exclude_withdrawn,
    fulfillment_refs,
    transition_fulfillment,
    unassigned_quantities,
)
from chalicelib.fulfillment.order_reduction import OrderReduction
from chalicelib.fulfillment.reconcile import check_reconciled
from chalicelib.fulfillment.reduction import ReducedFulfillment
from chalicelib.fulfillment.store import (
    allocations_of,
    close_offer,
    is_stranded,
    load_fulfillment_of_order,
    record_order_events,
    unmark_stranded,
    update_fulfillment,
)
from chalicelib.kit import clock, db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.orders import cancel, store
from chalicelib.orders.find import load_order
from chalicelib.orders.model import (
    CannotCancel,
    NotOnOrder,
    Order,
    OrderStatus,
    ProofAwaitsCheck,
    is_cancellable,
)
from chalicelib.orders.order_json import order_to_json
from chalicelib.orders.price import return_coupons
from chalicelib.orders.reduction import list_reduced_lines
from chalicelib.payments import lifecycle, postings
from chalicelib.payments.model import Payment, PaymentStatus
from chalicelib.payments.store import cover_payments, load_payments
from chalicelib.stock.model import HoldGone


def cancel_order(principal: Principal, order_id: str, reason: str) -> tuple[Order, list[Payment]]:
    """Cancel a whole order and return it with its payments. Raises CannotCancel if goods are on their way or delivered.

    Goods of it that came back leave their fulfillment first.
    """
    order = load_order(principal, order_id)
    if order.status == OrderStatus.PLACED and not is_cancellable(order):
        end_returned_fulfillments(principal, order_id)
    return cancel.cancel(principal, order_id, reason)


@db.retry_on_conflict
def end_returned_fulfillments(principal: Principal, order_id: str) -> None:
    """End the fulfillments whose goods came back, unless other goods of the order are on their way or delivered."""
    order_fulfillment = load_fulfillment_of_order(order_id)
    back = [item for item in order_fulfillment.fulfillments if item.status == FulfillmentStatus.BACK_AT_LOCATION]
    if not back or any(item.status in DISPATCHED for item in order_fulfillment.fulfillments):
        return
    ended = [transition_fulfillment(item, FulfillmentStatus.RETURNED) for item in back]
    updated, order = order_fulfillment.with_changed(*ended), order_fulfillment.order
    events = [WorkReturned(order_id, item.id, item.location, item.fulfiller) for item in ended]
    changes = {
        "fulfillment_status": derive_order_status(order.demand, updated, order_fulfillment.open_offer is not None),
        "allocations": allocations_of(exclude_withdrawn(updated)),
    }
    db.commit(
        [
            *map(update_fulfillment, back, ended),
            *record_order_events(order, *events, actor=principal.actor, at=clock.now(), **changes),
        ]
    )


def cancel_lines(
    principal: Principal,
    order_id: str,
    quantities: Mapping[str, int],
    reason: str,
    idempotency_key: IdempotencyKey | None = None,
) -> tuple[Order, list[Payment]]:
    """Cancel units of an order by SKU and return it with its payments; all of its units cancel the order.

    Raises CannotCancel for an order that has ended, NotOnOrder, UnitsHaveLeft and ProofAwaitsCheck.
    """
    idempotency.check_repeat(idempotency_key)
    order = load_order(principal, order_id)
    if order.status == OrderStatus.CANCELLED:
        return cancel.cancel(principal, order_id, reason)  # a no-op, as a repeat of the last units' cancellation is
    check_not_ended(order)
    return _reduce_order(principal, order_id, quantities, reason, idempotency_key)


def check_not_ended(order: Order) -> None:
    """Raise CannotCancel unless the order is placed, and neither completed nor cancelled."""
    if order.status != OrderStatus.PLACED:
        raise CannotCancel(order=order.number, order_status=order.status, fulfillment_status=order.fulfillment_status)


def check_on_order(order: Order, quantities: Mapping[str, int]) -> None:
    """Raise NotOnOrder if the order has fewer units of a SKU than these."""
    for sku, quantity in quantities.items():
        ordered = order.demand.get(sku, 0)
        if quantity > ordered:
            problem = ("lines", f"{sku}: at most {ordered}")
            raise NotOnOrder(problem, order=order.number, sku=sku, wanted=quantity, ordered=ordered)


@db.retry_on_conflict
def _reduce_order(
    principal: Principal,
    order_id: str,
    quantities: Mapping[str, int],
    reason: str,
    idempotency_key: IdempotencyKey | None,
) -> tuple[Order, list[Payment]]:
    order_fulfillment = load_fulfillment_of_order(order_id)
    idempotency.check_repeat(idempotency_key)  # after the read, which may show what the same request did meanwhile
    order = order_fulfillment.order
    check_not_ended(order)
    check_on_order(order, quantities)
    if quantities == order.demand:  # perhaps since another request cancelled the other units
        return cancel_order(principal, order_id, reason)
    check_reconciled(order_fulfillment)
    payments = load_payments(order.payment_ids)
    check_no_proof(payments)
    try:
        return _commit(principal, OrderReduction(order_fulfillment, payments, quantities), reason, idempotency_key)
    except HoldGone:
        raise_if_changed(order)  # the payment may have been confirmed between the two reads
        raise


def raise_if_changed(order: Order) -> None:
    """Raise StaleVersion if the order is no longer the one that was read."""
    current = store.find_order(order.id)
    if current is None or current.version != order.version:
        raise StaleVersion()


def check_no_proof(payments: Iterable[Payment]) -> None:
    """Raise ProofAwaitsCheck: the proof is of the amount before, so that amount has to be confirmed or rejected."""
    for payment in payments:
        if payment.status == PaymentStatus.PROOF_SUBMITTED:
            raise ProofAwaitsCheck(payment=payment.id)


def _commit(
    principal: Principal, reduction: OrderReduction, reason: str, idempotency_key: IdempotencyKey | None
) -> tuple[Order, list[Payment]]:
    order, now = reduction.order, clock.now()
    entry, head = store.append_event(order, _build_event(reduction, reason), actor=principal.actor, at=now)
    changes = _build_order_changes(reduction)
    changed = store.apply_changes(order, head, **changes)
    db.commit(
        [
            idempotency.record_answer(idempotency_key, order_to_json(changed, reduction.payments_after)),
            # Before the levels, so that a concurrent change of this order is reported as a stale version.
            store.change_order(order, head=head, **changes),
            *reduction.stock.writes,
            *_build_other_writes(reduction, now),
            entry,
        ]
    )
    return changed, reduction.payments_after


def _build_order_changes(reduction: OrderReduction) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "lines": reduction.lines,
        "total": reduction.total,
        "allocations": reduction.remaining,
        "fulfillment_status": reduction.fulfillment_status,
        "payment_status": lifecycle.derive_payment_status(reduction.total, reduction.payments_after),
    }
    changes |= reduction.coupon_changes
    changes |= {"reserved_until": None} if reduction.leaves_hold else {}
    return changes | ({"status": OrderStatus.COMPLETED} if reduction.is_complete else {})


def _build_other_writes(reduction: OrderReduction, now: datetime) -> list[Write]:
    order, offer = reduction.order, reduction.order_fulfillment.open_offer
    has_missing = unassigned_quantities(reduction.demand, reduction.all_after)
    return [
        *(update_fulfillment(item.before, item.after) for item in reduction.fulfillments),
        *([close_offer(offer, reduction.offer)] if offer and reduction.offer else []),
        *cover_payments(reduction.covered),
        *return_coupons(order, reduction.ended_coupons),
        *([release_credit(order.customer_id, reduction.credit)] if reduction.credit else []),
        *([store.open_task(order.id, store.REFUND_OWED, now)] if reduction.owed_minor else []),
        *([store.open_task(order.id, store.CASH_DUE, now)] if reduction.leaves_cash_due else []),
        *([store.remove_from_unpaid_list(order)] if reduction.leaves_hold else []),
        *([unmark_stranded(order.id)] if not has_missing and is_stranded(order.id) else []),
    ]


def _build_event(reduction: OrderReduction, reason: str) -> OrderReduced:
    order, offer = reduction.order, reduction.closed_offer
    reduced = order.total - reduction.total
    return OrderReduced(
        order_id=order.id,
        reason=reason,
        currency=order.currency,
        lines=list_reduced_lines(order.lines, reduction.lines),
        total_minor=reduction.total.minor,
        reduced_minor=reduced.minor,
        movements=reduction.stock.movements,
        postings=postings.build_reduction(order.id, reduced, reduction.covered),
        owed_minor=reduction.owed_minor,
        credit_minor=reduction.credit.minor,
        stood_down=fulfillment_refs(reduction.list_after(FulfillmentStatus.CANCELLED)),
        reduced_work=tuple(_build_reduced_work(item) for item in reduction.fulfillments if _is_still_open(item)),
        returned=fulfillment_refs(reduction.list_after(FulfillmentStatus.RETURNED)),
        offer_id=offer.id if offer else "",
        invited=tuple(invitation.staff for invitation in offer.invitations) if offer else (),
        completed=reduction.is_complete,
        order_location=order.location,
    )


def _is_still_open(item: ReducedFulfillment) -> bool:
    return item.after.status == item.before.status


def _build_reduced_work(item: ReducedFulfillment) -> ReducedWork:
    units = tuple(UnitsOfSku(allocation.sku, allocation.quantity) for allocation in item.cancelled)
    return ReducedWork(item.after.id, item.after.location, units)
