"""What somebody gave up is brought by somebody else, without anyone deciding it; `OrderStranded` when nobody can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.fulfillment.candidates import Routed, destination, look_around, passed_over
from chalicelib.fulfillment.goods import Effect, holds_until, take, take_over
from chalicelib.fulfillment.model import (
    UNTOUCHED,
    Case,
    Fulfillment,
    Offer,
    OfferOpened,
    OfferStatus,
    OrderStranded,
    Shortage,
    WorkRerouted,
    live,
    moved,
    status_of_order,
    unserved,
    who_begins,
    who_waits,
)
from chalicelib.fulfillment.offer import ROUTER, assigned, offered
from chalicelib.fulfillment.store import (
    close_offer,
    is_stranded,
    keep_decision,
    load_case,
    new_offer,
    new_work,
    pieces_of,
    strand,
    stranded_orders,
    tell,
    unstrand,
)
from chalicelib.kit import clock, db
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved
from chalicelib.kit.events import Event
from chalicelib.orders.model import OrderStatus
from chalicelib.places import find as places
from chalicelib.places.model import distance_meters
from chalicelib.stock.model import OutOfStock
from chalicelib.stock.plan import AvailableStock, Plan, plan_allocation
from chalicelib.stock.store import lapsed_holds, load_levels


@db.decided_anew
def reroute(order_id: str, cause: str = "WorkRejected") -> bool:
    """Looks at what is missing now, not at what the event said: a repeat finds nothing missing and does nothing. An
    order that was never routed has its goods still as placing promised them, and its first routing is on the way."""
    case = load_case(order_id)
    missing = unserved(case.order.demand, case.works)
    if case.order.status != OrderStatus.PLACED or not case.works or not missing:
        return False
    try:
        return commit(case, missing, cause, clock.now())
    except OutOfStock as taken_meanwhile:
        raise Moved() from taken_meanwhile


def commit(case: Case, missing: dict[str, int], cause: str, now: datetime) -> bool:
    plan, short = planned(case, missing, now)
    works = assigned(case, plan.pieces, now)
    routed = look_around(case, missing, works, now)
    asking = case.open_offer
    offer = None if asking else offered(case, missing, works, routed.decision, now)
    if not (works or offer or asking):
        return stranded(case, short, now)
    goods = take_over(plan.takes) + take(case.order, plan.pieces)
    every = case.after(*works)
    status = status_of_order(case.order.demand, every, offered=bool(offer or asking))
    events = said(case, works, offer, routed, goods)
    if not events:
        return False  # an offer is out that covers it, and nobody else has it: wait for its end
    changes = {"fulfillment_status": status, "pieces": pieces_of(live(every))}
    db.commit(
        [
            *(added(asking, works) if asking and works else []),
            *(new_offer(offer) if offer else []),
            *map(new_work, works),
            *([unstrand(case.order.id)] if is_stranded(case.order.id) else []),
            keep_decision(case.order.id, now, cause, routed.asked, routed.decision),
            *tell(case.order, *events, actor=ROUTER, at=now, **changes),
            *goods.writes,
        ]
    )
    return True


def planned(case: Case, missing: dict[str, int], now: datetime) -> tuple[Plan, tuple[Shortage, ...]]:
    """From every warehouse and store that has not said no; nothing at all rather than a part of it. An order has one
    hold at a level, so while it waits for money it takes nothing more where it holds units already, least of all them.
    """
    servers = nearest_servers(case)
    held = {(piece.sku, piece.location) for piece in pieces_of(live(case.works))} if case.order.on_hold else set()
    levels = load_levels([(sku, server) for server in servers for sku in missing if (sku, server) not in held])
    lapsed = lapsed_holds([level.place for level in levels if level.reserved], now)
    try:
        return plan_allocation(missing, AvailableStock(levels, servers, lapsed)), ()
    except OutOfStock as nobody:
        return Plan(()), tuple(Shortage(**each) for each in nobody.facts["short"])


def nearest_servers(case: Case) -> list[str]:
    """Who collects at a counter comes to that counter: such an order is served nowhere else."""
    order = case.order
    excluded = passed_over(case)
    able = [one for one in places.locations().values() if one.active and one.kind != "van" and one.id not in excluded]
    if order.delivery.method != "ship":
        return [one.id for one in able if one.id == order.delivery.location]
    where = destination(order)

    def rank(one: Any) -> tuple[bool, int, str]:
        away = distance_meters(one.point, where) if one.point and where else 0
        return one.kind != "warehouse", away, one.id

    return [one.id for one in sorted(able, key=rank)]


def said(case: Case, works: Sequence[Fulfillment], offer: Offer | None, routed: Routed, goods: Effect) -> list[Event]:
    """Two entries when both are new: each has its own listeners."""
    events: list[Event] = []
    if works:
        told = rerouted(case.order.id, works)
        excluded, until = tuple(sorted(passed_over(case))), holds_until(case.order)
        events.append(replace(told, excluded=excluded, movements=goods.movements, holds_until=until))
    if offer:
        staff = tuple(each.staff for each in offer.invited)
        until = clock.iso(offer.expires_at)
        events.append(OfferOpened(case.order.id, offer.id, staff, expires_at=until, rule=routed.decision.rule))
    return events


def rerouted(order_id: str, works: Sequence[Fulfillment]) -> WorkRerouted:
    return WorkRerouted(order_id, assigned=who_begins(works), awaiting=who_waits(works))


def added(asking: Offer, works: Sequence[Fulfillment]) -> list[Write]:
    """Those who begin while an offer is out stand down with the rest when somebody claims it."""
    new = tuple(work.id for work in works if work.status in UNTOUCHED)
    return [close_offer(asking, replace(moved(asking, OfferStatus.OPEN), assigned=asking.assigned + new))]


def stranded(case: Case, short: Sequence[Shortage], now: datetime) -> bool:
    if is_stranded(case.order.id):
        return False  # told before, and still nobody
    event = OrderStranded(case.order.id, tuple(short), tuple(sorted(passed_over(case))))
    status = status_of_order(case.order.demand, case.works, offered=False)
    changes = {"fulfillment_status": status}
    db.commit([strand(case.order.id, now), *tell(case.order, event, actor=ROUTER, at=now, **changes)])
    return False


def try_stranded() -> int:
    """By the clock: goods may have come in, or a van into reach."""
    return sum(reroute(order_id, "stranded") for order_id in stranded_orders())
