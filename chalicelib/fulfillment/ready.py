"""Marking a fulfillment as packed and ready for dispatch or handover."""

from __future__ import annotations

from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkReady
from chalicelib.fulfillment.status_change import change_status
from chalicelib.kit.auth import Principal


def ready(principal: Principal, fulfillment_id: str) -> Fulfillment:
    return change_status(
        principal,
        fulfillment_id,
        FulfillmentStatus.READY,
        lambda context: WorkReady(*context.event_ids, claim_version=context.fulfillment.claim_version),
    )
