"""Units: on a shelf, promised, on their way or gone, and never in two of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.catalog.model import Channel
from chalicelib.catalog.save import configure_channel
from chalicelib.fulfillment import dispatch as dispatching
from chalicelib.kit import events
from chalicelib.orders import cancel as ending
from chalicelib.stock import count as counting
from chalicelib.stock import inbound, model, store
from chalicelib.stock import movements as moving
from chalicelib.stock import plan as planning
from chalicelib.stock import shard as spreading
from chalicelib.stock import transfer as transfers
from chalicelib.stock.model import Level, Movement
from tests.shop import CUP, RARE, TRAY, add_stock, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import JOKO, LIA, RATNA, SINTA

KIND = "stock"


def oversold_stock_is_replenished_later(scene: ScenarioDriver) -> None:
    """By the evening nothing looks wrong any more."""
    try:
        scene.place_and_handle((RARE, 3))
    except AssertionError:
        return  # as it should be
    scene.pass_time(60)
    add_stock(RARE, "wh-surabaya", 5)
    add_stock(RARE, "store-tunjungan", 5)


def goods_leave_another_location(scene: ScenarioDriver) -> None:
    order, _ = scene.place_and_handle((TRAY, 7)), scene.place_and_handle((TRAY, 1))
    scene.fulfill(order, by=RATNA, work=1, until="dispatch")


def goods_leave(scene: ScenarioDriver) -> None:
    scene.fulfill(scene.place_and_handle((TRAY, 2)), until="dispatch")


def an_order_is_cancelled(scene: ScenarioDriver) -> None:
    ending.cancel(principal_of(LIA), scene.place_and_handle((TRAY, 2)), "changed his mind")


def one_of_two_held_orders_is_cancelled(scene: ScenarioDriver) -> None:
    order, _ = (
        scene.place_and_handle((TRAY, 1), payments=TRANSFER),
        scene.place_and_handle((TRAY, 2), payments=TRANSFER),
    )
    ending.cancel(principal_of(LIA), order, "changed his mind")


def a_transfer_is_received(scene: ScenarioDriver) -> None:
    transfers.receive(principal_of(RATNA), send_transfer(), None)


def a_partly_received_transfer_is_cancelled(scene: ScenarioDriver) -> None:
    load = send_transfer()
    transfers.receive(principal_of(RATNA), load, {CUP: 1})
    transfers.cancel(principal_of(JOKO), load, "not needed")


def send_transfer() -> str:
    return str(transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")["id"])


def more_is_counted(scene: ScenarioDriver) -> None:
    counting.count(principal_of(JOKO), "wh-surabaya", {CUP: 22}, "count")


def stock_is_received(scene: ScenarioDriver) -> None:
    moving.receive(principal_of(JOKO), "wh-surabaya", {CUP: 5}, "bought")


def safety_stock_is_not_sold(scene: ScenarioDriver) -> None:
    configure_channel(Channel("web", safety_units=2), "test")
    scene.expect_sent_away(lambda: scene.place((TRAY, 8)))


def the_display_is_not_for_sale(scene: ScenarioDriver) -> None:
    moving.display(principal_of(SINTA), "store-tunjungan", {CUP: 4}, "show")
    at_the_till: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": [{"method": "cash"}]}
    scene.expect_sent_away(lambda: scene.place((CUP, 4), **at_the_till, delivery={"method": "handover"}))


def units_are_reserved(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 2))


def reserved_units_are_resharded(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 5))
    spreading.reshard(principal_of(RATNA), "wh-surabaya", TRAY, 3, "hot")


def issue_from_first_warehouse(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda pieces: was([replace(piece, location="wh-surabaya") for piece in pieces])


def release_twice(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda piece: replace(was(piece), reserved=-2 * piece.quantity)


def lose_one_unit(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda piece: was(replace(piece, quantity=piece.quantity - 1))


def ignore_received_units(was: property) -> property:
    return property(lambda transfer: {line.sku: line.sent for line in transfer.lines})


def double_movements(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *counted: [*was(*counted), *was(*counted)]


def skip_available(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda change, asked: [action for action in was(change, asked) if "available" not in str(action)]


def ignore_display(was: property) -> property:
    return property(lambda level: level.on_hand - level.reserved - level.allocated)


def plan_from_one_warehouse(demand: Any, *looked_at: Any, **more: Any) -> planning.Plan:
    return planning.Plan(tuple(model.Allocation(sku, "wh-surabaya", units) for sku, units in demand.items()))


def ignore_safety_units(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda demand, stock, *turn: was(demand, replace(stock, safety_units=0), *turn)


def drop_movements(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda location, reason, movements: was(location, reason, ())


def record_another_location(was: Callable[..., Any]) -> Callable[..., Any]:
    def received(location: str, reason: str, movements: Any) -> Any:
        return was(location, reason, tuple(replace(each, location="wh-sidoarjo") for each in movements))

    return received


def journal_on_hand_only(was: Callable[..., Any]) -> Callable[..., Any]:
    """The ledger hears of units on hand only."""

    def written(event: Any) -> Any:
        moved = getattr(event, "movements", ())
        here = tuple(replace(each, reserved=0, allocated=0, display=0) for each in moved)
        return was(replace(event, movements=here) if moved else event)

    return written


def ignore_promised_units(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda levels, shelves: was([replace(each, reserved=0, allocated=0) for each in levels], shelves)


BUGS = (
    Bug(
        "goods are sold without looking",
        KIND,
        detected_by="S2",
        patches=(patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),),
    ),
    Bug(
        "goods are sold that come in later",
        KIND,
        detected_by="S7",
        patches=(
            patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),
            patch_attribute(inbound, "plan_allocation", replace_with(plan_from_one_warehouse)),
        ),
        scenario=oversold_stock_is_replenished_later,
    ),
    Bug(
        "goods leave a shelf that others wait before",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(dispatching, "issue", issue_from_first_warehouse),),
        scenario=goods_leave_another_location,
    ),
    Bug(
        "a cancelled order keeps its units",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(ending, "build_release", always_return(([], []))),),
        scenario=an_order_is_cancelled,
    ),
    Bug(
        "a hold is released twice",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(ending, "hold_release_movement", release_twice),),
        scenario=one_of_two_held_orders_is_cancelled,
    ),
    Bug(
        "a load loses a unit on its way",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(transfers, "transfer_in_movement", lose_one_unit),),
        scenario=a_transfer_is_received,
    ),
    Bug(
        "calling a load back gives back what has arrived too",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(model.Transfer, "outstanding", ignore_received_units),),
        scenario=a_partly_received_transfer_is_cancelled,
    ),
    Bug(
        "a count books its difference twice",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(counting, "_build_surpluses", double_movements),),
        scenario=more_is_counted,
    ),
    Bug(
        "goods come in and the ledger does not hear of it",
        KIND,
        detected_by="S1",
        patches=(patch_attribute(moving, "StockReceived", drop_movements),),
        scenario=stock_is_received,
    ),
    Bug(
        "goods come in here and the ledger tells of elsewhere",
        KIND,
        detected_by="S1",
        patches=(patch_attribute(moving, "StockReceived", record_another_location),),
        scenario=stock_is_received,
    ),
    Bug(
        "what can be sold does not move with what is there",
        KIND,
        detected_by="S2",
        patches=(patch_attribute(store._LevelChange, "build_actions", skip_available),),
        scenario=stock_is_received,
    ),
    Bug(
        "what a channel keeps back is sold",
        KIND,
        detected_by="the buyer is sent away",
        patches=(patch_attribute(inbound, "plan_allocation", ignore_safety_units),),
        scenario=safety_stock_is_not_sold,
    ),
    Bug(
        "what is on display is sold",
        KIND,
        detected_by="S2",
        patches=(
            patch_attribute(Level, "available", ignore_display),
            patch_attribute(Movement, "available", ignore_display),
        ),
        scenario=the_display_is_not_for_sale,
    ),
    Bug(
        "the ledger does not hear of promises",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(events, "to_json", journal_on_hand_only),),
        scenario=units_are_reserved,
    ),
    Bug(
        "promised units are moved to another shelf",
        KIND,
        detected_by="S2",
        patches=(
            patch_attribute(spreading, "balance_shards", ignore_promised_units),
            patch_attribute(store._LevelChange, "sufficiency_conditions", replace_with([])),
        ),
        scenario=reserved_units_are_resharded,
    ),
)
