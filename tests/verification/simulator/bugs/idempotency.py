"""Asked twice, heard twice, done once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import assign as offering
from chalicelib.fulfillment import dispatch as dispatching
from chalicelib.fulfillment import fail as failing
from chalicelib.fulfillment.events import HANDLERS
from chalicelib.fulfillment.model import WorkDispatched, WorkFailed
from chalicelib.fulfillment.status_change import SideEffects, commit_status_change
from chalicelib.fulfillment.status_change import load_fulfillment_context as look_at
from chalicelib.fulfillment.stock_effects import issue, return_to_stock
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import idempotency
from chalicelib.kit.idempotency import KeyReused, Replay
from chalicelib.kit.money import Money
from chalicelib.orders import confirm_payment
from chalicelib.payments import collect as collecting
from chalicelib.payments import handover as handing
from chalicelib.payments import shift as drawers
from chalicelib.stock import movements as moving
from chalicelib.stock import transfer as transfers
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


def a_stock_receipt_loses_its_reply(scene: ScenarioDriver) -> None:
    by = principal_of(JOKO)
    scene.expect_same_answer(JOKO, lambda asked: moving.receive(by, "wh-surabaya", {CUP: 5}, "bought", asked))


def a_collection_loses_its_reply(scene: ScenarioDriver) -> None:
    scene.place_and_handle((CUP, 4), by="agent-lia", channel="phone", payments=CREDIT, **MAKMUR)
    by, ten = principal_of(MAYA), Money(10_000, "IDR")
    scene.expect_same_answer(MAYA, lambda asked: collecting.collect(by, "cus_makmur", ten, "transfer", asked))


def a_partial_cash_handover_loses_its_reply(scene: ScenarioDriver) -> None:
    scene.fulfill(scene.place_and_handle((TRAY, 1)))
    ten = Money(10_000, "IDR")
    scene.expect_same_answer(SINTA, lambda asked: handing.hand_over(principal_of(SINTA), f"cod:{AGUS}", ten, asked))


def a_shift_count_loses_its_reply(scene: ScenarioDriver) -> None:
    by, float_ = principal_of(BUDI), Money(100_000, "IDR")
    shift = drawers.shift_store.find_unclosed_shift(BUDI)
    assert shift is not None
    scene.expect_same_answer(BUDI, lambda asked: drawers.count_shift(by, shift.id, float_, asked))
    scene.expect("counted once", len(drawers.journal.history(f"shift#{shift.id}")) == 2)


def a_key_is_reused_with_another_cart(scene: ScenarioDriver) -> None:
    for quantity in (1, 2):
        answer = call("POST", "/api/orders", an_order((CUP, quantity)), key="a-key-of-sixteen-letters")
        last = answer.json.get("error", answer.json)
    scene.expect(KeyReused.__name__, last.get("code") == KeyReused().code)


def an_order_event_is_handled_twice(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 2))


def a_payment_is_confirmed_twice(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((CUP, 4), payments=TRANSFER)
    scene.confirm(order)
    scene.confirm(order)


def goods_are_dispatched_twice(scene: ScenarioDriver) -> None:
    """Another order's units are still promised there, so the shelf itself does not object."""
    order, _ = scene.place_and_handle((TRAY, 1)), scene.place_and_handle((TRAY, 3))
    scene.fulfill(order, until="dispatch")
    scene.step(order, "dispatch", by=AGUS)


def goods_are_returned_to_stock_twice(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 2))
    scene.fulfill(order, until="dispatch")
    scene.step(order, "fail", by=AGUS, reason="nobody at home")
    for _ in "again":
        scene.step(order, "fail", by=AGUS, reason="moved away", back=True)


def a_transfer_is_received_twice(scene: ScenarioDriver) -> None:
    sent = transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")
    transfers.receive(principal_of(RATNA), sent["id"], {CUP: 2})
    transfers.receive(principal_of(RATNA), sent["id"], {CUP: 1})


def assign_on_every_event(told: Any) -> None:
    case = load_fulfillment_of_order(told.subject.removeprefix("order#"))
    offering.assign_and_offer(case)


