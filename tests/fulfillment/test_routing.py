"""The routing decision: every candidate has a verdict, and stored inputs replay to the same decision."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment.model import Invitation
from chalicelib.fulfillment.routing import (
    LocationCandidate,
    RoutingDecision,
    RoutingSettings,
    decide_route,
    decision_to_json,
    explain_locations,
    replay_decision,
    routing_inputs_to_json,
)
from tests.fulfillment.build import FAR, NOON, a_routing_request, a_van
from tests.shop import HERE

SETTINGS = RoutingSettings()
HAS, LACKS = {"TEAPOT": 2}, {"TEAPOT": 1}


def verdicts(decision: RoutingDecision) -> dict[str, str]:
    return {candidate["location"]: candidate["verdict"] for candidate in decision.candidates}


def decide(
    vans: list[Any], stock: dict[str, dict[str, int]], request: Any = None, settings: RoutingSettings = SETTINGS
) -> RoutingDecision:
    return decide_route(request or a_routing_request(), vans, stock, NOON, settings)


def test_only_the_near_van_with_all_units_is_invited() -> None:
    vans = [a_van("near-empty"), a_van("near-full"), a_van("far-full", FAR)]

    decision = decide(vans, {"van-near-empty": LACKS, "van-near-full": HAS, "van-far-full": HAS})

    assert verdicts(decision) == {
        "van-near-empty": "lacks_units",
        "van-near-full": "invited",
        "van-far-full": "too_far",
    }
    assert decision.invitations == (Invitation("near-full", "van-near-full", 0),)
    assert decision.expires_at == NOON + timedelta(minutes=10)
    assert decision.rule == "near_with_all_units"


def test_every_candidate_shows_distance_age_and_stock() -> None:
    decision = decide([a_van("budi", FAR, NOON - timedelta(seconds=90))], {"van-budi": {"TEAPOT": 7}})

    assert decision.candidates == (
        {
            "location": "van-budi",
            "staff": "budi",
            "distance_meters": 81_458,
            "position_age_seconds": 90,
            "stock": {"TEAPOT": 7},
            "verdict": "too_far",
        },
    )


def test_a_stale_position_excludes_a_van() -> None:
    limit, beyond = NOON - timedelta(minutes=30), NOON - timedelta(minutes=30, seconds=1)
    vans = [a_van("fresh", seen_at=limit), a_van("old", seen_at=beyond), a_van("never", None, None)]

    decision = decide(vans, {van.location: HAS for van in vans})

    assert verdicts(decision) == {
        "van-fresh": "invited",
        "van-old": "position_too_old",
        "van-never": "position_unknown",
    }


def test_a_van_without_a_salesman_is_listed_with_that_reason() -> None:
    assert verdicts(decide([a_van("empty", staff="")], {})) == {"van-empty": "no_active_salesman"}


def test_those_who_rejected_or_declined_are_not_invited_again() -> None:
    request = a_routing_request(passed_over={"van-a": "rejected_before", "b": "declined_before"})

    decision = decide([a_van("a"), a_van("b"), a_van("c")], dict.fromkeys(("van-a", "van-b", "van-c"), HAS), request)

    assert verdicts(decision) == {"van-a": "rejected_before", "van-b": "declined_before", "van-c": "invited"}


def test_no_van_is_invited_without_a_destination() -> None:
    decision = decide([a_van("a")], {"van-a": HAS}, a_routing_request(destination=None))

    assert (decision.rule, verdicts(decision)) == ("destination_unknown", {"van-a": "destination_unknown"})
    assert decision.invitations == ()
    assert decision.expires_at is None


def test_goods_on_a_van_are_not_offered() -> None:
    assert decide([a_van("a")], {"van-a": HAS}, a_routing_request(on_vans=True)).rule == "already_on_a_van"


def test_a_decision_without_a_qualifying_van_invites_no_one() -> None:
    decision = decide([a_van("a")], {})

    assert (decision.rule, decision.invitations, decision.expires_at) == ("nobody_qualifies", (), None)
    assert decision.candidates[0]["stock"] == {"TEAPOT": 0}
    assert decide([a_van("a")], {"van-a": {"CUP": 9}}).candidates[0]["stock"] == {"TEAPOT": 0}


def test_the_radius_is_inclusive() -> None:
    limit = replace(SETTINGS, radius_meters=81_458)

    assert decide([a_van("budi", FAR)], {"van-budi": HAS}, settings=limit).rule == "near_with_all_units"
    assert (
        decide([a_van("budi", FAR)], {"van-budi": HAS}, settings=replace(limit, radius_meters=81_457)).invitations == ()
    )


def test_pickup_orders_are_not_offered() -> None:
    assert decide([], {}, a_routing_request(method="pickup")).rule == "for_pickup"


def test_a_claim_that_would_not_fit_in_one_transaction_is_not_offered() -> None:
    goods = {f"SKU{number}": 1 for number in range(24)}
    fits = a_routing_request(demand=goods, pieces=23, parts=1, on_hold=True)

    assert decide([a_van("a")], {"van-a": goods}, fits).rule == "near_with_all_units"
    assert decide([a_van("a")], {"van-a": goods}, replace(fits, pieces=24)).rule == "too_many_lines_for_one_claim"
    assert decide([a_van("a")], {"van-a": goods}, replace(fits, pieces=24, on_hold=False)).invitations


def test_the_nearest_are_invited_when_the_limit_is_exceeded() -> None:
    vans = [a_van("far", replace(FAR, lat=-7.3, lon=112.75)), a_van("near")]

    decision = decide(vans, dict.fromkeys(("van-far", "van-near"), HAS), settings=replace(SETTINGS, most_invited=1))

    assert verdicts(decision) == {"van-near": "invited", "van-far": "enough_are_nearer"}


def test_exactly_the_limit_is_invited() -> None:
    vans = [a_van(name) for name in "abcd"]

    decision = decide(vans, {van.location: HAS for van in vans}, settings=replace(SETTINGS, most_invited=3))

    assert [invitation.staff for invitation in decision.invitations] == ["a", "b", "c"]


def test_a_position_from_a_fast_clock_has_age_zero() -> None:
    decision = decide([a_van("a", seen_at=NOON + timedelta(seconds=40))], {"van-a": HAS})

    assert decision.candidates[0]["position_age_seconds"] == 0


def test_the_stored_inputs_replay_to_the_same_decision() -> None:
    request = a_routing_request(demand={"TEAPOT": 2, "CUP": 1}, passed_over={"b": "declined_before"})
    vans = [a_van("a"), a_van("b"), a_van("c", FAR), a_van("d", None, None), a_van("e", staff="")]
    stock = {"van-a": {"TEAPOT": 2, "CUP": 1}, "van-c": HAS}

    locations = [LocationCandidate("wh-1", "warehouse", HERE, True, {"TEAPOT": 2}, {"TEAPOT": 2})]

    stored = json.loads(json.dumps(routing_inputs_to_json(request, vans, stock, NOON, SETTINGS, locations)))

    assert replay_decision(stored) == decide_route(request, vans, stock, NOON, SETTINGS, locations)


def test_locations_are_ranked_by_kind_and_distance_and_each_has_the_rule_that_decided() -> None:
    request = a_routing_request(demand={"TEAPOT": 2}, passed_over={"wh-refused": "rejected_before"})
    has = {"TEAPOT": 2}
    locations = [
        LocationCandidate("store-near", "store", HERE, True, has),
        LocationCandidate("wh-far", "warehouse", FAR, True, has),
        LocationCandidate("wh-near", "warehouse", HERE, True, has, has),
        LocationCandidate("wh-empty", "warehouse", HERE, True, {"TEAPOT": 0}),
        LocationCandidate("wh-one", "warehouse", HERE, True, {"TEAPOT": 1}),
        LocationCandidate("wh-closed", "warehouse", HERE, False, has),
        LocationCandidate("wh-refused", "warehouse", HERE, True, has),
        LocationCandidate("wh-a-late", "warehouse", HERE, True, has),
    ]

    explained = explain_locations(request, locations)

    assert [(item["location"], item["verdict"]) for item in explained] == [
        ("wh-a-late", "units_came_later"),
        ("wh-closed", "closed"),
        ("wh-empty", "no_units"),
        ("wh-near", "serves"),
        ("wh-one", "lacks_units"),
        ("wh-refused", "rejected_before"),
        ("wh-far", "others_rank_higher"),
        ("store-near", "others_rank_higher"),
    ]


def test_a_location_that_is_not_the_one_chosen_for_pickup_is_excluded_by_the_method() -> None:
    request = a_routing_request(method="pickup", demand={"TEAPOT": 2})
    has = {"TEAPOT": 2}
    locations = [LocationCandidate("s-1", "store", HERE, True, has, has), LocationCandidate("w-1", "warehouse", HERE)]

    explained = explain_locations(request, locations)

    assert [(item["location"], item["verdict"]) for item in explained] == [("w-1", "for_pickup"), ("s-1", "serves")]


def test_a_decision_is_converted_to_json_with_or_without_expiry() -> None:
    with_offer = decide([a_van("a")], {"van-a": HAS})
    without_offer = decide([], {})

    assert decision_to_json(with_offer) == {
        "rule": "near_with_all_units",
        "candidates": list(with_offer.candidates),
        "locations": [],
        "invited": ["a"],
        "expires_at": (NOON + timedelta(minutes=10)).isoformat(),
    }
    assert decision_to_json(without_offer) == {
        "rule": "nobody_qualifies",
        "candidates": [],
        "locations": [],
        "invited": [],
        "expires_at": None,
    }
