"""The routing decision: which salesmen are invited to claim an order, with a verdict for every van and every location.

Warehouses and stores serve an order as placement or rerouting allocated it; their verdicts explain that choice.

The decision is pure. It is stored with its inputs, so it can be replayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from chalicelib.fulfillment.model import Invitation, count_claim_writes, offer_expiry
from chalicelib.places.model import Point, distance_meters

MAX_CLAIM_WRITES = 100  # DynamoDB's limit for a transaction; an order whose claim needs more is not offered

VanStock = Mapping[str, Mapping[str, int]]  # location → SKU → units available there


@dataclass(frozen=True)
class RoutingRequest:
    """An order to route. `demand` is {SKU: units}; `passed_over` is {location or staff: why it is not invited}."""

    order_id: str
    method: str
    demand: dict[str, int]
    destination: Point | None = None
    on_hold: bool = False
    pieces: int = 0  # allocations that a claim releases
    parts: int = 0  # fulfillments that a claim cancels
    on_vans: bool = False  # all units are on a van already
    passed_over: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VanCandidate:
    """A van and its salesman. A van without a salesman is listed too, so that its verdict can be shown."""

    location: str
    staff: str = ""
    position: Point | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True)
class LocationCandidate:
    """A warehouse or store. `stock` is what it could promise of each SKU, what it serves of the order included."""

    location: str
    kind: str
    point: Point | None = None
    active: bool = True
    stock: dict[str, int] = field(default_factory=dict)
    serves: dict[str, int] = field(default_factory=dict)  # {SKU: units of the order allocated there}


@dataclass(frozen=True)
class RoutingSettings:
    """How long an offer is open, the maximum distance and age of a van's position, and the maximum of invitations."""

    offer_minutes: int = 10
    radius_meters: int = 10_000
    fresh_minutes: int = 30
    most_invited: int = 25  # each invitation adds a link to the transaction that opens the offer, and sends an SMS


@dataclass(frozen=True)
class RoutingDecision:
    """The rule that decided, every candidate with its verdict, the invitations, and when the offer expires, if any.

    `candidates` are vans, `locations` warehouses and stores, each the best first."""

    rule: str
    candidates: tuple[dict[str, Any], ...]
    invitations: tuple[Invitation, ...]
    expires_at: datetime | None
    locations: tuple[dict[str, Any], ...] = ()


def decide_route(
    request: RoutingRequest,
    vans: Sequence[VanCandidate],
    stock: VanStock,
    now: datetime,
    settings: RoutingSettings,
    locations: Sequence[LocationCandidate] = (),
) -> RoutingDecision:
    """Return the decision with its candidates nearest first; unknown distances come last.

    A candidate's verdict is `invited` or the first rule that excludes it.
    """
    rule = _order_verdict(request)
    candidates = sorted((_build_candidate(request, van, stock, now) for van in vans), key=_distance_rank)
    invited_count = 0
    for candidate in candidates:
        candidate["verdict"] = rule or _van_verdict(candidate, request, settings, invited_count)
        invited_count += candidate["verdict"] == "invited"
    invited = tuple(_build_invitation(candidate) for candidate in candidates if candidate["verdict"] == "invited")
    expires_at = offer_expiry(now, settings.offer_minutes) if invited else None
    rule = rule or ("near_with_all_units" if invited else "nobody_qualifies")
    return RoutingDecision(rule, tuple(candidates), invited, expires_at, explain_locations(request, locations))


def explain_locations(request: RoutingRequest, locations: Sequence[LocationCandidate]) -> tuple[dict[str, Any], ...]:
    """Return every warehouse and store in the order of the ranking rule, with the verdict that ranked or excluded it.

    Warehouses come before stores, near ones before far ones. A verdict is `serves` or the first rule that holds."""
    ranked = sorted(locations, key=lambda item: _location_rank(request, item))
    serving = [position for position, item in enumerate(ranked) if item.serves]
    demand = request.demand or _sum_served(locations)
    return tuple(
        {
            "location": item.location,
            "kind": item.kind,
            "distance_meters": _distance(request, item.point),
            "stock": item.stock,
            "serves": item.serves,
            "verdict": _location_verdict(request, item, demand, is_first=position < min(serving, default=0)),
        }
        for position, item in enumerate(ranked)
    )


def _location_rank(request: RoutingRequest, candidate: LocationCandidate) -> tuple[bool, float, str]:
    meters = _distance(request, candidate.point)
    return candidate.kind != "warehouse", inf if meters is None else meters, candidate.location


def _location_verdict(
    request: RoutingRequest, candidate: LocationCandidate, demand: Mapping[str, int], is_first: bool
) -> str:
    if candidate.serves:
        return "serves"
    if not candidate.active:
        return "closed"
    if request.method != "ship":
        return f"for_{request.method}"
    if verdict := request.passed_over.get(candidate.location):
        return verdict
    if not any(candidate.stock.get(sku, 0) for sku in demand):
        return "no_units"
    if any(candidate.stock.get(sku, 0) < quantity for sku, quantity in demand.items()):
        return "lacks_units"
    # Placement reads the stock a moment before this explanation does.
    return "units_came_later" if is_first else "others_rank_higher"


