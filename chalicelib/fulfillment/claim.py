"""Taking an offer. The first claim wins: offer, stock and order move in one transaction, or nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

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
    """The work that is now his. A repeat by the winner gives the same; everyone else is told who or what was first."""
    now = clock.now()
    order_fulfillment = load_fulfillment_of_order(order_id_from(offer_id))
    offer = order_fulfillment.offer(offer_id)
    if offer.claimed_by == staff_id:
        return _find_claimed_fulfillment(order_fulfillment, offer)
    driver = check_driver(staff_id, offer.invitation(staff_id))
    try:
        won = apply_claim(offer, staff_id, now)
    except OfferEnded:
        expire_if_due(offer, now)
        raise
    check_placed(order_fulfillment.order)
    check_reconciled(order_fulfillment)
    check_hold(order_fulfillment.order, offer, now)
    return move_to_van(order_fulfillment, offer, won, driver, now)


def check_driver(staff_id: str, invitation: Invitation) -> Staff:
    """Asked afresh: who lost his van or his role since the offer was made can no longer take goods from it."""
    key = staff_key(staff_id)
    row = db.get(key.row, key.pk, key.sk)
    staff = row_to_staff(row) if row else None
    if staff is None or not staff.active or (staff.role, staff.location) != ("salesman", invitation.location):
        raise NotInvited(offer="")
    return staff


def check_hold(order: Order, offer: Offer, now: datetime) -> None:
    """An order whose payer let the hold lapse is about to be cancelled; nobody should drive for it."""
    if order.reserved_until is not None and order.reserved_until <= now:
        raise OfferEnded(offer=offer.id)


def move_to_van(
    order_fulfillment: OrderFulfillment,
    offer: Offer,
    won: Offer,
    driver: Staff,
    now: datetime,
    ended_holds: Sequence[Hold] = (),
) -> Fulfillment:
    """`freed` are holds on the van that have ended, whose units this claim needs."""
    waiting = order_fulfillment.list_not_started(offer)
    down = [
        transition_fulfillment(fulfillment, FulfillmentStatus.CANCELLED, reason="claimed") for fulfillment in waiting
    ]
    mine = build_claimed_fulfillment(order_fulfillment, won, now)
    goods = (
        release(order_fulfillment.order, allocations_of(waiting))
        + release_holds(ended_holds)
        + promise(order_fulfillment.order, mine.pieces)
    )
    fulfillments = order_fulfillment.with_changed(*down, mine)
    changes = {
        "pieces": allocations_of(exclude_withdrawn(fulfillments)),
        "fulfillment_status": derive_order_status(order_fulfillment.order.demand, fulfillments, has_open_offer=False),
        "bringer": first_name(driver.name),
    }
    try:
        db.commit(
            [
                update_claimed_offer(offer, won, now),
                *[update_fulfillment(before, after) for before, after in zip(waiting, down)],
                create_fulfillment(mine),
                *record_order_events(
                    order_fulfillment.order,
                    build_claimed_event(order_fulfillment, won, mine, down, goods),
                    actor=mine.fulfiller,
                    at=now,
                    **changes,
                ),
                *goods.writes,
            ]
        )
    except OutOfStock:
        ended = [] if ended_holds else load_lapsed_holds([allocation.level_id for allocation in mine.pieces], now)
        if not ended:
            raise
        return move_to_van(order_fulfillment, offer, won, driver, now, ended_holds=ended)
    return mine


def build_claimed_fulfillment(order_fulfillment: OrderFulfillment, won: Offer, now: datetime) -> Fulfillment:
    van = won.invitation(won.claimed_by).location
    return Fulfillment(
        id=build_fulfillment_id(order_fulfillment.order.id, len(order_fulfillment.fulfillments) + 1),
        order_id=order_fulfillment.order.id,
        location=van,
        kind="van",
        method=order_fulfillment.order.delivery.method,
        status=FulfillmentStatus.ACCEPTED,
        pieces=tuple(Allocation(sku, van, quantity) for sku, quantity in won.wanted.items()),
        assigned_at=now,
        fulfiller=won.claimed_by,
        offer_id=won.id,
        claim_version=won.version,
    )


def build_claimed_event(
    order_fulfillment: OrderFulfillment, won: Offer, mine: Fulfillment, down: Sequence[Fulfillment], goods: StockEffect
) -> OfferClaimed:
    return OfferClaimed(
        order_fulfillment.order.id,
        won.id,
        mine.id,
        staff=mine.fulfiller,
        location=mine.location,
        claim_version=won.version,
        stood_down=fulfillment_refs(down),
        invited=tuple(each.staff for each in won.invited if each.staff != mine.fulfiller),
        movements=goods.movements,
        holds_until=holds_until(order_fulfillment.order),
    )


def first_name(name: str) -> str:
    """All that the customer learns of who comes."""
    return name.split()[0] if name.split() else ""


def _find_claimed_fulfillment(order_fulfillment: OrderFulfillment, offer: Offer) -> Fulfillment:
    return next(fulfillment for fulfillment in order_fulfillment.fulfillments if fulfillment.offer_id == offer.id)
