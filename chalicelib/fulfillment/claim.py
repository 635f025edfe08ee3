"""Claiming an offer. Offer, stock and order change in one transaction, so the first claim wins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.fulfillment.carrier import first_name
from chalicelib.fulfillment.expire import expire_if_due
from chalicelib.fulfillment.model import (
    Fulfillment,
    FulfillmentStatus,
    Invitation,
    NotInvited,
    Offer,
    OfferClaimed,
    OfferEnded,
    OrderFulfillment,
    apply_claim,
    build_fulfillment_id,
    check_not_cancelled,
    check_placed,
    derive_order_status,
    exclude_withdrawn,
    fulfillment_refs,
    order_id_from,
    transition_fulfillment,
)
from chalicelib.fulfillment.reconcile import check_reconciled
from chalicelib.fulfillment.stock_effects import StockEffect, holds_until, promise, release, release_holds
from chalicelib.fulfillment.store import (
    allocations_of,
    create_fulfillment,
    load_fulfillment_of_order,
    record_order_events,
    update_claimed_offer,
    update_fulfillment,
)
from chalicelib.kit import clock, db
from chalicelib.orders.model import Order
from chalicelib.places.model import Staff
from chalicelib.places.store import row_to_staff, staff_key
from chalicelib.stock.model import Allocation, Hold, OutOfStock
from chalicelib.stock.store import load_lapsed_holds


@db.retry_on_conflict
def claim(staff_id: str, offer_id: str) -> Fulfillment:
    """Return the salesman's new fulfillment; a repeat by the winner returns the same one.

    Raises NotInvited, OutOfStock, OrderNotPlaced, or why the offer is closed: OrderWasCancelled, AlreadyClaimed,
    WarehouseAccepted or OfferEnded.
    """
    now = clock.now()
    order_fulfillment = load_fulfillment_of_order(order_id_from(offer_id))
    offer = order_fulfillment.offer(offer_id)
    if offer.claimed_by == staff_id:
        return _find_claimed_fulfillment(order_fulfillment, offer)
    salesman = load_invited_salesman(staff_id, offer.invitation(staff_id))
    check_not_cancelled(order_fulfillment.order, offer)
    try:
        claimed_offer = apply_claim(offer, staff_id, now)
    except OfferEnded:
        expire_if_due(offer, now)
        raise
    check_placed(order_fulfillment.order)
    check_reconciled(order_fulfillment)
    check_hold(order_fulfillment.order, offer, now)
    return move_to_van(order_fulfillment, offer, claimed_offer, salesman, now)


def load_invited_salesman(staff_id: str, invitation: Invitation) -> Staff:
    """Return the salesman as stored now. Raises NotInvited if their role or van changed since the invitation."""
    key = staff_key(staff_id)
    row = db.get(key.row, key.pk, key.sk)
    staff = row_to_staff(row) if row else None
    if staff is None or not staff.active or (staff.role, staff.location) != ("salesman", invitation.location):
        raise NotInvited(offer="")
    return staff


def check_hold(order: Order, offer: Offer, now: datetime) -> None:
    """Raise OfferEnded if the order's holds have lapsed: it is about to be cancelled."""
    if order.reserved_until is not None and order.reserved_until <= now:
        raise OfferEnded(offer=offer.id)


def move_to_van(
    order_fulfillment: OrderFulfillment,
    offer: Offer,
    claimed_offer: Offer,
    salesman: Staff,
    now: datetime,
) -> Fulfillment:
    """Commit a claim. If units on the van are short, those of lapsed holds on it are taken as well."""
    try:
        return commit_claim(order_fulfillment, offer, claimed_offer, salesman, now)
    except OutOfStock:
        allocations = build_claimed_fulfillment(order_fulfillment, claimed_offer, now).allocations
        lapsed_holds = load_lapsed_holds([allocation.level_id for allocation in allocations], now)
        if not lapsed_holds:
            raise
        return commit_claim(order_fulfillment, offer, claimed_offer, salesman, now, lapsed_holds)


def commit_claim(
    order_fulfillment: OrderFulfillment,
    offer: Offer,
    claimed_offer: Offer,
    salesman: Staff,
    now: datetime,
    lapsed_holds: Sequence[Hold] = (),
) -> Fulfillment:
    """Commit that units move to the van and that the offer's other fulfillments are cancelled."""
    not_started = order_fulfillment.list_not_started(offer)
    cancelled = [
        transition_fulfillment(fulfillment, FulfillmentStatus.CANCELLED, reason="claimed")
        for fulfillment in not_started
    ]
    van_fulfillment = build_claimed_fulfillment(order_fulfillment, claimed_offer, now)
    stock_effect = (
        release(order_fulfillment.order, allocations_of(not_started))
        + release_holds(lapsed_holds)
        + promise(order_fulfillment.order, van_fulfillment.allocations)
    )
    fulfillments = order_fulfillment.with_changed(*cancelled, van_fulfillment)
    changes = {
        "allocations": allocations_of(exclude_withdrawn(fulfillments)),
        "fulfillment_status": derive_order_status(order_fulfillment.order.demand, fulfillments, has_open_offer=False),
        "carrier_name": first_name(salesman.name),
    }
    event = build_claimed_event(order_fulfillment, claimed_offer, van_fulfillment, cancelled, stock_effect)
    db.commit(
        [
            update_claimed_offer(offer, claimed_offer, now),
            *[update_fulfillment(before, after) for before, after in zip(not_started, cancelled)],
            create_fulfillment(van_fulfillment),
            *record_order_events(order_fulfillment.order, event, actor=van_fulfillment.fulfiller, at=now, **changes),
            *stock_effect.writes,
        ]
    )
    return van_fulfillment


def build_claimed_fulfillment(order_fulfillment: OrderFulfillment, claimed_offer: Offer, now: datetime) -> Fulfillment:
    van = claimed_offer.invitation(claimed_offer.claimed_by).location
    return Fulfillment(
        id=build_fulfillment_id(order_fulfillment.order.id, len(order_fulfillment.fulfillments) + 1),
        order_id=order_fulfillment.order.id,
        location=van,
        kind="van",
        method=order_fulfillment.order.delivery.method,
        status=FulfillmentStatus.ACCEPTED,
        allocations=tuple(Allocation(sku, van, quantity) for sku, quantity in claimed_offer.demand.items()),
        assigned_at=now,
        fulfiller=claimed_offer.claimed_by,
        offer_id=claimed_offer.id,
        claim_version=claimed_offer.version,
    )


def build_claimed_event(
    order_fulfillment: OrderFulfillment,
    claimed_offer: Offer,
    van_fulfillment: Fulfillment,
    cancelled: Sequence[Fulfillment],
    stock_effect: StockEffect,
) -> OfferClaimed:
    return OfferClaimed(
        order_fulfillment.order.id,
        claimed_offer.id,
        van_fulfillment.id,
        staff=van_fulfillment.fulfiller,
        location=van_fulfillment.location,
        claim_version=claimed_offer.version,
        stood_down=fulfillment_refs(cancelled),
        invited=tuple(
            invitation.staff
            for invitation in claimed_offer.invitations
            if invitation.staff != van_fulfillment.fulfiller
        ),
        movements=stock_effect.movements,
        holds_until=holds_until(order_fulfillment.order),
    )


def _find_claimed_fulfillment(order_fulfillment: OrderFulfillment, offer: Offer) -> Fulfillment:
    return next(fulfillment for fulfillment in order_fulfillment.fulfillments if fulfillment.offer_id == offer.id)