def _sum_served(locations: Sequence[LocationCandidate]) -> dict[str, int]:
    served: dict[str, int] = {}
    for candidate in locations:
        for sku, quantity in candidate.serves.items():
            served[sku] = served.get(sku, 0) + quantity
    return served


def _distance(request: RoutingRequest, point: Point | None) -> int | None:
    return distance_meters(point, request.destination) if point and request.destination else None


def _order_verdict(request: RoutingRequest) -> str:
    """Return the rule that excludes every van from this order, or an empty string."""
    if request.method != "ship":
        return f"for_{request.method}"
    if request.on_vans:
        return "already_on_a_van"
    if request.destination is None:
        return "destination_unknown"
    if count_claim_writes(request.pieces, len(request.demand), request.on_hold, request.parts) > MAX_CLAIM_WRITES:
        return "too_many_lines_for_one_claim"
    return ""


def _build_candidate(request: RoutingRequest, van: VanCandidate, stock: VanStock, now: datetime) -> dict[str, Any]:
    position, destination = van.position, request.destination
    return {
        "location": van.location,
        "staff": van.staff,
        "distance_meters": distance_meters(position, destination) if position and destination else None,
        # A phone's clock may run ahead, which would give a negative age.
        "position_age_seconds": max(0, int((now - van.seen_at).total_seconds())) if van.seen_at else None,
        "stock": {sku: stock.get(van.location, {}).get(sku, 0) for sku in sorted(request.demand)},
    }


def _distance_rank(candidate: dict[str, Any]) -> tuple[float, str, str]:
    distance = candidate["distance_meters"]
    return (inf if distance is None else distance, candidate["location"], candidate["staff"])


def _van_verdict(
    candidate: dict[str, Any], request: RoutingRequest, settings: RoutingSettings, invited_count: int
) -> str:
    location, staff = candidate["location"], candidate["staff"]
    if verdict := request.passed_over.get(location) or request.passed_over.get(staff):
        return verdict
    if not staff:
        return "no_active_salesman"
    if candidate["position_age_seconds"] is None:
        return "position_unknown"
    if candidate["position_age_seconds"] > settings.fresh_minutes * 60:
        return "position_too_old"
    if candidate["distance_meters"] > settings.radius_meters:
        return "too_far"
    if any(candidate["stock"][sku] < quantity for sku, quantity in request.demand.items()):
        return "lacks_units"
    return "invited" if invited_count < settings.most_invited else "enough_are_nearer"


def _build_invitation(candidate: dict[str, Any]) -> Invitation:
    return Invitation(candidate["staff"], candidate["location"], candidate["distance_meters"])


def routing_inputs_to_json(
    request: RoutingRequest,
    vans: Sequence[VanCandidate],
    stock: VanStock,
    now: datetime,
    settings: RoutingSettings,
    locations: Sequence[LocationCandidate] = (),
) -> dict[str, Any]:
    """Return the arguments of `decide_route` as JSON, for `replay_decision`."""
    return {
        "job": vars(request) | {"destination": _point_to_json(request.destination)},
        "vans": [_van_to_json(van) for van in vans],
        "stock": {location: dict(units) for location, units in stock.items()},
        "now": now.isoformat(),
        "settings": vars(settings),
        "locations": [vars(item) | {"point": _point_to_json(item.point)} for item in locations],
    }


def _van_to_json(van: VanCandidate) -> dict[str, Any]:
    return vars(van) | {"position": _point_to_json(van.position), "seen_at": van.seen_at and van.seen_at.isoformat()}


def _point_to_json(point: Point | None) -> dict[str, float] | None:
    return vars(point) if point else None


def replay_decision(inputs: dict[str, Any]) -> RoutingDecision:
    """Return the decision for stored inputs, which equals the stored one."""
    request = RoutingRequest(**inputs["job"] | {"destination": _json_to_point(inputs["job"]["destination"])})
    vans = [_json_to_van(body) for body in inputs["vans"]]
    now, settings = datetime.fromisoformat(inputs["now"]), RoutingSettings(**inputs["settings"])
    stored = inputs.get("locations", ())  # decisions stored before release 0.3 have none
    locations = [LocationCandidate(**body | {"point": _json_to_point(body["point"])}) for body in stored]
    return decide_route(request, vans, inputs["stock"], now, settings, locations)


def _json_to_van(body: dict[str, Any]) -> VanCandidate:
    return VanCandidate(
        body["location"], body["staff"], _json_to_point(body["position"]), _parse_instant(body["seen_at"])
    )


def _json_to_point(body: dict[str, float] | None) -> Point | None:
    return Point(**body) if body else None


def _parse_instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def decision_to_json(decision: RoutingDecision) -> dict[str, Any]:
    return {
        "rule": decision.rule,
        "candidates": list(decision.candidates),
        "locations": list(decision.locations),
        "invited": [invitation.staff for invitation in decision.invitations],
        "expires_at": decision.expires_at.isoformat() if decision.expires_at else None,
    }
