"""Units: on a shelf, promised, on their way or gone, and never in two of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.catalog.keep import configure_channel
from chalicelib.catalog.model import Channel
from chalicelib.fulfillment import dispatch as dispatching
from chalicelib.kit import events
from chalicelib.orders import cancel as ending
from chalicelib.stock import coming, model, store
from chalicelib.stock import count as counting
from chalicelib.stock import move as moving
from chalicelib.stock import plan as planning
from chalicelib.stock import spread as spreading
from chalicelib.stock import transfer as transfers
from chalicelib.stock.model import Level, Movement
from tests.shop import CUP, RARE, TRAY, put, who
from tests.verification.simulator.bugs.bug import Bug, answers, instead, swap
from tests.verification.simulator.bugs.scene import TRANSFER, Scene
from tests.verification.simulator.bugs.shop import JOKO, LIA, RATNA, SINTA

KIND = "stock"


def more_is_sold_than_there_is_before_more_comes(scene: Scene) -> None:
    """By the evening nothing looks wrong any more."""
    try:
        scene.heard((RARE, 3))
    except AssertionError:
        return  # as it should be
    scene.pass_time(60)
    put(RARE, "wh-surabaya", 5)
    put(RARE, "store-tunjungan", 5)


def goods_leave_another_shelf(scene: Scene) -> None:
    order, _ = scene.heard((TRAY, 7)), scene.heard((TRAY, 1))
    scene.bring(order, by=RATNA, work=1, until="dispatch")


def goods_leave(scene: Scene) -> None:
    scene.bring(scene.heard((TRAY, 2)), until="dispatch")


def an_order_is_cancelled(scene: Scene) -> None:
    ending.cancel(who(LIA), scene.heard((TRAY, 2)), "changed his mind")


def one_of_two_that_wait_is_cancelled(scene: Scene) -> None:
    order, _ = scene.heard((TRAY, 1), payments=TRANSFER), scene.heard((TRAY, 2), payments=TRANSFER)
    ending.cancel(who(LIA), order, "changed his mind")


def a_load_arrives(scene: Scene) -> None:
    transfers.receive(who(RATNA), sent(), None)


def a_load_arrives_in_part_and_is_called_back(scene: Scene) -> None:
    load = sent()
    transfers.receive(who(RATNA), load, {CUP: 1})
    transfers.cancel(who(JOKO), load, "not needed")


def sent() -> str:
    return str(transfers.send(who(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")["id"])


def more_is_counted(scene: Scene) -> None:
    counting.count(who(JOKO), "wh-surabaya", {CUP: 22}, "count")


def goods_come_in(scene: Scene) -> None:
    moving.receive(who(JOKO), "wh-surabaya", {CUP: 5}, "bought")


def the_last_ones_are_kept_back(scene: Scene) -> None:
    configure_channel(Channel("web", safety_units=2), "test")
    scene.sends_away(lambda: scene.order((TRAY, 8)))


def the_display_is_not_for_sale(scene: Scene) -> None:
    moving.display(who(SINTA), "store-tunjungan", {CUP: 4}, "show")
    at_the_till: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": [{"method": "cash"}]}
    scene.sends_away(lambda: scene.order((CUP, 4), **at_the_till, delivery={"method": "handover"}))


def goods_are_promised(scene: Scene) -> None:
    scene.heard((TRAY, 2))


def promised_goods_are_spread(scene: Scene) -> None:
    scene.heard((TRAY, 5))
    spreading.spread(who(RATNA), "wh-surabaya", TRAY, 3, "hot")


def from_the_first_house(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda pieces: was([replace(piece, location="wh-surabaya") for piece in pieces])


def twice(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda piece: replace(was(piece), reserved=-2 * piece.quantity)


def one_less(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda piece: was(replace(piece, quantity=piece.quantity - 1))


def all_that_was_sent(was: property) -> property:
    return property(lambda transfer: {line.sku: line.sent for line in transfer.lines})


def doubled(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *counted: [*was(*counted), *was(*counted)]


def all_but_what_is_free(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda change, asked: [action for action in was(change, asked) if "available" not in str(action)]


def whatever_is_shown(was: property) -> property:
    return property(lambda level: level.on_hand - level.reserved - level.allocated)


def from_one_house(demand: Any, *looked_at: Any, **more: Any) -> planning.Plan:
    return planning.Plan(tuple(model.Piece(sku, "wh-surabaya", units) for sku, units in demand.items()))


def nothing_kept(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda demand, stock, *turn: was(demand, replace(stock, safety_units=0), *turn)


def without_movements(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda location, reason, movements: was(location, reason, ())


def of_another_place(was: Callable[..., Any]) -> Callable[..., Any]:
    def received(location: str, reason: str, movements: Any) -> Any:
        return was(location, reason, tuple(replace(each, location="wh-sidoarjo") for each in movements))

    return received


def untold(was: Callable[..., Any]) -> Callable[..., Any]:
    """The ledger hears of units on hand only."""

    def written(event: Any) -> Any:
        moved = getattr(event, "movements", ())
        here = tuple(replace(each, reserved=0, allocated=0, display=0) for each in moved)
        return was(replace(event, movements=here) if moved else event)

    return written


def all_that_is_on_hand(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda levels, shelves: was([replace(each, reserved=0, allocated=0) for each in levels], shelves)


BUGS = (
    Bug("goods are sold without looking", KIND, by="S2", sown=(swap(store._Change, "enough", instead([])),)),
    Bug(
        "goods are sold that come in later",
        KIND,
        by="S7",
        sown=(
            swap(store._Change, "enough", instead([])),
            swap(coming, "plan_allocation", instead(from_one_house)),
        ),
        story=more_is_sold_than_there_is_before_more_comes,
    ),
    Bug(
        "goods leave a shelf that others wait before",
        KIND,
        by="S3",
        sown=(swap(dispatching, "issue", from_the_first_house),),
        story=goods_leave_another_shelf,
    ),
    Bug(
        "a cancelled order keeps its units",
        KIND,
        by="S3",
        sown=(swap(ending, "given_back", answers(([], []))),),
        story=an_order_is_cancelled,
    ),
    Bug(
        "a hold is released twice",
        KIND,
        by="S3",
        sown=(swap(ending, "released_hold", twice),),
        story=one_of_two_that_wait_is_cancelled,
    ),
    Bug(
        "a load loses a unit on its way",
        KIND,
        by="S4",
        sown=(swap(transfers, "arrived", one_less),),
        story=a_load_arrives,
    ),
    Bug(
        "calling a load back gives back what has arrived too",
        KIND,
        by="S4",
        sown=(swap(model.Transfer, "outstanding", all_that_was_sent),),
        story=a_load_arrives_in_part_and_is_called_back,
    ),
    Bug(
        "a count books its difference twice",
        KIND,
        by="S4",
        sown=(swap(counting, "_found_more", doubled),),
        story=more_is_counted,
    ),
    Bug(
        "goods come in and the ledger does not hear of it",
        KIND,
        by="S1",
        sown=(swap(moving, "StockReceived", without_movements),),
        story=goods_come_in,
    ),
    Bug(
        "goods come in here and the ledger tells of elsewhere",
        KIND,
        by="S1",
        sown=(swap(moving, "StockReceived", of_another_place),),
        story=goods_come_in,
    ),
    Bug(
        "what can be sold does not move with what is there",
        KIND,
        by="S2",
        sown=(swap(store._Change, "actions", all_but_what_is_free),),
        story=goods_come_in,
    ),
    Bug(
        "what a channel keeps back is sold",
        KIND,
        by="the buyer is sent away",
        sown=(swap(coming, "plan_allocation", nothing_kept),),
        story=the_last_ones_are_kept_back,
    ),
    Bug(
        "what is on display is sold",
        KIND,
        by="S2",
        sown=(swap(Level, "available", whatever_is_shown), swap(Movement, "available", whatever_is_shown)),
        story=the_display_is_not_for_sale,
    ),
    Bug(
        "the ledger does not hear of promises",
        KIND,
        by="A3",
        sown=(swap(events, "to_json", untold),),
        story=goods_are_promised,
    ),
    Bug(
        "promised units are moved to another shelf",
        KIND,
        by="S2",
        sown=(swap(spreading, "evenly", all_that_is_on_hand), swap(store._Change, "enough", instead([]))),
        story=promised_goods_are_spread,
    ),
)
