"""News that somebody has to hear and nobody tells him, and notices that nobody asks about again."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment import claim as claiming
from chalicelib.kit import db
from chalicelib.kit.db import Write
from chalicelib.notify import deliver, escalate
from chalicelib.notify.model import NOTICES
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment
from chalicelib.stock import transfer as transfers
from tests.shop import CUP, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, patch_item
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import BUDI, JOKO, LIA

KIND = "notifications"


def an_order_is_placed(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 1))


def a_salesman_claims(scene: ScenarioDriver) -> None:
    claiming.claim(BUDI, scene.last_offer_id(scene.place_and_handle((TEAPOT, 2))))


def a_transfer_arrives(scene: ScenarioDriver) -> None:
    scene.confirm(scene.place_and_handle((TRAY, 1), payments=TRANSFER))


def an_order_is_cancelled(scene: ScenarioDriver) -> None:
    ending.cancel(principal_of(LIA), scene.place_and_handle((TRAY, 1)), "changed his mind")


def no_location_can_fulfill(scene: ScenarioDriver) -> None:
    """Everything there is stands in one house, which does not find it."""
    order = scene.place_and_handle((TEAPOT, 9))
    scene.step(order, "accept", by=JOKO)
    scene.step(order, "reject", by=JOKO, reason="not_found")


def an_order_is_delivered(scene: ScenarioDriver) -> None:
    scene.fulfill(scene.place_and_handle((TRAY, 1)))


def a_proof_is_sent(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 1), payments=TRANSFER)
    confirm_payment.submit_proof(principal_of(LIA), scene.payments(order)[0].id, "TRF 1")


def a_load_is_sent(scene: ScenarioDriver) -> None:
    transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")


def no_one_answers(scene: ScenarioDriver) -> None:
    """Neither the warehouse at once nor whoever is asked after it."""
    scene.place_and_handle((TRAY, 1))
    for _ in range(3):
        scene.pass_time(6)
        scene.run_scheduled_jobs()


def salesmen_are_invited(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TEAPOT, 2))


def settle_when_sent(attempt: Any, status: str) -> bool:
    return status == "sent"


def escalate_without_message(message: Any, rung: Write) -> list[Any]:
    db.commit([rung])
    return []


def drop_notice(kind: str, story: Any, says: str) -> Bug:
    return Bug(says, KIND, detected_by="N1", patches=(patch_item(NOTICES, kind, ()),), scenario=story)


BUGS = (
    drop_notice("OrderPlaced", an_order_is_placed, "who ordered is not told so"),
    drop_notice("OfferClaimed", a_salesman_claims, "a claim is not told to whoever stands down for it"),
    drop_notice("PaymentCaptured", a_transfer_arrives, "who paid is not told that it arrived"),
    drop_notice("OrderCancelled", an_order_is_cancelled, "a customer is not told that his order ended"),
    drop_notice("OrderStranded", no_location_can_fulfill, "the owner is not told of what nobody can bring"),
    drop_notice("ProofSubmitted", a_proof_is_sent, "finance is not told that a proof waits"),
    drop_notice("WorkDelivered", an_order_is_delivered, "a customer is not told that his goods came"),
    drop_notice("TransferSent", a_load_is_sent, "a house is not told of the load that comes"),
    Bug(
        "nobody is reminded of what he has not answered",
        KIND,
        detected_by="N1",
        patches=(patch_attribute(escalate, "escalate_notice", always_return(None)),),
        scenario=no_one_answers,
    ),
    Bug(
        "what was sent is taken for answered",
        KIND,
        detected_by="N1",
        patches=(patch_attribute(deliver, "is_settled", lambda was: settle_when_sent),),
        scenario=salesmen_are_invited,
    ),
    Bug(
        "the owner does not hear that nobody answers",
        KIND,
        detected_by="N1",
        patches=(patch_attribute(deliver, "notify_owner", lambda was: escalate_without_message),),
        scenario=no_one_answers,
    ),
)
