"""Offers: one claim wins, only invited salesmen may claim, and other work on the order is withdrawn."""

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


def two_salesmen_claim_one_offer(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2))
    claiming.claim(BUDI, driver.last_offer_id(order))
    driver.expect_refusal(AlreadyClaimed, lambda: claiming.claim(DEWI, driver.last_offer_id(order)))


def a_salesman_claims(driver: ScenarioDriver) -> None:
    claiming.claim(BUDI, driver.last_offer_id(driver.place_and_handle((TEAPOT, 2))))


def a_salesman_claims_without_invitation(driver: ScenarioDriver) -> None:
    empty_van(driver, "van-dewi")
    order = driver.place_and_handle((TEAPOT, 2))
    driver.expect_refusal(NotInvited, lambda: claiming.claim(DEWI, driver.last_offer_id(order)))


def a_salesman_claims_after_losing_the_van(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2))
    budi = next(member for member in STAFF if member.id == BUDI)
    save_staff(replace(budi, location="van-dewi"), "test")
    driver.expect_refusal(NotInvited, lambda: claiming.claim(BUDI, driver.last_offer_id(order)))


def a_claim_follows_the_warehouse_acceptance(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2))
    driver.step(order, "accept", by=JOKO)
    driver.expect_refusal(WarehouseAccepted, lambda: claiming.claim(BUDI, driver.last_offer_id(order)))


def a_van_is_emptied_before_the_claim(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2))
    empty_van(driver, "van-budi")
    driver.expect_refusal(OutOfStock, lambda: claiming.claim(BUDI, driver.last_offer_id(order)))


def an_order_exceeds_every_van(driver: ScenarioDriver) -> None:
    order_fulfillment = driver.load_fulfillment(driver.place_and_handle((TEAPOT, 4)))
    driver.expect("only salesmen who carry the goods are invited", not order_fulfillment.offers)


def a_claimed_order_is_delivered(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2))
    claiming.claim(BUDI, driver.last_offer_id(order))
    driver.step(order, "dispatch", "deliver", by=BUDI)


def empty_van(driver: ScenarioDriver, van: str) -> None:
    moving.adjust(principal_of(RATNA), van, {TEAPOT: -3}, "lost")


def win_always(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda offer, staff, now: replace(offer, status="claimed", claimed_by=staff, version=offer.version + 1)


def invite_own_van(offer: Any, staff: str) -> Any:
    return replace(offer.invitations[0], staff=staff, location=f"van-{staff.partition('-')[2]}")


def skip_driver_check(staff_id: str, invitation: Any) -> Any:
    key = claiming.staff_key(staff_id)
    return row_to_staff(claiming.db.get(key.row, key.pk, key.sk))


def use_previous_claim_version(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, claim_version=0, **kwargs: original(*args, claim_version=max(0, claim_version - 1), **kwargs)


BUGS = (
    Bug(
        "every claim of an offer wins",
        KIND,
        detected_by="O5",
        patches=(
            patch_attribute(claiming, "apply_claim", win_always),
            patch_attribute(claiming, "update_claimed_offer", drop_conditions),
        ),
        scenario=two_salesmen_claim_one_offer,
    ),
    Bug(
        "the invitation is not checked on a claim",
        KIND,
        detected_by="NotInvited",
        patches=(
            patch_attribute(claiming.Offer, "invitation", replace_with(invite_own_van)),
            patch_attribute(claiming, "load_invited_salesman", replace_with(skip_driver_check)),
            patch_attribute(stock._LevelChange, "sufficiency_conditions", replace_with([])),
        ),
        scenario=a_salesman_claims_without_invitation,
    ),
    Bug(
        "units are taken from a van that the claiming salesman no longer drives",
        KIND,
        detected_by="NotInvited",
        patches=(patch_attribute(claiming, "load_invited_salesman", replace_with(skip_driver_check)),),
        scenario=a_salesman_claims_after_losing_the_van,
    ),
    Bug(
        "a claim does not cancel the warehouse's fulfillment",
        KIND,
        detected_by="O5",
        patches=(patch_attribute(OrderFulfillment, "list_not_started", always_return([])),),
        scenario=a_salesman_claims,
    ),
    Bug(
        "a claim does not release the warehouse's allocation",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(claiming, "release", always_return(StockEffect())),),
        scenario=a_salesman_claims,
    ),
    Bug(
        "an order keeps the warehouse's allocation after a claim",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(claiming, "exclude_withdrawn", lambda original: lambda works: works),),
        scenario=a_salesman_claims,
    ),
    Bug(
        "an acceptance by the warehouse leaves the offer open",
        KIND,
        detected_by="O5",
        patches=(patch_attribute(accepting, "find_contested_offer", always_return(None)),),
        scenario=a_claim_follows_the_warehouse_acceptance,
    ),
    Bug(
        "a claim takes units that the van does not have",
        KIND,
        detected_by="S2",
        patches=(patch_attribute(stock._LevelChange, "sufficiency_conditions", replace_with([])),),
        scenario=a_van_is_emptied_before_the_claim,
    ),
    Bug(
        "salesmen are invited for goods they do not carry",
        KIND,
        detected_by="only salesmen who carry the goods are invited",
        patches=(
            patch_attribute(
                candidates,
                "load_van_stock",
                lambda original: lambda vans, demand: {van.location: demand for van in vans},
            ),
        ),
        scenario=an_order_exceeds_every_van,
    ),
    Bug(
        "goods are dispatched with an earlier claim version",
        KIND,
        detected_by="O5",
        patches=(patch_attribute(dispatching, "WorkDispatched", use_previous_claim_version),),
        scenario=a_claimed_order_is_delivered,
    ),
)
