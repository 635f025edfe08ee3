"""Transitions that the state tables do not allow, and work that continues after its order has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import decline as declining
from chalicelib.fulfillment import model as work
from chalicelib.fulfillment import status_change as changing_status
from chalicelib.fulfillment import store as work_store
from chalicelib.fulfillment.events import HANDLERS
from chalicelib.orders import cancel as cancelling
from chalicelib.orders import confirm_payment
from chalicelib.payments import model as payments
from chalicelib.payments import shift as shifts
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


def a_captured_transfer_is_rejected(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 1), payments=TRANSFER)
    driver.confirm(order)
    paid = driver.payments(order)[0].id
    driver.expect_refusal(
        payments.PaymentCannotMove, lambda: confirm_payment.reject(principal_of(MAYA), paid, "unreadable")
    )


def a_fulfillment_is_delivered_before_dispatch(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 1))
    driver.step(order, "accept", "pick", "ready", by=JOKO)
    driver.expect_refusal(work.CannotMove, lambda: driver.step(order, "deliver", by=AGUS))


def a_fulfillment_in_transit_is_rejected(driver: ScenarioDriver) -> None:
    order, _ = driver.place_and_handle((TRAY, 1)), driver.place_and_handle((TRAY, 3))
    driver.fulfill(order, until="dispatch")
    driver.expect_refusal(work.CannotMove, lambda: driver.step(order, "reject", by=AGUS, reason="too_busy"))


def an_order_in_transit_is_cancelled(driver: ScenarioDriver) -> None:
    order, _ = driver.place_and_handle((TRAY, 1)), driver.place_and_handle((TRAY, 3))
    driver.fulfill(order, until="dispatch")
    driver.expect_refusal(
        cancelling.CannotCancel, lambda: cancelling.cancel(principal_of(LIA), order, "changed their mind")
    )


def an_order_is_cancelled(driver: ScenarioDriver) -> None:
    cancelling.cancel(principal_of(LIA), driver.place_and_handle((TEAPOT, 2)), "changed their mind")


def a_salesman_declines_a_claimed_offer(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2))
    claiming.claim(BUDI, driver.last_offer_id(order))
    driver.expect_refusal(work.AlreadyClaimed, lambda: declining.decline(DEWI, driver.last_offer_id(order)))


def an_order_comes_in_two_parts(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 8))
    driver.fulfill(order, work=0, by=RATNA)


def a_received_transfer_is_cancelled(driver: ScenarioDriver) -> None:
    sent = transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")
    transfers.receive(principal_of(RATNA), sent["id"])
    driver.expect_refusal(stock.TransferClosed, lambda: transfers.cancel(principal_of(JOKO), sent["id"], "not needed"))


def a_shift_is_closed_uncounted(driver: ScenarioDriver) -> None:
    shift = shifts.shift_store.find_unclosed_shift(BUDI)
    assert shift is not None
    driver.expect_refusal(
        shifts.ShiftNotCounted, lambda: shifts.close_shift(principal_of(BUDI), shift.id, "in a hurry")
    )


def decline_always(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda offer, staff, now: replace(offer, status="declined_by_all", version=offer.version + 1)


def close_offer_unconditionally(before: Any, after: Any, refusal: Any = None) -> Any:
    return work_store.db.put(work_store._offer_to_row(after))


def deliver_with_first_part(original: Callable[..., Any]) -> Callable[..., Any]:
    def derive_order_status(demand: Any, fulfillments: Any, offered: bool) -> str:
        return (
            "delivered"
            if any(work.status == "delivered" for work in fulfillments)
            else str(original(demand, fulfillments, offered))
        )

    return derive_order_status


def count_as_expected(original: Callable[..., Any]) -> Callable[..., Any]:
    """Take the expected amount for the counted one."""

    def load_shift(principal: Any, shift_id: str) -> Any:
        shift = original(principal, shift_id)
        return replace(shift, counted=shift.counted or shift.expected)

    return load_shift


def close_without_condition(before: Any, after: Any, at: Any, head: Any) -> Any:
    row, status = shifts.shift_store.ShiftRow(before.id, "shift"), shifts.shift_store.ShiftRow.status
    variance, counted = shifts.shift_store.ShiftRow.variance_minor, shifts.shift_store.ShiftRow.counted_minor
    changes = [status.set("closed"), variance.set(after.variance.minor), counted.set(after.counted.minor)]
    return [shifts.db.update(row, *changes, *shifts.shift_store._set_head(head))]


BUGS = (
    Bug(
        "a captured transfer can be rejected",
        KIND,
        detected_by="O1",
        patches=(add_transition(payments.PAYMENT_STATES["transfer"], "captured", "rejected"),),
        scenario=a_captured_transfer_is_rejected,
    ),
    Bug(
        "a fulfillment can be delivered before dispatch",
        KIND,
        detected_by="O1",
        patches=(add_transition(work.FULFILLMENT_TRANSITIONS, "ready", "delivered"),),
        scenario=a_fulfillment_is_delivered_before_dispatch,
    ),
    Bug(
        "a fulfillment in transit can be rejected",
        KIND,
        detected_by="O1",
        patches=(add_transition(work.FULFILLMENT_TRANSITIONS, "in_transit", "rejected"),),
        scenario=a_fulfillment_in_transit_is_rejected,
    ),
    Bug(
        "an order can be cancelled while its goods are in transit",
        KIND,
        detected_by="CannotCancel",
        patches=(patch_attribute(cancelling, "is_cancellable", always_return(True)),),
        scenario=an_order_in_transit_is_cancelled,
    ),
    Bug(
        "fulfillments of a cancelled order are not cancelled",
        KIND,
        detected_by="O7",
        patches=(patch_item(HANDLERS, "OrderCancelled", lambda message: None),),
        scenario=an_order_is_cancelled,
    ),
    Bug(
        "a claimed offer can be declined",
        KIND,
        detected_by="O1",
        patches=(
            patch_attribute(declining, "apply_decline", decline_always),
            patch_attribute(declining, "close_offer", replace_with(close_offer_unconditionally)),
        ),
        scenario=a_salesman_declines_a_claimed_offer,
    ),
    Bug(
        "an order is delivered with its first delivered part",
        KIND,
        detected_by="S6",
        patches=(patch_attribute(changing_status, "derive_order_status", deliver_with_first_part),),
        scenario=an_order_comes_in_two_parts,
    ),
    Bug(
        "a received transfer can be cancelled",
        KIND,
        detected_by="O1",
        patches=(add_transition(stock.TRANSFER_STATES, "received", "cancelled"),),
        scenario=a_received_transfer_is_cancelled,
    ),
    Bug(
        "a shift can be closed without a count",
        KIND,
        detected_by="O1",
        patches=(
            add_transition(shifts.SHIFT_STATES, "open", "closed"),
            patch_attribute(shifts.find, "load_shift", count_as_expected),
            patch_attribute(shifts.shift_store, "close_shift", replace_with(close_without_condition)),
        ),
        scenario=a_shift_is_closed_uncounted,
    ),
)
