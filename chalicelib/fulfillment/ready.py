"""Marking a fulfillment as packed and ready for dispatch or handover."""

from __future__ import annotations

from chalicelib.fulfillment.model import (
    Fulfillment,
    FulfillmentStatus,
    WorkReady,
    is_ready_to_collect,
    transition_fulfillment,
)
from chalicelib.fulfillment.status_change import FulfillmentContext, change_status
from chalicelib.kit.auth import Principal


def ready(principal: Principal, fulfillment_id: str) -> Fulfillment:
    return change_status(principal, fulfillment_id, FulfillmentStatus.READY, build_ready_event)


def build_ready_event(context: FulfillmentContext) -> WorkReady:
    after = transition_fulfillment(context.fulfillment, FulfillmentStatus.READY)
    whole = context.order_fulfillment
    return WorkReady(
        *context.event_ids,
        claim_version=context.fulfillment.claim_version,
        collectable=is_ready_to_collect(whole.order, whole.with_changed(after)),
    )
