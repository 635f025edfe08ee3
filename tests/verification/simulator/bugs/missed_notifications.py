"""Notifications that are not sent, reminders that are skipped, and escalations that do not reach the owner."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment import claim as claiming
from chalicelib.kit import db
from chalicelib.kit.db import Write
from chalicelib.notify import deliver, escalate
from chalicelib.notify.model import NOTICES
from chalicelib.orders import cancel as cancelling
from chalicelib.orders import confirm_payment
from chalicelib.stock import transfer as transfers
from tests.shop import CUP, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, patch_item
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import BUDI, JOKO, LIA

KIND = "notifications"


def an_order_is_placed(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 1))


def a_salesman_claims(driver: ScenarioDriver) -> None:
    claiming.claim(BUDI, driver.last_offer_id(driver.place_and_handle((TEAPOT, 2))))


def a_transfer_arrives(driver: ScenarioDriver) -> None:
    driver.confirm(driver.place_and_handle((TRAY, 1), payments=TRANSFER))


def an_order_is_cancelled(driver: ScenarioDriver) -> None:
    cancelling.cancel(principal_of(LIA), driver.place_and_handle((TRAY, 1)), "changed their mind")


def no_location_can_fulfill(driver: ScenarioDriver) -> None:
    """All units are at one location, whose staff cannot find them."""
    order = driver.place_and_handle((TEAPOT, 9))
    driver.step(order, "accept", by=JOKO)
    driver.step(order, "reject", by=JOKO, reason="not_found")


def an_order_is_delivered(driver: ScenarioDriver) -> None:
    driver.fulfill(driver.place_and_handle((TRAY, 1)))


def a_proof_is_sent(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 1), payments=TRANSFER)
    confirm_payment.submit_proof(principal_of(LIA), driver.payments(order)[0].id, "TRF 1")


def a_transfer_is_sent(driver: ScenarioDriver) -> None:
    transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")


def no_one_answers(driver: ScenarioDriver) -> None:
    """Neither the warehouse nor anyone notified after it."""
    driver.place_and_handle((TRAY, 1))
    for _ in range(3):
        driver.pass_time(6)
        driver.run_scheduled_jobs()


def salesmen_are_invited(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TEAPOT, 2))


def settle_when_sent(attempt: Any, status: str) -> bool:
    return status == "sent"


def escalate_without_message(message: Any, escalation_write: Write) -> list[Any]:
    db.commit([escalation_write])
    return []


def drop_notice(kind: str, scenario: Any, description: str) -> Bug:
    return Bug(description, KIND, detected_by="N1", patches=(patch_item(NOTICES, kind, ()),), scenario=scenario)


BUGS = (
    drop_notice("OrderPlaced", an_order_is_placed, "a customer is not notified of the placed order"),
    drop_notice("OfferClaimed", a_salesman_claims, "the warehouse is not notified of the claim that replaces it"),
    drop_notice("PaymentCaptured", a_transfer_arrives, "a customer is not notified of the received payment"),
    drop_notice("OrderCancelled", an_order_is_cancelled, "a customer is not notified of the cancelled order"),
    drop_notice("OrderStranded", no_location_can_fulfill, "the owner is not notified of a stranded order"),
    drop_notice("ProofSubmitted", a_proof_is_sent, "finance is not notified of a submitted proof"),
    drop_notice("WorkDelivered", an_order_is_delivered, "a customer is not notified of the delivery"),
    drop_notice("TransferSent", a_transfer_is_sent, "a store is not notified of an incoming transfer"),
    Bug(
        "no reminder is sent for an unanswered notice",
        KIND,
        detected_by="N1",
        patches=(patch_attribute(escalate, "escalate_notice", always_return(None)),),
        scenario=no_one_answers,
    ),
    Bug(
        "a sent notice counts as answered",
        KIND,
        detected_by="N1",
        patches=(patch_attribute(deliver, "is_settled", lambda original: settle_when_sent),),
        scenario=salesmen_are_invited,
    ),
    Bug(
        "the owner is not notified of an unanswered notice",
        KIND,
        detected_by="N1",
        patches=(patch_attribute(deliver, "notify_owner", lambda original: escalate_without_message),),
        scenario=no_one_answers,
    ),
)
