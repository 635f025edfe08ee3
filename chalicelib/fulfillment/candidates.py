"""What routing looks at: every van, who drives it, where it was last seen, and what of the order it carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.fulfillment.model import Case, Fulfillment, FulfillmentStatus, OfferStatus
from chalicelib.fulfillment.route import Decision, Job, Settings, Van, question, route
from chalicelib.kit import config
from chalicelib.orders.model import Order
from chalicelib.places import find as places
from chalicelib.places.model import Point
from chalicelib.stock.store import load_levels

MOST_ASKED = 2  # times the same order: an offer that nobody can fall back from would otherwise go round for ever


@dataclass(frozen=True)
class Routed:
    decision: Decision
    asked: dict[str, Any]


def look_around(case: Case, demand: dict[str, int], works: Sequence[Fulfillment], now: datetime) -> Routed:
    """`works` are those who bring it unless somebody nearer claims."""
    job = job_of(case, demand, works)
    vans = every_van() if job.method == "ship" else []
    stock = carried(vans, demand)
    settings = settings_now()
    return Routed(route(job, vans, stock, now, settings), question(job, vans, stock, now, settings))


def job_of(case: Case, demand: dict[str, int], works: Sequence[Fulfillment]) -> Job:
    return Job(
        order_id=case.order.id,
        method=case.order.delivery.method,
        demand=demand,
        destination=destination(case.order),
        on_hold=case.order.on_hold,
        pieces=sum(len(work.pieces) for work in works),
        parts=len(works),
        on_vans=not demand,
        passed_over=passed_over(case),
    )


def destination(order: Order) -> Point | None:
    point = order.delivery.point
    return Point(float(point["lat"]), float(point["lon"])) if point else None


def passed_over(case: Case) -> dict[str, str]:
    """Who said no to this order is not asked again, and who was silent not a third time."""
    silent = Counter(
        each.staff for offer in case.offers if offer.status == OfferStatus.EXPIRED for each in offer.invited
    )
    said = {staff: "silent_before" for staff, times in silent.items() if times >= MOST_ASKED}
    said |= {staff: "declined_before" for offer in case.offers for staff in offer.declined}
    return said | {work.location: "rejected_before" for work in case.works if work.status == FulfillmentStatus.REJECTED}


def every_van() -> list[Van]:
    driving = [each for each in places.locations().values() if each.kind == "van" and each.active]
    seen = places.positions() if driving else {}
    vans = []
    for location in driving:
        position = seen.get(location.id)
        where = (position.point, position.at) if position else (None, None)
        drivers = [each.id for each in places.staff_at(location.id) if each.role == "salesman"]
        vans += [Van(location.id, driver, *where) for driver in drivers or [""]]
    return vans


def carried(vans: Iterable[Van], demand: dict[str, int]) -> dict[str, dict[str, int]]:
    stock: dict[str, dict[str, int]] = {}
    for level in load_levels([(sku, van.location) for van in vans for sku in demand]):
        units = stock.setdefault(level.location, {})
        units[level.sku] = units.get(level.sku, 0) + level.available
    return stock


def settings_now() -> Settings:
    return Settings(
        offer_minutes=config.offer_minutes(),
        radius_meters=config.offer_radius_meters(),
        fresh_minutes=config.position_fresh_minutes(),
        most_invited=config.number("OFFER_MOST_INVITED", Settings.most_invited),
    )
