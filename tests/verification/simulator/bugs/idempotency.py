"""Repeated requests and redelivered events: their effects must happen once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import assign as assigning
from chalicelib.fulfillment import dispatch as dispatching
from chalicelib.fulfillment import fail as failing
from chalicelib.fulfillment.events import HANDLERS
from chalicelib.fulfillment.model import WorkDispatched, WorkFailed
from chalicelib.fulfillment.status_change import SideEffects, commit_status_change, load_fulfillment_context
from chalicelib.fulfillment.stock_effects import issue, return_to_stock
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import idempotency
from chalicelib.kit.idempotency import KeyReused, Replay
from chalicelib.kit.money import Money
from chalicelib.orders import confirm_payment
from chalicelib.payments import collect as collecting
from chalicelib.payments import handover as handing_over
from chalicelib.payments import shift as shifts
from chalicelib.stock import movements as moving
from chalicelib.stock import shared_steps
from chalicelib.stock import transfer as transfers
from chalicelib.stock.model import TransferStatus
from tests.client import call
from tests.shop import CUP, TRAY, an_order, principal_of
from tests.verification.simulator.bugs.bug import (
    NO_IDEMPOTENCY,
    Bug,
    always_return,
    patch_attribute,
    patch_item,
    replace_with,
)
from tests.verification.simulator.bugs.scenario_driver import CREDIT, MAKMUR, TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import AGUS, BUDI, JOKO, MAYA, RATNA, SINTA

KIND = "idempotency"


def a_stock_receipt_loses_its_reply(driver: ScenarioDriver) -> None:
    by = principal_of(JOKO)
    driver.expect_same_answer(JOKO, lambda key: moving.receive(by, "wh-surabaya", {CUP: 5}, "bought", key))


def a_collection_loses_its_reply(driver: ScenarioDriver) -> None:
    driver.place_and_handle((CUP, 4), by="agent-lia", channel="phone", payments=CREDIT, **MAKMUR)
    by, amount = principal_of(MAYA), Money(10_000, "IDR")
    driver.expect_same_answer(MAYA, lambda key: collecting.collect(by, "cus_makmur", amount, "transfer", key))


def a_partial_cash_handover_loses_its_reply(driver: ScenarioDriver) -> None:
    driver.fulfill(driver.place_and_handle((TRAY, 1)))
    amount = Money(10_000, "IDR")
    driver.expect_same_answer(
        SINTA, lambda key: handing_over.hand_over(principal_of(SINTA), f"cod:{AGUS}", amount, key)
    )


def a_shift_count_loses_its_reply(driver: ScenarioDriver) -> None:
    by, float_ = principal_of(BUDI), Money(100_000, "IDR")
    shift = shifts.shift_store.find_unclosed_shift(BUDI)
    assert shift is not None
    driver.expect_same_answer(BUDI, lambda key: shifts.count_shift(by, shift.id, float_, key))
    driver.expect("the shift is counted once", len(shifts.journal.history(f"shift#{shift.id}")) == 2)


def a_key_is_reused_with_another_cart(driver: ScenarioDriver) -> None:
    for quantity in (1, 2):
        answer = call("POST", "/api/orders", an_order((CUP, quantity)), key="a-key-of-sixteen-letters")
        last = answer.json.get("error", answer.json)
    driver.expect(KeyReused.__name__, last.get("code") == KeyReused().code)


def an_order_event_is_handled_twice(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 2))


def a_payment_is_confirmed_twice(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((CUP, 4), payments=TRANSFER)
    driver.confirm(order)
    driver.confirm(order)


def goods_are_dispatched_twice(driver: ScenarioDriver) -> None:
    """Another order has units allocated at the same level, so the level's own condition still holds."""
    order, _ = driver.place_and_handle((TRAY, 1)), driver.place_and_handle((TRAY, 3))
    driver.fulfill(order, until="dispatch")
    driver.step(order, "dispatch", by=AGUS)


def goods_are_returned_to_stock_twice(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 2))
    driver.fulfill(order, until="dispatch")
    driver.step(order, "fail", by=AGUS, reason="customer not at home")
    for _ in range(2):
        driver.step(order, "fail", by=AGUS, reason="moved away", back=True)


def a_transfer_is_received_twice(driver: ScenarioDriver) -> None:
    sent = transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")
    transfers.receive(principal_of(RATNA), sent["id"], {CUP: 2})
    transfers.receive(principal_of(RATNA), sent["id"], {CUP: 1})


