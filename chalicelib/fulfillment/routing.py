"""Who could bring an order: a pure decision that lists every van and says of each why or why not.

It is stored with all it was decided from, so that anyone can run it again and get the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from chalicelib.fulfillment.model import Invitation, count_claim_writes, offer_expiry
from chalicelib.places.model import Point, distance_meters

MAX_CLAIM_WRITES = 100  # of one transaction; a claim that would need more can never succeed, so it is not offered

VanStock = Mapping[str, Mapping[str, int]]  # location → SKU → units available there


@dataclass(frozen=True)
class RoutingRequest:
    """`passed_over` is {location or staff: why}: who has said no to this order already is not asked again."""

    order_id: str
    method: str
    demand: dict[str, int]
    destination: Point | None = None
    on_hold: bool = False
    pieces: int = 0
    parts: int = 0
    on_vans: bool = False
    passed_over: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VanCandidate:
    """A van without a salesman is a candidate too, so that the decision can say what it lacked."""

    location: str
    staff: str = ""
    position: Point | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True)
class RoutingSettings:
    offer_minutes: int = 10
    radius_meters: int = 10_000
    fresh_minutes: int = 30
    most_invited: int = 25  # each is a link in the transaction that opens the offer, and an SMS


@dataclass(frozen=True)
class RoutingDecision:
    rule: str
    candidates: tuple[dict[str, Any], ...]
    invited: tuple[Invitation, ...]
    expires_at: datetime | None


def decide_route(
    job: RoutingRequest, vans: Sequence[VanCandidate], stock: VanStock, now: datetime, settings: RoutingSettings
) -> RoutingDecision:
    """Nearest first; an unknown distance comes last. The first rule that excludes a van is the one it is told."""
    rule = _order_verdict(job)
    candidates = sorted((_build_candidate(job, van, stock, now) for van in vans), key=_distance_rank)
    asked = 0
    for candidate in candidates:
        candidate["verdict"] = rule or _van_verdict(candidate, job, settings, asked)
        asked += candidate["verdict"] == "invited"
    invited = tuple(_build_invitation(each) for each in candidates if each["verdict"] == "invited")
    expires_at = offer_expiry(now, settings.offer_minutes) if invited else None
    rule = rule or ("near_with_all_units" if invited else "nobody_qualifies")
    return RoutingDecision(rule, tuple(candidates), invited, expires_at)


def _order_verdict(job: RoutingRequest) -> str:
    """Reasons that hold whoever would be asked."""
    if job.method != "ship":
        return f"for_{job.method}"
    if job.on_vans:
        return "already_on_a_van"
    if job.destination is None:
        return "destination_unknown"
    if count_claim_writes(job.pieces, len(job.demand), job.on_hold, job.parts) > MAX_CLAIM_WRITES:
        return "too_many_lines_for_one_claim"
    return ""


def _build_candidate(job: RoutingRequest, van: VanCandidate, stock: VanStock, now: datetime) -> dict[str, Any]:
    here, there = van.position, job.destination
    return {
        "location": van.location,
        "staff": van.staff,
        "distance_meters": distance_meters(here, there) if here and there else None,
        # A phone whose clock runs ahead is not fresher than now.
        "position_age_seconds": max(0, int((now - van.seen_at).total_seconds())) if van.seen_at else None,
        "stock": {sku: stock.get(van.location, {}).get(sku, 0) for sku in sorted(job.demand)},
    }


def _distance_rank(candidate: dict[str, Any]) -> tuple[float, str, str]:
    distance = candidate["distance_meters"]
    return (inf if distance is None else distance, candidate["location"], candidate["staff"])


def _van_verdict(candidate: dict[str, Any], job: RoutingRequest, settings: RoutingSettings, asked: int) -> str:
    location, staff = candidate["location"], candidate["staff"]
    if said := job.passed_over.get(location) or job.passed_over.get(staff):
        return said
    if not staff:
        return "no_active_salesman"
    if candidate["position_age_seconds"] is None:
        return "position_unknown"
    if candidate["position_age_seconds"] > settings.fresh_minutes * 60:
        return "position_too_old"
    if candidate["distance_meters"] > settings.radius_meters:
        return "too_far"
    if any(candidate["stock"][sku] < quantity for sku, quantity in job.demand.items()):
        return "lacks_units"
    return "invited" if asked < settings.most_invited else "enough_are_nearer"


def _build_invitation(candidate: dict[str, Any]) -> Invitation:
    return Invitation(candidate["staff"], candidate["location"], candidate["distance_meters"])


def routing_inputs_to_json(
    job: RoutingRequest, vans: Sequence[VanCandidate], stock: VanStock, now: datetime, settings: RoutingSettings
) -> dict[str, Any]:
    """All that `route` was told, JSON-ready."""
    return {
        "job": vars(job) | {"destination": _point_to_json(job.destination)},
        "vans": [_van_to_json(van) for van in vans],
        "stock": {location: dict(units) for location, units in stock.items()},
        "now": now.isoformat(),
        "settings": vars(settings),
    }


def _van_to_json(van: VanCandidate) -> dict[str, Any]:
    return vars(van) | {"position": _point_to_json(van.position), "seen_at": van.seen_at and van.seen_at.isoformat()}


def _point_to_json(point: Point | None) -> dict[str, float] | None:
    return vars(point) if point else None


def replay_decision(asked: dict[str, Any]) -> RoutingDecision:
    """The decision on a question that an earlier decision was stored with. Only tests call it: they show that a stored
    question holds all that a decision depends on."""
    job = RoutingRequest(**asked["job"] | {"destination": _json_to_point(asked["job"]["destination"])})
    vans = [_json_to_van(each) for each in asked["vans"]]
    return decide_route(
        job, vans, asked["stock"], datetime.fromisoformat(asked["now"]), RoutingSettings(**asked["settings"])
    )


def _json_to_van(kept: dict[str, Any]) -> VanCandidate:
    return VanCandidate(
        kept["location"], kept["staff"], _json_to_point(kept["position"]), _parse_instant(kept["seen_at"])
    )


def _json_to_point(kept: dict[str, float] | None) -> Point | None:
    return Point(**kept) if kept else None


def _parse_instant(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def decision_to_json(decision: RoutingDecision) -> dict[str, Any]:
    return {
        "rule": decision.rule,
        "candidates": list(decision.candidates),
        "invited": [each.staff for each in decision.invited],
        "expires_at": decision.expires_at.isoformat() if decision.expires_at else None,
    }
