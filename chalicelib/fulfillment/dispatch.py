"""Dispatching a fulfillment: its units leave stock and are in transit."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.fulfillment.carrier import find_location_name, first_name
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
from chalicelib.places.model import Staff


@db.retry_on_conflict
def dispatch(principal: Principal, fulfillment_id: str) -> Fulfillment:
    """Return the fulfillment in transit. A second attempt, after a failed one, does not move stock. Raises NotPaid."""
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == FulfillmentStatus.IN_TRANSIT:
        return context.fulfillment
    carrier = find_carrier(context)
    carrier_id = carrier.id if carrier else ""
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.IN_TRANSIT, carrier=carrier_id)
    check_reconciled(context.order_fulfillment)
    check_paid_before_dispatch(load_payments(context.order_fulfillment.order.payment_ids))
    stock_effect = (
        StockEffect()
        if context.fulfillment.status == FulfillmentStatus.FAILED_ATTEMPT
        else issue(context.fulfillment.allocations)
    )
    event = WorkDispatched(
        *context.event_ids, claim_version=context.fulfillment.claim_version, movements=stock_effect.movements
    )
    name = first_name(carrier.name) if carrier else find_location_name(context.fulfillment.location)
    side_effects = SideEffects(stock_effect, order_changes={"carrier_name": name})
    return commit_status_change(context, after, event, side_effects)


def check_paid_before_dispatch(payments: Sequence[Payment]) -> None:
    """Raise NotPaid for a payment that must be captured before dispatch and is not."""
    for payment in unpaid_before_dispatch(payments):
        raise NotPaid(payment=payment.id, method=payment.method, payment_status=payment.status)


def find_carrier(context: FulfillmentContext) -> Staff | None:
    """Return the courier or salesman who takes the goods to the customer, or None for a parcel service."""
    carrier_id = (
        context.principal.id
        if context.principal.role in ("courier", "salesman")
        else context.fulfillment.carrier or context.fulfillment.fulfiller
    )
    carrier = places.load_staff().get(carrier_id)
    return carrier if carrier and carrier.role in ("courier", "salesman") else None
