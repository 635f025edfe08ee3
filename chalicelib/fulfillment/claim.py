"""Taking an offer. The first claim wins: offer, stock and order move in one transaction, or nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.fulfillment.expire import expire_if_due
from chalicelib.fulfillment.goods import Effect, holds_until, let_go, take, take_over
from chalicelib.fulfillment.model import (
    Case,
    Fulfillment,
    FulfillmentStatus,
    Invited,
    NotInvited,
    Offer,
    OfferClaimed,
    OfferEnded,
    at,
    check_placed,
    claimed,
    fulfillment_id,
    live,
    order_of,
    status_of_order,
    stepped,
)
from chalicelib.fulfillment.realign import check_aligned
from chalicelib.fulfillment.store import change_work, load_case, new_work, pieces_of, tell, win_offer
from chalicelib.kit import clock, db
from chalicelib.orders.model import Order
from chalicelib.places.model import Staff
from chalicelib.places.store import as_staff, staff_key
from chalicelib.stock.model import Hold, OutOfStock, Piece
from chalicelib.stock.store import lapsed_holds


@db.decided_anew
def claim(staff_id: str, offer_id: str) -> Fulfillment:
    """The work that is now his. A repeat by the winner gives the same; everyone else is told who or what was first."""
    now = clock.now()
    case = load_case(order_of(offer_id))
    offer = case.offer(offer_id)
    if offer.claimed_by == staff_id:
        return _won(case, offer)
    driver = check_driver(staff_id, offer.invitation(staff_id))
    try:
        won = claimed(offer, staff_id, now)
    except OfferEnded:
        expire_if_due(offer, now)
        raise
    check_placed(case.order)
    check_aligned(case)
    check_hold(case.order, offer, now)
    return move_to_van(case, offer, won, driver, now)


def check_driver(staff_id: str, invitation: Invited) -> Staff:
    """Asked afresh: who lost his van or his role since the offer was made can no longer take goods from it."""
    key = staff_key(staff_id)
    row = db.get(key.row, key.pk, key.sk)
    staff = as_staff(row) if row else None
    if staff is None or not staff.active or (staff.role, staff.location) != ("salesman", invitation.location):
        raise NotInvited(offer="")
    return staff


def check_hold(order: Order, offer: Offer, now: datetime) -> None:
    """An order whose payer let the hold lapse is about to be cancelled; nobody should drive for it."""
    if order.reserved_until is not None and order.reserved_until <= now:
        raise OfferEnded(offer=offer.id)


def move_to_van(
    case: Case, offer: Offer, won: Offer, driver: Staff, now: datetime, freed: Sequence[Hold] = ()
) -> Fulfillment:
    """`freed` are holds on the van that have ended, whose units this claim needs."""
    waiting = case.waiting(offer)
    down = [stepped(work, FulfillmentStatus.CANCELLED, reason="claimed") for work in waiting]
    mine = his_work(case, won, now)
    goods = let_go(case.order, pieces_of(waiting)) + take_over(freed) + take(case.order, mine.pieces)
    works = case.after(*down, mine)
    changes = {
        "pieces": pieces_of(live(works)),
        "fulfillment_status": status_of_order(case.order.demand, works, offered=False),
        "bringer": first_name(driver.name),
    }
    try:
        db.commit(
            [
                win_offer(offer, won, now),
                *[change_work(before, after) for before, after in zip(waiting, down)],
                new_work(mine),
                *tell(case.order, told(case, won, mine, down, goods), actor=mine.fulfiller, at=now, **changes),
                *goods.writes,
            ]
        )
    except OutOfStock:
        ended = [] if freed else lapsed_holds([piece.place for piece in mine.pieces], now)
        if not ended:
            raise
        return move_to_van(case, offer, won, driver, now, freed=ended)
    return mine


def his_work(case: Case, won: Offer, now: datetime) -> Fulfillment:
    van = won.invitation(won.claimed_by).location
    return Fulfillment(
        id=fulfillment_id(case.order.id, len(case.works) + 1),
        order_id=case.order.id,
        location=van,
        kind="van",
        method=case.order.delivery.method,
        status=FulfillmentStatus.ACCEPTED,
        pieces=tuple(Piece(sku, van, quantity) for sku, quantity in won.wanted.items()),
        assigned_at=now,
        fulfiller=won.claimed_by,
        offer_id=won.id,
        claim_version=won.version,
    )


def told(case: Case, won: Offer, mine: Fulfillment, down: Sequence[Fulfillment], goods: Effect) -> OfferClaimed:
    return OfferClaimed(
        case.order.id,
        won.id,
        mine.id,
        staff=mine.fulfiller,
        location=mine.location,
        claim_version=won.version,
        stood_down=at(down),
        invited=tuple(each.staff for each in won.invited if each.staff != mine.fulfiller),
        movements=goods.movements,
        holds_until=holds_until(case.order),
    )


def first_name(name: str) -> str:
    """All that the customer learns of who comes."""
    return name.split()[0] if name.split() else ""


def _won(case: Case, offer: Offer) -> Fulfillment:
    return next(work for work in case.works if work.offer_id == offer.id)
