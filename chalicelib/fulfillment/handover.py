"""Handing goods over at the counter: dispatch, delivery and cash collection in one transaction."""

from __future__ import annotations

from chalicelib.fulfillment.collect_cash import CashCollection, collect_cash
from chalicelib.fulfillment.dispatch import check_paid_before_dispatch
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkHandedOver, transition_fulfillment
from chalicelib.fulfillment.reconcile import check_reconciled
from chalicelib.fulfillment.status_change import (
    SideEffects,
    commit_status_change,
    completes_order,
    load_fulfillment_context,
)
from chalicelib.fulfillment.stock_effects import issue
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.orders.model import OrderStatus
from chalicelib.payments.store import load_payments


@db.retry_on_conflict
def handover(principal: Principal, fulfillment_id: str) -> Fulfillment:
    """Return the fulfillment as handed over; a repeat changes nothing. Raises NotFound, CannotMove or NotPaid."""
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == FulfillmentStatus.HANDED_OVER:
        return context.fulfillment
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.HANDED_OVER)
    check_reconciled(context.order_fulfillment)
    check_paid_before_dispatch(load_payments(context.order_fulfillment.order.payment_ids))
    complete = completes_order(context, after)
    cash = collect_cash(principal, context.order_fulfillment) if complete else CashCollection()
    stock_effect = issue(context.fulfillment.allocations)
    event = WorkHandedOver(
        *context.event_ids,
        context.order_fulfillment.order.currency,
        claim_version=context.fulfillment.claim_version,
        completed=complete,
        movements=stock_effect.movements,
        payments=cash.payments,
        postings=cash.postings,
        order_location=context.order_fulfillment.order.location,
    )
    changes = cash.order_changes | ({"status": OrderStatus.COMPLETED} if complete else {})
    return commit_status_change(
        context, after, event, SideEffects(stock_effect, other_writes=cash.writes, order_changes=changes)
    )
