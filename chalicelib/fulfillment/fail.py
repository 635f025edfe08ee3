"""Nobody was at home. The goods stay with their bringer for another attempt, or come back into stock for good."""

from __future__ import annotations

from chalicelib.fulfillment.goods import Effect, bring_back
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkFailed, stepped
from chalicelib.fulfillment.step import StepChange, scene, take_step
from chalicelib.kit import db
from chalicelib.kit.auth import Principal


@db.decided_anew
def fail(principal: Principal, fulfillment_id: str, reason: str, back: bool = False) -> Fulfillment:
    """`back` only after a failed attempt: then the units are on hand again where they came from."""
    at = scene(principal, fulfillment_id)
    to = FulfillmentStatus.BACK_AT_LOCATION if back else FulfillmentStatus.FAILED_ATTEMPT
    if at.work.status == to:
        return at.work
    after = stepped(at.work, to, reason=reason)
    goods = bring_back(at.work.pieces) if back else Effect()
    event = WorkFailed(*at.ids, reason=reason, back=back, movements=goods.movements)
    return take_step(at, after, event, StepChange(goods, order={"bringer": ""}))