def assign_on_every_event(message: Any) -> None:
    order_fulfillment = load_fulfillment_of_order(message.subject.removeprefix("order#"))
    assigning.assign_and_offer(order_fulfillment)


def confirm_again(principal: Any, payment_id: str) -> Any:
    change, payment = confirm_payment._load_change_of_payment(principal, payment_id)
    after = replace(payment, status="captured", captured=payment.amount, version=payment.version + 1)
    return confirm_payment.capture(change, confirm_payment.PaymentChange(payment, after))


def dispatch_again(principal: Any, fulfillment_id: str) -> Any:
    context = load_fulfillment_context(principal, fulfillment_id)
    after = replace(context.fulfillment, status="in_transit", version=context.fulfillment.version + 1)
    stock_effect = issue(context.fulfillment.allocations)
    return commit_status_change(
        context, after, WorkDispatched(*context.event_ids, movements=stock_effect.movements), SideEffects(stock_effect)
    )


def bring_back_again(principal: Any, fulfillment_id: str, reason: str, back: bool = False) -> Any:
    context = load_fulfillment_context(principal, fulfillment_id)
    status = "back_at_location" if back else "failed_attempt"
    after = replace(context.fulfillment, status=status, version=context.fulfillment.version + 1)
    stock_effect = return_to_stock(context.fulfillment.allocations) if back else failing.StockEffect()
    return commit_status_change(
        context,
        after,
        WorkFailed(*context.event_ids, reason, back, movements=stock_effect.movements),
        SideEffects(stock_effect),
    )


def forget_received_units(original: Any) -> Any:
    return lambda transfer, received: replace(transfer, status=TransferStatus.PARTIALLY_RECEIVED)


BUGS = (
    Bug(
        "an order is placed again after its reply was lost",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(idempotency, "record_answer", always_return(None)),),
    ),
    Bug(
        "stock is received again after the reply was lost",
        KIND,
        detected_by="O4",
        patches=(
            patch_attribute(moving, "idempotency", replace_with(NO_IDEMPOTENCY)),
            patch_attribute(shared_steps, "idempotency", replace_with(NO_IDEMPOTENCY)),
        ),
        scenario=a_stock_receipt_loses_its_reply,
    ),
    Bug(
        "a collection is posted again after the reply was lost",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(collecting, "idempotency", replace_with(NO_IDEMPOTENCY)),),
        scenario=a_collection_loses_its_reply,
    ),
    Bug(
        "cash is handed over again after the reply was lost",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(handing_over, "idempotency", replace_with(NO_IDEMPOTENCY)),),
        scenario=a_partial_cash_handover_loses_its_reply,
    ),
    Bug(
        "a shift is counted again after the reply was lost",
        KIND,
        detected_by="the shift is counted once",
        patches=(patch_attribute(shifts, "idempotency", replace_with(NO_IDEMPOTENCY)),),
        scenario=a_shift_count_loses_its_reply,
    ),
    Bug(
        "another cart under the same key gets the first cart's answer",
        KIND,
        detected_by="KeyReused",
        patches=(
            patch_attribute(
                idempotency, "build_repeat_problem", lambda original: lambda key, record: Replay({"id": "ord_first"})
            ),
        ),
        scenario=a_key_is_reused_with_another_cart,
    ),
    Bug(
        "an order event handled twice assigns two fulfillments",
        KIND,
        detected_by="S6",
        patches=(
            patch_item(HANDLERS, "OrderPlaced", assign_on_every_event),
            patch_attribute(assigning, "create_decision", always_return(None)),
        ),
        scenario=an_order_event_is_handled_twice,
    ),
    Bug(
        "a payment confirmed twice is posted twice",
        KIND,
        detected_by="M7",
        patches=(patch_attribute(confirm_payment, "confirm", replace_with(confirm_again)),),
        scenario=a_payment_is_confirmed_twice,
    ),
    Bug(
        "goods dispatched twice are issued twice",
        KIND,
        detected_by="S6",
        patches=(patch_attribute(dispatching, "dispatch", replace_with(dispatch_again)),),
        scenario=goods_are_dispatched_twice,
    ),
    Bug(
        "goods brought back twice are returned to stock twice",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(failing, "fail", replace_with(bring_back_again)),),
        scenario=goods_are_returned_to_stock_twice,
    ),
    Bug(
        "received units of a transfer stay in transit",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(transfers, "receive_transfer_lines", forget_received_units),),
        scenario=a_transfer_is_received_twice,
    ),
)
