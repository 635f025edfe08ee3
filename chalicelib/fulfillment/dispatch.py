"""The goods leave. Until then every unit is promised and in the house; from here on it is neither."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.fulfillment.claim import first_name
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, NotPaid, WorkDispatched, transition_fulfillment
from chalicelib.fulfillment.reconcile import check_reconciled
from chalicelib.fulfillment.status_change import (
    FulfillmentContext,
    SideEffects,
    commit_status_change,
    load_fulfillment_context,
)
from chalicelib.fulfillment.stock_effects import StockEffect, issue
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.payments.lifecycle import unpaid_before_dispatch
from chalicelib.payments.model import Payment
from chalicelib.payments.store import load_payments
from chalicelib.places import find as places


@db.retry_on_conflict
def dispatch(principal: Principal, fulfillment_id: str) -> Fulfillment:
    """Also a second attempt: then the goods are out already and stock does not move again."""
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == FulfillmentStatus.IN_TRANSIT:
        return context.fulfillment
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.IN_TRANSIT)
    check_reconciled(context.order_fulfillment)
    check_paid_before_dispatch(load_payments(context.order_fulfillment.order.payment_ids))
    goods = (
        StockEffect()
        if context.fulfillment.status == FulfillmentStatus.FAILED_ATTEMPT
        else issue(context.fulfillment.pieces)
    )
    event = WorkDispatched(
        *context.event_ids, claim_version=context.fulfillment.claim_version, movements=goods.movements
    )
    return commit_status_change(
        context, after, event, SideEffects(goods, order_changes={"bringer": find_carrier_name(context)})
    )


def check_paid_before_dispatch(payments: Sequence[Payment]) -> None:
    for payment in unpaid_before_dispatch(payments):
        raise NotPaid(payment=payment.id, method=payment.method, status=payment.status)


def find_carrier_name(context: FulfillmentContext) -> str:
    """First name of who carries it; a warehouse that hands it to nobody we know brings it under its own name."""
    carrier = (
        context.principal.id if context.principal.role in ("courier", "salesman") else context.fulfillment.fulfiller
    )
    staff = places.load_staff().get(carrier)
    if staff and staff.role in ("courier", "salesman"):
        return first_name(staff.name)
    location = places.load_locations().get(context.fulfillment.location)
    return location.name if location else ""
