"""Backorders: inbound units are promised once, reserved on arrival and assigned to the oldest backorder first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from chalicelib.fulfillment import assign as assigning
from chalicelib.fulfillment import fill_backorders as filling
from chalicelib.orders import cancel as cancelling
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

KIND = "backorders"
FRIDAY, WAREHOUSE = date(2026, 11, 27), "wh-surabaya"
ON_HAND = 2  # of RARE, one in each of two locations
INBOUND_LEVEL = (RARE, WAREHOUSE, 20261127)


# -- scenarios ---------------------------------------------------------------------------------------------------------


def two_are_expected(driver: ScenarioDriver) -> None:
    expecting.set_expected(principal_of(RATNA), WAREHOUSE, FRIDAY, {RARE: 2}, "PO 88")


def receive_rare(driver: ScenarioDriver, units: int = 2) -> None:
    moving.receive(principal_of(RATNA), WAREHOUSE, {RARE: units}, "PO 88")


def place_backorder(driver: ScenarioDriver, units: int = 1, **kwargs: Any) -> str:
    return driver.place_and_handle((RARE, units), backorder=True, **kwargs)


def two_customers_backorder_one_inbound_unit(driver: ScenarioDriver) -> None:
    expecting.set_expected(principal_of(RATNA), WAREHOUSE, FRIDAY, {RARE: 1}, "PO 88")
    place_backorder(driver, ON_HAND + 1)
    try:
        place_backorder(driver)
    except AssertionError:
        return  # the expected refusal


def inbound_stock_arrives(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    place_backorder(driver, ON_HAND + 2)
    receive_rare(driver)
    driver.run_handlers()


def another_customer_orders_before_the_event_is_handled(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    order = place_backorder(driver, ON_HAND + 2)
    receive_rare(driver)
    with suppress(AssertionError):  # the expected refusal
        driver.place((RARE, 1))
    driver.run_handlers()
    driver.expect(
        "received units go to the waiting order",
        "awaiting" not in {work.status for work in driver.load_fulfillment(order).fulfillments},
    )


def one_unit_arrives_for_two_backorders(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    place_backorder(driver, ON_HAND)
    first = place_backorder(driver)
    driver.pass_time(1)
    place_backorder(driver)
    receive_rare(driver, 1)
    driver.run_handlers()
    driver.expect("the oldest backorder is filled first", driver.work(first).status == "assigned")


def a_backorder_is_cancelled_before_arrival(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    cancelling.cancel(principal_of(LIA), place_backorder(driver, ON_HAND + 2), "too long")
    driver.run_handlers()


def a_backorder_is_cancelled_after_arrival(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    order = place_backorder(driver, ON_HAND + 2, payments=TRANSFER)
    receive_rare(driver)
    driver.run_handlers()
    cancelling.cancel(principal_of(LIA), order, "too long")
    driver.run_handlers()
    driver.expect(
        "unclaimed inbound units return to general stock",
        store.load_levels_by_id([INBOUND_LEVEL])[INBOUND_LEVEL].on_hand == 0,
    )


def inbound_stock_has_not_arrived(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    order = place_backorder(driver, ON_HAND + 2)
    driver.expect("work waits for its units", "assigned" not in {driver.work(order).status})


def inbound_stock_drops_below_promised(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    place_backorder(driver, ON_HAND + 2)
    driver.expect_refusal(
        PromisedAhead, lambda: expecting.set_expected(principal_of(RATNA), WAREHOUSE, FRIDAY, {RARE: 1}, "PO 88")
    )


def the_inbound_day_is_past(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    driver.pass_time(6 * 24 * 60)
    try:
        driver.place((RARE, ON_HAND + 1), backorder=True)
    except AssertionError:
        return  # the expected refusal
    driver.expect("no units are promised for a past day", False)


def a_customer_does_not_accept_backorder(driver: ScenarioDriver) -> None:
    two_are_expected(driver)
    try:
        driver.place((RARE, ON_HAND + 1))
    except AssertionError:
        return  # the expected refusal
    driver.expect("only customers who accept backorders wait", False)


# -- bugs --------------------------------------------------------------------------------------------------------------


def receive_without_reserving(allocation: Any, days: Any, to_movement: Any = receipt_movement) -> list[Movement]:
    return [to_movement(allocation)]


def leave_inbound_unchanged(allocation: Any, days: Any) -> list[Movement]:
    return []


def offer_unlimited_inbound(original: Callable[..., Any]) -> Callable[..., Any]:
    def list_buckets(days: InboundStock, sku: str) -> list[Bucket]:
        return [replace(bucket, available=1_000) for bucket in original(days, sku)]

    return list_buckets


def reverse_order(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda works: original(works)[::-1]


def keep_inbound_units(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda allocations: [movement for movement in original(allocations) if movement.on_hand > 0]


def assign_at_once(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda order_fulfillment, allocations, now: [
        replace(work, status="assigned") for work in original(order_fulfillment, allocations, now)
    ]


def ignore_today(original: Callable[..., Any]) -> Callable[..., Any]:
    def list_buckets(inbound: InboundStock, sku: str) -> Any:
        return original(replace(inbound, today=dict.fromkeys(inbound.today, date(2000, 1, 1))), sku)

    return list_buckets


def force_backorder(original: Callable[..., Plan]) -> Callable[..., Plan]:
    return lambda *args, **kwargs: original(*args, **kwargs | {"backorder": True})


def release_ordinary_shards_only(original: Callable[..., Any]) -> Callable[..., Any]:
    def build_release(order: Any) -> Any:
        return original(
            replace(
                order, allocations=tuple(allocation for allocation in order.allocations if allocation.shard < 1_000)
            )
        )

    return build_release


BUGS = (
    Bug(
        "more units are backordered than are expected",
        KIND,
        detected_by="S2",
        patches=(
            patch_attribute(InboundStock, "list_buckets", offer_unlimited_inbound),
            patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),
        ),
        scenario=two_customers_backorder_one_inbound_unit,
    ),
    Bug(
        "received units are not reserved for the orders that wait for them",
        KIND,
        detected_by="received units go to the waiting order",
        patches=(
            patch_attribute(moving, "receive_for_waiting_orders", replace_with(receive_without_reserving)),
            patch_attribute(moving, "reduce_expected", replace_with(leave_inbound_unchanged)),
        ),
        scenario=another_customer_orders_before_the_event_is_handled,
    ),
    Bug(
        "received units are not assigned to backorders",
        KIND,
        detected_by="O7",
        patches=(patch_attribute(filling, "fill_fulfillment", always_return(False)),),
        scenario=inbound_stock_arrives,
    ),
    Bug(
        "the newest backorder is filled first",
        KIND,
        detected_by="the oldest backorder is filled first",
        patches=(patch_attribute(filling, "sort_oldest_first", reverse_order),),
        scenario=one_unit_arrives_for_two_backorders,
    ),
    Bug(
        "units assigned to a backorder stay in the inbound level as well",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(filling, "move_to_first_shard", keep_inbound_units),),
        scenario=inbound_stock_arrives,
    ),
    Bug(
        "fulfillment starts before its units have arrived",
        KIND,
        detected_by="work waits for its units",
        patches=(patch_attribute(assigning, "build_fulfillments", assign_at_once),),
        scenario=inbound_stock_has_not_arrived,
    ),
    Bug(
        "the expected quantity drops below the promised quantity",
        KIND,
        detected_by="PromisedAhead",
        patches=(
            patch_attribute(expecting, "_check_promised", always_return(None)),
            patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),
        ),
        scenario=inbound_stock_drops_below_promised,
    ),
    Bug(
        "units are promised from a past inbound day",
        KIND,
        detected_by="no units are promised for a past day",
        patches=(patch_attribute(InboundStock, "list_buckets", ignore_today),),
        scenario=the_inbound_day_is_past,
    ),
    Bug(
        "an order becomes a backorder without the customer's consent",
        KIND,
        detected_by="only customers who accept backorders wait",
        patches=(patch_attribute(placing, "plan_with_inbound", force_backorder),),
        scenario=a_customer_does_not_accept_backorder,
    ),
    Bug(
        "a cancelled order keeps its inbound reservation",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(cancelling, "build_release", release_ordinary_shards_only),),
        scenario=a_backorder_is_cancelled_before_arrival,
    ),
    Bug(
        "units that arrive for a cancelled order are not released",
        KIND,
        detected_by="unclaimed inbound units return to general stock",
        patches=(patch_attribute(filling, "release_unclaimed", always_return(0)),),
        scenario=a_backorder_is_cancelled_after_arrival,
    ),
)
