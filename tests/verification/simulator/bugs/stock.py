"""Stock: every unit is on hand, reserved, allocated, in transit or issued, and counted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.catalog.model import Channel
from chalicelib.catalog.save import configure_channel
from chalicelib.fulfillment import dispatch as dispatching
from chalicelib.kit import events
from chalicelib.orders import cancel as cancelling
from chalicelib.stock import count as counting
from chalicelib.stock import inbound, model, store
from chalicelib.stock import movements as moving
from chalicelib.stock import plan as planning
from chalicelib.stock import shard as sharding
from chalicelib.stock import transfer as transfers
from chalicelib.stock.model import Level, Movement
from tests.shop import CUP, RARE, TRAY, add_stock, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import JOKO, LIA, RATNA, SINTA

KIND = "stock"


def oversold_stock_is_replenished_later(driver: ScenarioDriver) -> None:
    """At the end of the day the levels look right again."""
    try:
        driver.place_and_handle((RARE, 3))
    except AssertionError:
        return  # the expected refusal
    driver.pass_time(60)
    add_stock(RARE, "wh-surabaya", 5)
    add_stock(RARE, "store-tunjungan", 5)


def goods_leave_another_location(driver: ScenarioDriver) -> None:
    order, _ = driver.place_and_handle((TRAY, 7)), driver.place_and_handle((TRAY, 1))
    driver.fulfill(order, by=RATNA, work=1, until="dispatch")


def goods_leave(driver: ScenarioDriver) -> None:
    driver.fulfill(driver.place_and_handle((TRAY, 2)), until="dispatch")


def an_order_is_cancelled(driver: ScenarioDriver) -> None:
    cancelling.cancel(principal_of(LIA), driver.place_and_handle((TRAY, 2)), "changed their mind")


def one_of_two_held_orders_is_cancelled(driver: ScenarioDriver) -> None:
    order, _ = (
        driver.place_and_handle((TRAY, 1), payments=TRANSFER),
        driver.place_and_handle((TRAY, 2), payments=TRANSFER),
    )
    cancelling.cancel(principal_of(LIA), order, "changed their mind")


def a_transfer_is_received(driver: ScenarioDriver) -> None:
    transfers.receive(principal_of(RATNA), send_transfer(), None)


def a_partly_received_transfer_is_cancelled(driver: ScenarioDriver) -> None:
    transfer_id = send_transfer()
    transfers.receive(principal_of(RATNA), transfer_id, {CUP: 1})
    transfers.cancel(principal_of(JOKO), transfer_id, "not needed")


def send_transfer() -> str:
    return str(transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")["id"])


def more_is_counted(driver: ScenarioDriver) -> None:
    counting.count(principal_of(JOKO), "wh-surabaya", {CUP: 22}, "count")


def stock_is_received(driver: ScenarioDriver) -> None:
    moving.receive(principal_of(JOKO), "wh-surabaya", {CUP: 5}, "bought")


def safety_stock_is_not_sold(driver: ScenarioDriver) -> None:
    configure_channel(Channel("web", safety_units=2), "test")
    driver.expect_sold_out(lambda: driver.place((TRAY, 8)))


def the_display_is_not_for_sale(driver: ScenarioDriver) -> None:
    moving.display(principal_of(SINTA), "store-tunjungan", {CUP: 4}, "show")
    at_counter: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": [{"method": "cash"}]}
    driver.expect_sold_out(lambda: driver.place((CUP, 4), **at_counter, delivery={"method": "handover"}))


def units_are_reserved(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 2))


def reserved_units_are_resharded(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 5))
    sharding.reshard(principal_of(RATNA), "wh-surabaya", TRAY, 3, "hot")


def issue_from_first_warehouse(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda allocations: original([replace(allocation, location="wh-surabaya") for allocation in allocations])


def release_twice(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda allocation: replace(original(allocation), reserved=-2 * allocation.quantity)


def lose_one_unit(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda allocation: original(replace(allocation, quantity=allocation.quantity - 1))


def ignore_received_units(original: property) -> property:
    return property(lambda transfer: {line.sku: line.sent for line in transfer.lines})


def double_movements(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: [*original(*args), *original(*args)]


def skip_available(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda change, attributes: [
        action for action in original(change, attributes) if "available" not in str(action)
    ]


def ignore_display(original: property) -> property:
    return property(lambda level: level.on_hand - level.reserved - level.allocated)


def plan_from_one_warehouse(demand: Any, *args: Any, **kwargs: Any) -> planning.Plan:
    return planning.Plan(tuple(model.Allocation(sku, "wh-surabaya", units) for sku, units in demand.items()))


def ignore_safety_units(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda demand, stock, *turn: original(demand, replace(stock, safety_units=0), *turn)


def drop_movements(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda location, reason, movements: original(location, reason, ())


def record_another_location(original: Callable[..., Any]) -> Callable[..., Any]:
    def build_event(location: str, reason: str, movements: Any) -> Any:
        return original(location, reason, tuple(replace(movement, location="wh-sidoarjo") for movement in movements))

    return build_event


def journal_on_hand_only(original: Callable[..., Any]) -> Callable[..., Any]:
    def to_json(event: Any) -> Any:
        movements = getattr(event, "movements", ())
        on_hand_only = tuple(replace(movement, reserved=0, allocated=0, display=0) for movement in movements)
        return original(replace(event, movements=on_hand_only) if movements else event)

    return to_json


def ignore_promised_units(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda levels, shelves: original([replace(level, reserved=0, allocated=0) for level in levels], shelves)


BUGS = (
    Bug(
        "units are sold without checking the level",
        KIND,
        detected_by="S2",
        patches=(patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),),
    ),
    Bug(
        "units are sold before they are received",
        KIND,
        detected_by="S7",
        patches=(
            patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),
            patch_attribute(inbound, "plan_allocation", replace_with(plan_from_one_warehouse)),
        ),
        scenario=oversold_stock_is_replenished_later,
    ),
    Bug(
        "units are issued from another location than allocated",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(dispatching, "issue", issue_from_first_warehouse),),
        scenario=goods_leave_another_location,
    ),
    Bug(
        "a cancelled order does not release its units",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(cancelling, "build_release", always_return(([], []))),),
        scenario=an_order_is_cancelled,
    ),
    Bug(
        "a hold is released twice",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(cancelling, "hold_release_movement", release_twice),),
        scenario=one_of_two_held_orders_is_cancelled,
    ),
    Bug(
        "a transfer loses a unit in transit",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(transfers, "transfer_in_movement", lose_one_unit),),
        scenario=a_transfer_is_received,
    ),
    Bug(
        "cancelling a transfer returns received units as well",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(model.Transfer, "outstanding", ignore_received_units),),
        scenario=a_partly_received_transfer_is_cancelled,
    ),
    Bug(
        "a count posts its difference twice",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(counting, "_build_surpluses", double_movements),),
        scenario=more_is_counted,
    ),
    Bug(
        "a stock receipt records no movements",
        KIND,
        detected_by="S1",
        patches=(patch_attribute(moving, "StockReceived", drop_movements),),
        scenario=stock_is_received,
    ),
    Bug(
        "a stock receipt records movements at another location",
        KIND,
        detected_by="S1",
        patches=(patch_attribute(moving, "StockReceived", record_another_location),),
        scenario=stock_is_received,
    ),
    Bug(
        "the available quantity does not follow the on-hand quantity",
        KIND,
        detected_by="S2",
        patches=(patch_attribute(store._LevelChange, "build_actions", skip_available),),
        scenario=stock_is_received,
    ),
    Bug(
        "a channel sells its safety stock",
        KIND,
        detected_by="the order is refused",
        patches=(patch_attribute(inbound, "plan_allocation", ignore_safety_units),),
        scenario=safety_stock_is_not_sold,
    ),
    Bug(
        "display units are sold",
        KIND,
        detected_by="S2",
        patches=(
            patch_attribute(Level, "available", ignore_display),
            patch_attribute(Movement, "available", ignore_display),
        ),
        scenario=the_display_is_not_for_sale,
    ),
    Bug(
        "the journal records on-hand movements only",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(events, "to_json", journal_on_hand_only),),
        scenario=units_are_reserved,
    ),
    Bug(
        "resharding moves reserved units",
        KIND,
        detected_by="S2",
        patches=(
            patch_attribute(sharding, "balance_shards", ignore_promised_units),
            patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),
        ),
        scenario=reserved_units_are_resharded,
    ),
)
