"""Steps that the tables do not know, ends that are none, and work that goes on after its order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import decline as declining
from chalicelib.fulfillment import model as work
from chalicelib.fulfillment import status_change as stepping
from chalicelib.fulfillment import store as work_store
from chalicelib.fulfillment.events import HANDLERS
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment
from chalicelib.payments import model as payments
from chalicelib.payments import shift as drawers
from chalicelib.stock import model as stock
from chalicelib.stock import transfer as transfers
from tests.shop import CUP, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import (
    Bug,
    add_transition,
    always_return,
    patch_attribute,
    patch_item,
    replace_with,
)
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import AGUS, BUDI, DEWI, JOKO, LIA, MAYA, RATNA

KIND = "transitions"


def a_captured_transfer_is_rejected(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 1), payments=TRANSFER)
    scene.confirm(order)
    paid = scene.payments(order)[0].id
    scene.expect_refusal(
        payments.PaymentCannotMove, lambda: confirm_payment.reject(principal_of(MAYA), paid, "unreadable")
    )


def a_fulfillment_is_delivered_before_dispatch(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 1))
    scene.step(order, "accept", "pick", "ready", by=JOKO)
    scene.expect_refusal(work.CannotMove, lambda: scene.step(order, "deliver", by=AGUS))


def a_fulfillment_in_transit_is_rejected(scene: ScenarioDriver) -> None:
    order, _ = scene.place_and_handle((TRAY, 1)), scene.place_and_handle((TRAY, 3))
    scene.fulfill(order, until="dispatch")
    scene.expect_refusal(work.CannotMove, lambda: scene.step(order, "reject", by=AGUS, reason="too_busy"))


def an_order_in_transit_is_cancelled(scene: ScenarioDriver) -> None:
    order, _ = scene.place_and_handle((TRAY, 1)), scene.place_and_handle((TRAY, 3))
    scene.fulfill(order, until="dispatch")
    scene.expect_refusal(ending.CannotCancel, lambda: ending.cancel(principal_of(LIA), order, "changed his mind"))


def an_order_is_cancelled(scene: ScenarioDriver) -> None:
    ending.cancel(principal_of(LIA), scene.place_and_handle((TEAPOT, 2)), "changed his mind")


def a_salesman_declines_a_claimed_offer(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TEAPOT, 2))
    claiming.claim(BUDI, scene.last_offer_id(order))
    scene.expect_refusal(work.AlreadyClaimed, lambda: declining.decline(DEWI, scene.last_offer_id(order)))


def an_order_comes_in_two_parts(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 8))
    scene.fulfill(order, work=0, by=RATNA)


def a_received_transfer_is_cancelled(scene: ScenarioDriver) -> None:
    sent = transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")
    transfers.receive(principal_of(RATNA), sent["id"])
    scene.expect_refusal(stock.TransferClosed, lambda: transfers.cancel(principal_of(JOKO), sent["id"], "not needed"))


def a_shift_is_closed_uncounted(scene: ScenarioDriver) -> None:
    shift = drawers.shift_store.find_unclosed_shift(BUDI)
    assert shift is not None
    scene.expect_refusal(
        drawers.ShiftNotCounted, lambda: drawers.close_shift(principal_of(BUDI), shift.id, "in a hurry")
    )


def decline_always(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda offer, staff, now: replace(offer, status="declined_by_all", version=offer.version + 1)


def close_offer_unconditionally(before: Any, after: Any, refusal: Any = None) -> Any:
    return work_store.db.put(work_store._offer_to_row(after))


def deliver_with_first_part(was: Callable[..., Any]) -> Callable[..., Any]:
    def status(demand: Any, works: Any, offered: bool) -> str:
        return "delivered" if any(each.status == "delivered" for each in works) else str(was(demand, works, offered))

    return status


def count_as_expected(was: Callable[..., Any]) -> Callable[..., Any]:
    """Nobody counted: what should be there is taken for what was there."""

    def found(principal: Any, shift_id: str) -> Any:
        shift = was(principal, shift_id)
        return replace(shift, counted=shift.counted or shift.expected)

    return found


def close_without_condition(before: Any, after: Any, at: Any, head: Any) -> Any:
    row, status = drawers.shift_store.ShiftRow(before.id, "shift"), drawers.shift_store.ShiftRow.status
    variance, counted = drawers.shift_store.ShiftRow.variance_minor, drawers.shift_store.ShiftRow.counted_minor
    done = [status.set("closed"), variance.set(after.variance.minor), counted.set(after.counted.minor)]
    return [drawers.db.update(row, *done, *drawers.shift_store._set_head(head))]


BUGS = (
    Bug(
        "money that came in can be called unreadable",
        KIND,
        detected_by="O1",
        patches=(add_transition(payments.PAYMENT_STATES["transfer"], "captured", "rejected"),),
        scenario=a_captured_transfer_is_rejected,
    ),
    Bug(
        "goods arrive before they have left",
        KIND,
        detected_by="O1",
        patches=(add_transition(work.FULFILLMENT_TRANSITIONS, "ready", "delivered"),),
        scenario=a_fulfillment_is_delivered_before_dispatch,
    ),
    Bug(
        "goods on the road can be given up as if they lay on a shelf",
        KIND,
        detected_by="O1",
        patches=(add_transition(work.FULFILLMENT_TRANSITIONS, "in_transit", "rejected"),),
        scenario=a_fulfillment_in_transit_is_rejected,
    ),
    Bug(
        "an order can be cancelled when its goods have left",
        KIND,
        detected_by="CannotCancel",
        patches=(patch_attribute(ending, "is_cancellable", always_return(True)),),
        scenario=an_order_in_transit_is_cancelled,
    ),
    Bug(
        "who brings a cancelled order is not sent home",
        KIND,
        detected_by="O7",
        patches=(patch_item(HANDLERS, "OrderCancelled", lambda told: None),),
        scenario=an_order_is_cancelled,
    ),
    Bug(
        "an offer that was won can still be turned down",
        KIND,
        detected_by="O1",
        patches=(
            patch_attribute(declining, "apply_decline", decline_always),
            patch_attribute(declining, "close_offer", replace_with(close_offer_unconditionally)),
        ),
        scenario=a_salesman_declines_a_claimed_offer,
    ),
    Bug(
        "an order is complete with the first part that arrives",
        KIND,
        detected_by="S6",
        patches=(patch_attribute(stepping, "derive_order_status", deliver_with_first_part),),
        scenario=an_order_comes_in_two_parts,
    ),
    Bug(
        "a load that arrived can be called back",
        KIND,
        detected_by="O1",
        patches=(add_transition(stock.TRANSFER_STATES, "received", "cancelled"),),
        scenario=a_received_transfer_is_cancelled,
    ),
    Bug(
        "a drawer can be closed without being counted",
        KIND,
        detected_by="O1",
        patches=(
            add_transition(drawers.SHIFT_STATES, "open", "closed"),
            patch_attribute(drawers.find, "load_shift", count_as_expected),
            patch_attribute(drawers.shift_store, "close_shift", replace_with(close_without_condition)),
        ),
        scenario=a_shift_is_closed_uncounted,
    ),
)
