"""The warehouse begins. That ends the order's offer in the same commit, or finds that a claim came first."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment.model import (
    AlreadyClaimed,
    Case,
    Fulfillment,
    FulfillmentStatus,
    Offer,
    OfferStatus,
    WorkAccepted,
    moved,
    stepped,
)
from chalicelib.fulfillment.step import Scene, StepChange, scene, take_step
from chalicelib.fulfillment.store import as_offer, close_offer
from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved, Problem


@db.decided_anew
def accept(principal: Principal, fulfillment_id: str) -> Fulfillment:
    at = scene(principal, fulfillment_id)
    if at.work.status == FulfillmentStatus.ACCEPTED:
        return at.work
    refuse_claimed(at.case, at.work)
    after = stepped(at.work, FulfillmentStatus.ACCEPTED, fulfiller=principal.id)
    offer = disputed(at.case, at.work)
    change = StepChange(first=closing(offer), offered=False if offer else None)
    return take_step(at, after, told(at, after, offer), change)


def refuse_claimed(case: Case, work: Fulfillment) -> None:
    """A salesman was faster: better said so than that a cancelled thing cannot be accepted."""
    for offer in case.offers:
        if (
            offer.status == OfferStatus.CLAIMED
            and work.id in offer.assigned
            and work.status == FulfillmentStatus.CANCELLED
        ):
            raise AlreadyClaimed(offer=offer.id)


def disputed(case: Case, work: Fulfillment) -> Offer | None:
    offer = case.open_offer
    return offer if offer and work.id in offer.assigned else None


def closing(offer: Offer | None) -> list[Write]:
    """Past its end it counts as expired, though the clock had not come by yet."""
    if offer is None:
        return []
    to = OfferStatus.EXPIRED if offer.is_due(clock.now()) else OfferStatus.SUPERSEDED
    return [close_offer(offer, moved(offer, to), refusal=_came_first)]


def _came_first(row: Any) -> Problem:
    standing = as_offer(row) if row else None
    return AlreadyClaimed(offer=standing.id) if standing and standing.status == OfferStatus.CLAIMED else Moved()


def told(at: Scene, after: Fulfillment, offer: Offer | None) -> WorkAccepted:
    invited = tuple(each.staff for each in offer.invited) if offer else ()
    return WorkAccepted(after.order_id, after.id, after.location, after.fulfiller, offer.id if offer else "", invited)