def confirm_again(principal: Any, payment_id: str) -> Any:
    change, payment = confirm_payment._load_change_of_payment(principal, payment_id)
    after = replace(payment, status="captured", captured=payment.amount, version=payment.version + 1)
    return confirm_payment.capture(change, confirm_payment.PaymentChange(payment, after))


def dispatch_again(principal: Any, fulfillment_id: str) -> Any:
    at = look_at(principal, fulfillment_id)
    after = replace(at.fulfillment, status="in_transit", version=at.fulfillment.version + 1)
    goods = issue(at.fulfillment.pieces)
    return commit_status_change(at, after, WorkDispatched(*at.event_ids, movements=goods.movements), SideEffects(goods))


def bring_back_again(principal: Any, fulfillment_id: str, reason: str, back: bool = False) -> Any:
    at = look_at(principal, fulfillment_id)
    to = "back_at_location" if back else "failed_attempt"
    after = replace(at.fulfillment, status=to, version=at.fulfillment.version + 1)
    goods = return_to_stock(at.fulfillment.pieces) if back else failing.StockEffect()
    return commit_status_change(
        at, after, WorkFailed(*at.event_ids, reason, back, movements=goods.movements), SideEffects(goods)
    )


def forget_received_units(was: Any) -> Any:
    return lambda transfer, came: replace(transfer, status="partially_received")


BUGS = (
    Bug(
        "an order is placed again when its reply was lost",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(idempotency, "record_answer", always_return(None)),),
    ),
    Bug(
        "goods are taken in again when the reply was lost",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(moving, "idempotency", replace_with(NO_IDEMPOTENCY)),),
        scenario=a_stock_receipt_loses_its_reply,
    ),
    Bug(
        "a debtor's money is booked again when the reply was lost",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(collecting, "idempotency", replace_with(NO_IDEMPOTENCY)),),
        scenario=a_collection_loses_its_reply,
    ),
    Bug(
        "a bag's money is taken again when the reply was lost",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(handing, "idempotency", replace_with(NO_IDEMPOTENCY)),),
        scenario=a_partial_cash_handover_loses_its_reply,
    ),
    Bug(
        "a drawer is counted again when the reply was lost",
        KIND,
        detected_by="counted once",
        patches=(patch_attribute(drawers, "idempotency", replace_with(NO_IDEMPOTENCY)),),
        scenario=a_shift_count_loses_its_reply,
    ),
    Bug(
        "another cart under a key gets the first one's answer",
        KIND,
        detected_by="KeyReused",
        patches=(
            patch_attribute(idempotency, "build_repeat", lambda was: lambda asked, found: Replay({"id": "ord_first"})),
        ),
        scenario=a_key_is_reused_with_another_cart,
    ),
    Bug(
        "whoever hears of an order twice sends two to bring it",
        KIND,
        detected_by="S6",
        patches=(
            patch_item(HANDLERS, "OrderPlaced", assign_on_every_event),
            patch_attribute(offering, "create_decision", always_return(None)),
        ),
        scenario=an_order_event_is_handled_twice,
    ),
    Bug(
        "money confirmed twice is booked twice",
        KIND,
        detected_by="M7",
        patches=(patch_attribute(confirm_payment, "confirm", replace_with(confirm_again)),),
        scenario=a_payment_is_confirmed_twice,
    ),
    Bug(
        "goods that are out are issued again",
        KIND,
        detected_by="S6",
        patches=(patch_attribute(dispatching, "dispatch", replace_with(dispatch_again)),),
        scenario=goods_are_dispatched_twice,
    ),
    Bug(
        "goods come back into stock as often as somebody says so",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(failing, "fail", replace_with(bring_back_again)),),
        scenario=goods_are_returned_to_stock_twice,
    ),
    Bug(
        "what arrived of a load stays on its way",
        KIND,
        detected_by="S4",
        patches=(patch_attribute(transfers, "receive_transfer_lines", forget_received_units),),
        scenario=a_transfer_is_received_twice,
    ),
)
