"""Nobody was at home. The goods stay with their bringer for another attempt, or come back into stock for good."""

from __future__ import annotations

from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkFailed, transition_fulfillment
from chalicelib.fulfillment.status_change import SideEffects, commit_status_change, load_fulfillment_context
from chalicelib.fulfillment.stock_effects import StockEffect, return_to_stock
from chalicelib.kit import db
from chalicelib.kit.auth import Principal


@db.retry_on_conflict
def fail(principal: Principal, fulfillment_id: str, reason: str, back: bool = False) -> Fulfillment:
    """`back` only after a failed attempt: then the units are on hand again where they came from."""
    context = load_fulfillment_context(principal, fulfillment_id)
    to = FulfillmentStatus.BACK_AT_LOCATION if back else FulfillmentStatus.FAILED_ATTEMPT
    if context.fulfillment.status == to:
        return context.fulfillment
    after = transition_fulfillment(context.fulfillment, to, reason=reason)
    goods = return_to_stock(context.fulfillment.pieces) if back else StockEffect()
    event = WorkFailed(*context.event_ids, reason=reason, back=back, movements=goods.movements)
    return commit_status_change(context, after, event, SideEffects(goods, order_changes={"bringer": ""}))
