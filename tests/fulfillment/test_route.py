"""Who is asked, who is not, and why: each candidate gets its reason, and the decision can be made again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment.model import Invited
from chalicelib.fulfillment.route import Decision, Settings, as_json, question, route, route_again
from tests.fulfillment.build import FAR, NOON, a_job, a_van

SETTINGS = Settings()
HAS, LACKS = {"TEAPOT": 2}, {"TEAPOT": 1}


def verdicts(decision: Decision) -> dict[str, str]:
    return {each["location"]: each["verdict"] for each in decision.candidates}


def decide(
    vans: list[Any], stock: dict[str, dict[str, int]], job: Any = None, settings: Settings = SETTINGS
) -> Decision:
    return route(job or a_job(), vans, stock, NOON, settings)


def test_only_the_near_van_with_all_units_is_asked() -> None:
    vans = [a_van("near-empty"), a_van("near-full"), a_van("far-full", FAR)]

    decision = decide(vans, {"van-near-empty": LACKS, "van-near-full": HAS, "van-far-full": HAS})

    assert verdicts(decision) == {
        "van-near-empty": "lacks_units",
        "van-near-full": "invited",
        "van-far-full": "too_far",
    }
    assert decision.invited == (Invited("near-full", "van-near-full", 0),)
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


def test_an_old_position_is_no_position() -> None:
    just, over = NOON - timedelta(minutes=30), NOON - timedelta(minutes=30, seconds=1)
    vans = [a_van("fresh", seen_at=just), a_van("old", seen_at=over), a_van("never", None, None)]

    decision = decide(vans, {van.location: HAS for van in vans})

    assert verdicts(decision) == {
        "van-fresh": "invited",
        "van-old": "position_too_old",
        "van-never": "position_unknown",
    }


def test_a_van_nobody_drives_is_listed_with_that_reason() -> None:
    assert verdicts(decide([a_van("empty", staff="")], {})) == {"van-empty": "no_active_salesman"}


def test_who_said_no_is_not_asked_again() -> None:
    job = a_job(passed_over={"van-a": "rejected_before", "b": "declined_before"})

    decision = decide([a_van("a"), a_van("b"), a_van("c")], dict.fromkeys(("van-a", "van-b", "van-c"), HAS), job)

    assert verdicts(decision) == {"van-a": "rejected_before", "van-b": "declined_before", "van-c": "invited"}


def test_nobody_is_asked_where_the_destination_is_unknown() -> None:
    decision = decide([a_van("a")], {"van-a": HAS}, a_job(destination=None))

    assert (decision.rule, verdicts(decision)) == ("destination_unknown", {"van-a": "destination_unknown"})
    assert decision.invited == ()
    assert decision.expires_at is None


def test_goods_already_on_a_van_are_offered_to_no_other() -> None:
    assert decide([a_van("a")], {"van-a": HAS}, a_job(on_vans=True)).rule == "already_on_a_van"


def test_where_nobody_qualifies_the_rule_says_so() -> None:
    decision = decide([a_van("a")], {})

    assert (decision.rule, decision.invited, decision.expires_at) == ("nobody_qualifies", (), None)
    assert decision.candidates[0]["stock"] == {"TEAPOT": 0}
    assert decide([a_van("a")], {"van-a": {"CUP": 9}}).candidates[0]["stock"] == {"TEAPOT": 0}


def test_the_edge_of_the_radius_is_near_enough() -> None:
    just = replace(SETTINGS, radius_meters=81_458)

    assert decide([a_van("budi", FAR)], {"van-budi": HAS}, settings=just).rule == "near_with_all_units"
    assert decide([a_van("budi", FAR)], {"van-budi": HAS}, settings=replace(just, radius_meters=81_457)).invited == ()


def test_goods_fetched_at_a_counter_are_offered_to_nobody() -> None:
    assert decide([], {}, a_job(method="pickup")).rule == "for_pickup"


def test_a_claim_that_would_not_fit_in_one_transaction_is_not_offered() -> None:
    goods = {f"SKU{number}": 1 for number in range(24)}
    fits = a_job(demand=goods, pieces=23, parts=1, on_hold=True)

    assert decide([a_van("a")], {"van-a": goods}, fits).rule == "near_with_all_units"
    assert decide([a_van("a")], {"van-a": goods}, replace(fits, pieces=24)).rule == "too_many_lines_for_one_claim"
    assert decide([a_van("a")], {"van-a": goods}, replace(fits, pieces=24, on_hold=False)).invited


def test_the_nearest_are_asked_when_there_are_more_than_may_be() -> None:
    vans = [a_van("far", replace(FAR, lat=-7.3, lon=112.75)), a_van("near")]

    decision = decide(vans, dict.fromkeys(("van-far", "van-near"), HAS), settings=replace(SETTINGS, most_invited=1))

    assert verdicts(decision) == {"van-near": "invited", "van-far": "enough_are_nearer"}


def test_exactly_as_many_are_asked_as_may_be() -> None:
    vans = [a_van(name) for name in "abcd"]

    decision = decide(vans, {van.location: HAS for van in vans}, settings=replace(SETTINGS, most_invited=3))

    assert [each.staff for each in decision.invited] == ["a", "b", "c"]


def test_a_phone_whose_clock_runs_ahead_is_not_fresher_than_now() -> None:
    decision = decide([a_van("a", seen_at=NOON + timedelta(seconds=40))], {"van-a": HAS})

    assert decision.candidates[0]["position_age_seconds"] == 0


def test_the_stored_question_gives_the_same_decision() -> None:
    job = a_job(demand={"TEAPOT": 2, "CUP": 1}, passed_over={"b": "declined_before"})
    vans = [a_van("a"), a_van("b"), a_van("c", FAR), a_van("d", None, None), a_van("e", staff="")]
    stock = {"van-a": {"TEAPOT": 2, "CUP": 1}, "van-c": HAS}

    stored = json.loads(json.dumps(question(job, vans, stock, NOON, SETTINGS)))

    assert route_again(stored) == route(job, vans, stock, NOON, SETTINGS)


def test_a_decision_is_told_with_its_end_or_without() -> None:
    asked = decide([a_van("a")], {"van-a": HAS})
    nobody = decide([], {})

    assert as_json(asked) == {
        "rule": "near_with_all_units",
        "candidates": list(asked.candidates),
        "invited": ["a"],
        "expires_at": (NOON + timedelta(minutes=10)).isoformat(),
    }
    assert as_json(nobody) == {"rule": "nobody_qualifies", "candidates": [], "invited": [], "expires_at": None}
