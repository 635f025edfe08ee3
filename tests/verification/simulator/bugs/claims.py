"""One of several gets it: offers, who may take them, and who goes home then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import accept as accepting
from chalicelib.fulfillment import candidates
from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import dispatch as dispatching
from chalicelib.fulfillment.model import AlreadyClaimed, NotInvited, OrderFulfillment, WarehouseAccepted
from chalicelib.fulfillment.stock_effects import StockEffect
from chalicelib.places.save import save_staff
from chalicelib.places.store import row_to_staff
from chalicelib.stock import movements as moving
from chalicelib.stock import store as stock
from chalicelib.stock.model import OutOfStock
from tests.shop import STAFF, TEAPOT, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, drop_conditions, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import ScenarioDriver
from tests.verification.simulator.bugs.shop import BUDI, DEWI, JOKO, RATNA

KIND = "claims"


def two_salesmen_claim_one_offer(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TEAPOT, 2))
    claiming.claim(BUDI, scene.last_offer_id(order))
    scene.expect_refusal(AlreadyClaimed, lambda: claiming.claim(DEWI, scene.last_offer_id(order)))


def a_salesman_claims(scene: ScenarioDriver) -> None:
    claiming.claim(BUDI, scene.last_offer_id(scene.place_and_handle((TEAPOT, 2))))


def a_salesman_claims_without_invitation(scene: ScenarioDriver) -> None:
    empty_van(scene, "van-dewi")
    order = scene.place_and_handle((TEAPOT, 2))
    scene.expect_refusal(NotInvited, lambda: claiming.claim(DEWI, scene.last_offer_id(order)))


def a_salesman_claims_after_losing_the_van(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TEAPOT, 2))
    budi = next(each for each in STAFF if each.id == BUDI)
    save_staff(replace(budi, location="van-dewi"), "test")
    scene.expect_refusal(NotInvited, lambda: claiming.claim(BUDI, scene.last_offer_id(order)))


def a_claim_follows_the_warehouse_acceptance(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TEAPOT, 2))
    scene.step(order, "accept", by=JOKO)
    scene.expect_refusal(WarehouseAccepted, lambda: claiming.claim(BUDI, scene.last_offer_id(order)))


def a_van_is_emptied_before_the_claim(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TEAPOT, 2))
    empty_van(scene, "van-budi")
    scene.expect_refusal(OutOfStock, lambda: claiming.claim(BUDI, scene.last_offer_id(order)))


def an_order_exceeds_every_van(scene: ScenarioDriver) -> None:
    case = scene.load_fulfillment(scene.place_and_handle((TEAPOT, 4)))
    scene.expect("who is asked carries the goods", not case.offers)


def a_claimed_order_is_delivered(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TEAPOT, 2))
    claiming.claim(BUDI, scene.last_offer_id(order))
    scene.step(order, "dispatch", "deliver", by=BUDI)


def empty_van(scene: ScenarioDriver, van: str) -> None:
    moving.adjust(principal_of(RATNA), van, {TEAPOT: -3}, "lost")


def win_always(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda offer, staff, now: replace(offer, status="claimed", claimed_by=staff, version=offer.version + 1)


def invite_own_van(offer: Any, staff: str) -> Any:
    return replace(offer.invited[0], staff=staff, location=f"van-{staff.partition('-')[2]}")


def skip_driver_check(staff_id: str, invitation: Any) -> Any:
    key = claiming.staff_key(staff_id)
    return row_to_staff(claiming.db.get(key.row, key.pk, key.sk))


def use_previous_claim_version(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said, claim_version=0, **more: was(*said, claim_version=max(0, claim_version - 1), **more)


BUGS = (
    Bug(
        "an offer is won by everybody who claims it",
        KIND,
        detected_by="O5",
        patches=(
            patch_attribute(claiming, "apply_claim", win_always),
            patch_attribute(claiming, "update_claimed_offer", drop_conditions),
        ),
        scenario=two_salesmen_claim_one_offer,
    ),
    Bug(
        "whoever claims is not asked whether he was invited",
        KIND,
        detected_by="NotInvited",
        patches=(
            patch_attribute(claiming.Offer, "invitation", replace_with(invite_own_van)),
            patch_attribute(claiming, "check_driver", replace_with(skip_driver_check)),
            patch_attribute(stock._LevelChange, "sufficiency_conditions", replace_with([])),
        ),
        scenario=a_salesman_claims_without_invitation,
    ),
    Bug(
        "goods are taken from a van that its claimer drives no more",
        KIND,
        detected_by="NotInvited",
        patches=(patch_attribute(claiming, "check_driver", replace_with(skip_driver_check)),),
        scenario=a_salesman_claims_after_losing_the_van,
    ),
    Bug(
        "a claim leaves the warehouse at work",
        KIND,
        detected_by="O5",
        patches=(patch_attribute(OrderFulfillment, "list_not_started", always_return([])),),
        scenario=a_salesman_claims,
    ),
    Bug(
        "a claim leaves the warehouse's units promised",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(claiming, "release", always_return(StockEffect())),),
        scenario=a_salesman_claims,
    ),
    Bug(
        "the order still counts on the warehouse's units after a claim",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(claiming, "exclude_withdrawn", lambda was: lambda works: works),),
        scenario=a_salesman_claims,
    ),
    Bug(
        "an acceptance leaves the offer open",
        KIND,
        detected_by="O5",
        patches=(patch_attribute(accepting, "find_contested_offer", always_return(None)),),
        scenario=a_claim_follows_the_warehouse_acceptance,
    ),
    Bug(
        "a claim takes from a van what is not on it",
        KIND,
        detected_by="S2",
        patches=(patch_attribute(stock._LevelChange, "sufficiency_conditions", replace_with([])),),
        scenario=a_van_is_emptied_before_the_claim,
    ),
    Bug(
        "salesmen are asked for goods they do not carry",
        KIND,
        detected_by="who is asked carries the goods",
        patches=(
            patch_attribute(
                candidates, "load_van_stock", lambda was: lambda vans, demand: {van.location: demand for van in vans}
            ),
        ),
        scenario=an_order_exceeds_every_van,
    ),
    Bug(
        "goods leave with an older claim's number",
        KIND,
        detected_by="O5",
        patches=(patch_attribute(dispatching, "WorkDispatched", use_previous_claim_version),),
        scenario=a_claimed_order_is_delivered,
    ),
)
