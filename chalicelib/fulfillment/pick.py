"""Somebody walks to the shelf."""

from __future__ import annotations

from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkPicked
from chalicelib.fulfillment.step import plain_step
from chalicelib.kit.auth import Principal


def pick(principal: Principal, fulfillment_id: str) -> Fulfillment:
    return plain_step(
        principal,
        fulfillment_id,
        FulfillmentStatus.PICKING,
        lambda at: WorkPicked(*at.ids, claim_version=at.work.claim_version),
    )
