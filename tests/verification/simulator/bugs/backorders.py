"""Goods on their way: promised once, kept when they come, given to whoever waited longest."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from chalicelib.fulfillment import assign as offering
from chalicelib.fulfillment import fill_backorders as filling
from chalicelib.orders import cancel as ending
from chalicelib.orders import place as placing
from chalicelib.stock import movements as moving
from chalicelib.stock import set_expected as expecting
from chalicelib.stock import store
from chalicelib.stock.inbound import InboundStock
from chalicelib.stock.model import Movement, PromisedAhead, receipt_movement
from chalicelib.stock.plan import Bucket, Plan
from tests.shop import RARE, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import LIA, RATNA

KIND = "later"
FRIDAY, WAREHOUSE = date(2026, 11, 27), "wh-surabaya"
ON_HAND = 2  # of RARE, one in each of two houses
INBOUND_SHELF = (RARE, WAREHOUSE, 20261127)


# -- stories -----------------------------------------------------------------------------------------------------------


def two_are_expected(scene: ScenarioDriver) -> None:
    expecting.set_expected(principal_of(RATNA), WAREHOUSE, FRIDAY, {RARE: 2}, "PO 88")


def receive_rare(scene: ScenarioDriver, units: int = 2) -> None:
    moving.receive(principal_of(RATNA), WAREHOUSE, {RARE: units}, "PO 88")


def place_backorder(scene: ScenarioDriver, units: int = 1, **said: Any) -> str:
    return scene.place_and_handle((RARE, units), backorder=True, **said)


def two_customers_backorder_one_inbound_unit(scene: ScenarioDriver) -> None:
    expecting.set_expected(principal_of(RATNA), WAREHOUSE, FRIDAY, {RARE: 1}, "PO 88")
    place_backorder(scene, ON_HAND + 1)
    try:
        place_backorder(scene)
    except AssertionError:
        return  # as it should be


def inbound_stock_arrives(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    place_backorder(scene, ON_HAND + 2)
    receive_rare(scene)
    scene.run_handlers()


def another_customer_orders_before_the_event_is_handled(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    order = place_backorder(scene, ON_HAND + 2)
    receive_rare(scene)
    with suppress(AssertionError):  # as it should be
        scene.place((RARE, 1))
    scene.run_handlers()
    scene.expect(
        "who waited gets what came",
        "awaiting" not in {work.status for work in scene.load_fulfillment(order).fulfillments},
    )


def one_unit_arrives_for_two_backorders(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    place_backorder(scene, ON_HAND)
    first = place_backorder(scene)
    scene.pass_time(1)
    place_backorder(scene)
    receive_rare(scene, 1)
    scene.run_handlers()
    scene.expect("who waited longest is first", scene.work(first).status == "assigned")


def a_backorder_is_cancelled_before_arrival(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    ending.cancel(principal_of(LIA), place_backorder(scene, ON_HAND + 2), "too long")
    scene.run_handlers()


def a_backorder_is_cancelled_after_arrival(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    order = place_backorder(scene, ON_HAND + 2, payments=TRANSFER)
    receive_rare(scene)
    scene.run_handlers()
    ending.cancel(principal_of(LIA), order, "too long")
    scene.run_handlers()
    scene.expect(
        "what nobody waits for is for sale", store.load_levels_by_id([INBOUND_SHELF])[INBOUND_SHELF].on_hand == 0
    )


def inbound_stock_has_not_arrived(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    order = place_backorder(scene, ON_HAND + 2)
    scene.expect("nobody begins with what is not there", "assigned" not in {scene.work(order).status})


def inbound_stock_drops_below_promised(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    place_backorder(scene, ON_HAND + 2)
    scene.expect_refusal(
        PromisedAhead, lambda: expecting.set_expected(principal_of(RATNA), WAREHOUSE, FRIDAY, {RARE: 1}, "PO 88")
    )


def the_inbound_day_is_past(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    scene.pass_time(6 * 24 * 60)
    try:
        scene.place((RARE, ON_HAND + 1), backorder=True)
    except AssertionError:
        return  # as it should be
    scene.expect("nothing is promised for yesterday", False)


def a_customer_does_not_accept_backorder(scene: ScenarioDriver) -> None:
    two_are_expected(scene)
    try:
        scene.place((RARE, ON_HAND + 1))
    except AssertionError:
        return  # as it should be
    scene.expect("nobody waits who did not say so", False)


# -- bugs --------------------------------------------------------------------------------------------------------------


def receive_without_reserving(piece: Any, days: Any, how: Any = receipt_movement) -> list[Movement]:
    return [how(piece)]


def leave_inbound_unchanged(piece: Any, days: Any) -> list[Movement]:
    return []


def offer_unlimited_inbound(was: Callable[..., Any]) -> Callable[..., Any]:
    """A day gives however many are wanted."""

    def shelves(days: InboundStock, sku: str) -> list[Bucket]:
        return [replace(shelf, available=1_000) for shelf in was(days, sku)]

    return shelves


def reverse_order(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda works: was(works)[::-1]


def keep_inbound_units(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda pieces: [move for move in was(pieces) if move.on_hand > 0]


def assign_at_once(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda case, pieces, now: [replace(work, status="assigned") for work in was(case, pieces, now)]


def ignore_today(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda days, sku: was(replace(days, today=date.min.replace(year=2000)), sku)


def force_backorder(was: Callable[..., Plan]) -> Callable[..., Plan]:
    return lambda *args, **said: was(*args, **said | {"backorder": True})


def release_ordinary_shelves_only(was: Callable[..., Any]) -> Callable[..., Any]:
    """Only what stands on ordinary shelves is given back."""

    def freed(order: Any) -> Any:
        return was(replace(order, pieces=tuple(piece for piece in order.pieces if piece.shard < 1_000)))

    return freed


BUGS = (
    Bug(
        "more is sold ahead than is expected",
        KIND,
        detected_by="S2",
        patches=(
            patch_attribute(InboundStock, "list_buckets", offer_unlimited_inbound),
            patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),
        ),
        scenario=two_customers_backorder_one_inbound_unit,
    ),
    Bug(
        "what comes is sold to whoever is quickest",
        KIND,
        detected_by="who waited gets what came",
        patches=(
            patch_attribute(moving, "receive_for_waiting_orders", replace_with(receive_without_reserving)),
            patch_attribute(moving, "reduce_expected", replace_with(leave_inbound_unchanged)),
        ),
        scenario=another_customer_orders_before_the_event_is_handled,
    ),
    Bug(
        "nobody is given what came for him",
        KIND,
        detected_by="O7",
        patches=(patch_attribute(filling, "fill_fulfillment", always_return(False)),),
        scenario=inbound_stock_arrives,
    ),
    Bug(
        "who came last is first",
        KIND,
        detected_by="who waited longest is first",
        patches=(patch_attribute(filling, "sort_oldest_first", reverse_order),),
        scenario=one_unit_arrives_for_two_backorders,
    ),
    Bug(
        "what goes to its order stays on its day as well",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(filling, "move_to_first_shard", keep_inbound_units),),
        scenario=inbound_stock_arrives,
    ),
    Bug(
        "work begins before its goods are there",
        KIND,
        detected_by="nobody begins with what is not there",
        patches=(patch_attribute(offering, "build_fulfillments", assign_at_once),),
        scenario=inbound_stock_has_not_arrived,
    ),
    Bug(
        "fewer are expected than are promised",
        KIND,
        detected_by="PromisedAhead",
        patches=(
            patch_attribute(expecting, "_refuse_promised", always_return(None)),
            patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),
        ),
        scenario=inbound_stock_drops_below_promised,
    ),
    Bug(
        "goods are promised for a day that is over",
        KIND,
        detected_by="nothing is promised for yesterday",
        patches=(patch_attribute(InboundStock, "list_buckets", ignore_today),),
        scenario=the_inbound_day_is_past,
    ),
    Bug(
        "who did not agree has to wait",
        KIND,
        detected_by="nobody waits who did not say so",
        patches=(patch_attribute(placing, "plan_with_inbound", force_backorder),),
        scenario=a_customer_does_not_accept_backorder,
    ),
    Bug(
        "an order that ends keeps its place among those who wait",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(ending, "build_release", release_ordinary_shelves_only),),
        scenario=a_backorder_is_cancelled_before_arrival,
    ),
    Bug(
        "what came for an order that ended is nobody's",
        KIND,
        detected_by="what nobody waits for is for sale",
        patches=(patch_attribute(filling, "release_unclaimed", always_return(0)),),
        scenario=a_backorder_is_cancelled_after_arrival,
    ),
)
