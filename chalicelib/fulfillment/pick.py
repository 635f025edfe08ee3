"""Somebody walks to the shelf."""

from __future__ import annotations

from chalicelib.fulfillment.model import Fulfillment, WorkPicked
from chalicelib.fulfillment.step import plain_step
from chalicelib.kit.auth import Principal


def pick(principal: Principal, fulfillment_id: str) -> Fulfillment:
    return plain_step(
        principal, fulfillment_id, "picking", lambda at: WorkPicked(*at.ids, claim_version=at.work.claim_version)
    )
