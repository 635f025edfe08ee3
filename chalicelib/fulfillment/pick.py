"""Starting to pick a fulfillment."""

from __future__ import annotations

from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkPicked
from chalicelib.fulfillment.status_change import change_status
from chalicelib.kit.auth import Principal


def pick(principal: Principal, fulfillment_id: str) -> Fulfillment:
    return change_status(
        principal,
        fulfillment_id,
        FulfillmentStatus.PICKING,
        lambda context: WorkPicked(*context.event_ids, claim_version=context.fulfillment.claim_version),
    )
