"""Recording a failed delivery attempt, or the return of the goods to their location after one."""

from __future__ import annotations

from chalicelib.fulfillment.carrier import find_carrier_name
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkFailed, transition_fulfillment
from chalicelib.fulfillment.status_change import SideEffects, commit_status_change, load_fulfillment_context
from chalicelib.fulfillment.stock_effects import StockEffect, return_to_stock
from chalicelib.kit import db
from chalicelib.kit.auth import Principal


@db.retry_on_conflict
def fail(principal: Principal, fulfillment_id: str, reason: str, back: bool = False) -> Fulfillment:
    """Return the changed fulfillment. `back` returns the units to stock; it is possible only after a failed attempt."""
    context = load_fulfillment_context(principal, fulfillment_id)
    to = FulfillmentStatus.BACK_AT_LOCATION if back else FulfillmentStatus.FAILED_ATTEMPT
    if context.fulfillment.status == to:
        return context.fulfillment
    after = transition_fulfillment(context.fulfillment, to, reason=reason)
    stock_effect = return_to_stock(context.fulfillment.allocations) if back else StockEffect()
    event = WorkFailed(*context.event_ids, reason=reason, back=back, movements=stock_effect.movements)
    name = find_carrier_name(context.order_fulfillment.with_changed(after))
    return commit_status_change(context, after, event, SideEffects(stock_effect, order_changes={"carrier_name": name}))
