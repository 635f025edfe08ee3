"""Opening the work on an order: those whose goods were promised are assigned at once, and whoever is nearer with all
of it on his van may claim it for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.fulfillment.candidates import look_around
from chalicelib.fulfillment.model import (
    UNTOUCHED,
    Case,
    Fulfillment,
    FulfillmentStatus,
    Invited,
    Offer,
    OfferOpened,
    OfferStatus,
    WorkHandedOver,
    fulfillment_id,
    offer_id,
    served,
    status_of_order,
    who_begins,
    who_waits,
)
from chalicelib.fulfillment.route import Decision
from chalicelib.fulfillment.store import keep_decision, load_case, new_offer, new_work, tell
from chalicelib.kit import clock, db
from chalicelib.kit.errors import NotFound
from chalicelib.kit.journal import JournalEntry
from chalicelib.orders.model import OrderStatus
from chalicelib.places import find as places
from chalicelib.stock.model import Piece, is_expected

ROUTER = "router"  # how the journal calls decisions nobody made by hand


@db.decided_anew
def open_offer(told: JournalEntry) -> None:
    """On OrderPlaced. A repeat finds the work there and does nothing."""
    case = load_case(told.subject.removeprefix("order#"))
    if case.works or case.order.status == OrderStatus.CANCELLED:
        return
    if case.order.delivery.method == "handover":
        hand_over_at_once(case)
    else:
        assign_and_offer(case)


def hand_over_at_once(case: Case) -> None:
    """The counter gave the goods away while placing; this says who did, so that a return finds its way back."""
    order, now = case.order, clock.now()
    works = [
        _of(case, part, FulfillmentStatus.HANDED_OVER, now, order.actor, number)
        for number, part in enumerate(parts(order.pieces))
    ]
    events = [
        WorkHandedOver(order.id, work.id, work.location, work.fulfiller, order.currency, completed=True)
        for work in works
    ]
    db.commit([*map(new_work, works), *tell(order, *events, actor=order.actor, at=now)])


def assign_and_offer(case: Case) -> None:
    order, now = case.order, clock.now()
    works = assigned(case, order.pieces, now)
    wanted = served(work for work in works if work.status in UNTOUCHED)
    routed = look_around(case, wanted, works, now)
    offer = offered(case, wanted, works, routed.decision, now)
    event = OfferOpened(
        order.id,
        offer_id=offer.id if offer else "",
        invited=tuple(each.staff for each in offer.invited) if offer else (),
        assigned=who_begins(works),
        awaiting=who_waits(works),
        expires_at=clock.iso(offer.expires_at) if offer else "",
        rule=routed.decision.rule,
    )
    status = status_of_order(order.demand, works, offer is not None)
    db.commit(
        [
            *map(new_work, works),
            *(new_offer(offer) if offer else []),
            keep_decision(order.id, now, "OrderPlaced", routed.asked, routed.decision),
            *tell(order, event, actor=ROUTER, at=now, fulfillment_status=status),
        ]
    )


def assigned(case: Case, pieces: Sequence[Piece], now: datetime) -> list[Fulfillment]:
    """One fulfillment for each location, and one for each day on which more of it comes there; a van's salesman need
    not accept what he has already with him."""
    works: list[Fulfillment] = []
    for part in parts(pieces):
        driver = _driver(part[0].location)
        begins = FulfillmentStatus.ACCEPTED if driver else FulfillmentStatus.ASSIGNED
        status = FulfillmentStatus.AWAITING if is_expected(part[0].shelf) else begins
        works.append(_of(case, part, status, now, driver, len(works)))
    return works


def offered(
    case: Case, demand: dict[str, int], works: Sequence[Fulfillment], decision: Decision, now: datetime
) -> Offer | None:
    if decision.expires_at is None:
        return None
    return Offer(
        id=offer_id(case.order.id, len(case.offers) + 1),
        order_id=case.order.id,
        status=OfferStatus.OPEN,
        wanted=demand,
        invited=_once_each(decision.invited),
        assigned=tuple(work.id for work in works if work.status in UNTOUCHED),
        opened_at=now,
        expires_at=decision.expires_at,
    )


def parts(pieces: Sequence[Piece]) -> list[list[Piece]]:
    together: dict[tuple[str, int], list[Piece]] = {}
    for piece in pieces:
        day = piece.shelf if is_expected(piece.shelf) else 0
        together.setdefault((piece.location, day), []).append(piece)
    return list(together.values())


def _of(
    case: Case, part: Sequence[Piece], status: FulfillmentStatus, now: datetime, fulfiller: str = "", before: int = 0
) -> Fulfillment:
    location = part[0].location
    return Fulfillment(
        id=fulfillment_id(case.order.id, len(case.works) + before + 1),
        order_id=case.order.id,
        location=location,
        kind=_kind(location),
        method=case.order.delivery.method,
        status=status,
        pieces=tuple(part),
        assigned_at=now,
        fulfiller=fulfiller,
    )


def _kind(location: str) -> str:
    try:
        return places.location(location).kind
    except NotFound:
        return "warehouse"  # imported histories may name a place that was never described


def _driver(location: str) -> str:
    if _kind(location) != "van":
        return ""
    return next((each.id for each in places.staff_at(location) if each.role == "salesman"), "")


def _once_each(invited: Sequence[Invited]) -> tuple[Invited, ...]:
    return tuple({each.staff: each for each in invited}.values())
