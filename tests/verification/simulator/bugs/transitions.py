"""Steps that the tables do not know, ends that are none, and work that goes on after its order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import decline as declining
from chalicelib.fulfillment import model as work
from chalicelib.fulfillment import step as stepping
from chalicelib.fulfillment import store as work_store
from chalicelib.fulfillment.events import HEARD
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment
from chalicelib.payments import model as payments
from chalicelib.payments import shift as drawers
from chalicelib.stock import model as stock
from chalicelib.stock import transfer as transfers
from tests.shop import CUP, TEAPOT, TRAY, who
from tests.verification.simulator.bugs.bug import Bug, answers, edge, entry, instead, swap
from tests.verification.simulator.bugs.scene import TRANSFER, Scene
from tests.verification.simulator.bugs.shop import AGUS, BUDI, DEWI, JOKO, LIA, MAYA, RATNA

KIND = "transitions"


def confirmed_money_is_called_unreadable(scene: Scene) -> None:
    order = scene.heard((TRAY, 1), payments=TRANSFER)
    scene.confirm(order)
    paid = scene.payments(order)[0].id
    scene.refuses(payments.PaymentCannotMove, lambda: confirm_payment.reject(who(MAYA), paid, "unreadable"))


def goods_arrive_that_never_left(scene: Scene) -> None:
    order = scene.heard((TRAY, 1))
    scene.step(order, "accept", "pick", "ready", by=JOKO)
    scene.refuses(work.CannotMove, lambda: scene.step(order, "deliver", by=AGUS))


def goods_on_the_road_are_called_missing(scene: Scene) -> None:
    order, _ = scene.heard((TRAY, 1)), scene.heard((TRAY, 3))
    scene.bring(order, until="dispatch")
    scene.refuses(work.CannotMove, lambda: scene.step(order, "reject", by=AGUS, reason="too_busy"))


def an_order_is_cancelled_on_the_road(scene: Scene) -> None:
    order, _ = scene.heard((TRAY, 1)), scene.heard((TRAY, 3))
    scene.bring(order, until="dispatch")
    scene.refuses(ending.CannotCancel, lambda: ending.cancel(who(LIA), order, "changed his mind"))


def an_order_is_cancelled(scene: Scene) -> None:
    ending.cancel(who(LIA), scene.heard((TEAPOT, 2)), "changed his mind")


def a_salesman_says_no_to_what_another_has(scene: Scene) -> None:
    order = scene.heard((TEAPOT, 2))
    claiming.claim(BUDI, scene.offer(order))
    scene.refuses(work.AlreadyClaimed, lambda: declining.decline(DEWI, scene.offer(order)))


def an_order_comes_in_two_parts(scene: Scene) -> None:
    order = scene.heard((TRAY, 8))
    scene.bring(order, work=0, by=RATNA)


def a_load_that_arrived_is_called_back(scene: Scene) -> None:
    sent = transfers.send(who(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")
    transfers.receive(who(RATNA), sent["id"])
    scene.refuses(stock.TransferClosed, lambda: transfers.cancel(who(JOKO), sent["id"], "not needed"))


def a_drawer_is_closed_uncounted(scene: Scene) -> None:
    shift = drawers.shift_store.shift_in_hand(BUDI)
    assert shift is not None
    scene.refuses(drawers.ShiftNotCounted, lambda: drawers.close_shift(who(BUDI), shift.id, "in a hurry"))


def said_no(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda offer, staff, now: replace(offer, status="declined_by_all", version=offer.version + 1)


def whatever_stands(before: Any, after: Any, refusal: Any = None) -> Any:
    return work_store.db.put(work_store._offer_row(after))


def once_any_arrived(was: Callable[..., Any]) -> Callable[..., Any]:
    def status(demand: Any, works: Any, offered: bool) -> str:
        return "delivered" if any(each.status == "delivered" for each in works) else str(was(demand, works, offered))

    return status


def as_expected(was: Callable[..., Any]) -> Callable[..., Any]:
    """Nobody counted: what should be there is taken for what was there."""

    def found(principal: Any, shift_id: str) -> Any:
        shift = was(principal, shift_id)
        return replace(shift, counted=shift.counted or shift.expected)

    return found


def uncounted(before: Any, after: Any, at: Any, head: Any) -> Any:
    row, status = drawers.shift_store.ShiftRow(before.id, "shift"), drawers.shift_store.ShiftRow.status
    variance, counted = drawers.shift_store.ShiftRow.variance_minor, drawers.shift_store.ShiftRow.counted_minor
    done = [status.set("closed"), variance.set(after.variance.minor), counted.set(after.counted.minor)]
    return [drawers.db.update(row, *done, *drawers.shift_store._headed(head))]


BUGS = (
    Bug(
        "money that came in can be called unreadable",
        KIND,
        by="O1",
        sown=(edge(payments.STATES["transfer"], "captured", "rejected"),),
        story=confirmed_money_is_called_unreadable,
    ),
    Bug(
        "goods arrive before they have left",
        KIND,
        by="O1",
        sown=(edge(work.FULFILLMENT_STATES, "ready", "delivered"),),
        story=goods_arrive_that_never_left,
    ),
    Bug(
        "goods on the road can be given up as if they lay on a shelf",
        KIND,
        by="O1",
        sown=(edge(work.FULFILLMENT_STATES, "in_transit", "rejected"),),
        story=goods_on_the_road_are_called_missing,
    ),
    Bug(
        "an order can be cancelled when its goods have left",
        KIND,
        by="CannotCancel",
        sown=(swap(ending, "may_cancel", answers(True)),),
        story=an_order_is_cancelled_on_the_road,
    ),
    Bug(
        "who brings a cancelled order is not sent home",
        KIND,
        by="O7",
        sown=(entry(HEARD, "OrderCancelled", lambda told: None),),
        story=an_order_is_cancelled,
    ),
    Bug(
        "an offer that was won can still be turned down",
        KIND,
        by="O1",
        sown=(swap(declining, "declined", said_no), swap(declining, "close_offer", instead(whatever_stands))),
        story=a_salesman_says_no_to_what_another_has,
    ),
    Bug(
        "an order is complete with the first part that arrives",
        KIND,
        by="S6",
        sown=(swap(stepping, "status_of_order", once_any_arrived),),
        story=an_order_comes_in_two_parts,
    ),
    Bug(
        "a load that arrived can be called back",
        KIND,
        by="O1",
        sown=(edge(stock.TRANSFER_STATES, "received", "cancelled"),),
        story=a_load_that_arrived_is_called_back,
    ),
    Bug(
        "a drawer can be closed without being counted",
        KIND,
        by="O1",
        sown=(
            edge(drawers.SHIFT_STATES, "open", "closed"),
            swap(drawers.find, "shift", as_expected),
            swap(drawers.shift_store, "close_shift", instead(uncounted)),
        ),
        story=a_drawer_is_closed_uncounted,
    ),
)
