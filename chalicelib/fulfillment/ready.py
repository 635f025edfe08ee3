"""Packed, and waiting for whoever takes it out of the house."""

from __future__ import annotations

from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkReady
from chalicelib.fulfillment.step import plain_step
from chalicelib.kit.auth import Principal


def ready(principal: Principal, fulfillment_id: str) -> Fulfillment:
    return plain_step(
        principal,
        fulfillment_id,
        FulfillmentStatus.READY,
        lambda at: WorkReady(*at.ids, claim_version=at.work.claim_version),
    )
