"""News that somebody has to hear and nobody tells him, and notices that nobody asks about again."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment import claim as claiming
from chalicelib.kit import db
from chalicelib.kit.db import Write
from chalicelib.notify import escalate, tell
from chalicelib.notify.model import NOTICES
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment
from chalicelib.stock import transfer as transfers
from tests.shop import CUP, TEAPOT, TRAY, who
from tests.verification.simulator.bugs.bug import Bug, answers, entry, swap
from tests.verification.simulator.bugs.scene import TRANSFER, Scene
from tests.verification.simulator.bugs.shop import BUDI, JOKO, LIA

KIND = "notifications"


def an_order_is_placed(scene: Scene) -> None:
    scene.heard((TRAY, 1))


def a_salesman_claims(scene: Scene) -> None:
    claiming.claim(BUDI, scene.offer(scene.heard((TEAPOT, 2))))


def a_transfer_arrives(scene: Scene) -> None:
    scene.confirm(scene.heard((TRAY, 1), payments=TRANSFER))


def an_order_is_cancelled(scene: Scene) -> None:
    ending.cancel(who(LIA), scene.heard((TRAY, 1)), "changed his mind")


def nobody_can_bring_it(scene: Scene) -> None:
    """Everything there is stands in one house, which does not find it."""
    order = scene.heard((TEAPOT, 9))
    scene.step(order, "accept", by=JOKO)
    scene.step(order, "reject", by=JOKO, reason="not_found")


def an_order_is_delivered(scene: Scene) -> None:
    scene.bring(scene.heard((TRAY, 1)))


def a_proof_is_sent(scene: Scene) -> None:
    order = scene.heard((TRAY, 1), payments=TRANSFER)
    confirm_payment.submit_proof(who(LIA), scene.payments(order)[0].id, "TRF 1")


def a_load_is_sent(scene: Scene) -> None:
    transfers.send(who(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")


def nobody_answers(scene: Scene) -> None:
    """Neither the warehouse at once nor whoever is asked after it."""
    scene.heard((TRAY, 1))
    for _ in range(3):
        scene.pass_time(6)
        scene.minute()


def salesmen_are_asked(scene: Scene) -> None:
    scene.heard((TEAPOT, 2))


def laid_aside(attempt: Any, status: str) -> bool:
    return status == "sent"


def climbed_alone(message: Any, rung: Write) -> list[Any]:
    db.commit([rung])
    return []


def untold(kind: str, story: Any, says: str) -> Bug:
    return Bug(says, KIND, by="N1", sown=(entry(NOTICES, kind, ()),), story=story)


BUGS = (
    untold("OrderPlaced", an_order_is_placed, "who ordered is not told so"),
    untold("OfferClaimed", a_salesman_claims, "a claim is not told to whoever stands down for it"),
    untold("PaymentCaptured", a_transfer_arrives, "who paid is not told that it arrived"),
    untold("OrderCancelled", an_order_is_cancelled, "a customer is not told that his order ended"),
    untold("OrderStranded", nobody_can_bring_it, "the owner is not told of what nobody can bring"),
    untold("ProofSubmitted", a_proof_is_sent, "finance is not told that a proof waits"),
    untold("WorkDelivered", an_order_is_delivered, "a customer is not told that his goods came"),
    untold("TransferSent", a_load_is_sent, "a house is not told of the load that comes"),
    Bug(
        "nobody is reminded of what he has not answered",
        KIND,
        by="N1",
        sown=(swap(escalate, "remind", answers(None)),),
        story=nobody_answers,
    ),
    Bug(
        "what was sent is taken for answered",
        KIND,
        by="N1",
        sown=(swap(tell, "settles", lambda was: laid_aside),),
        story=salesmen_are_asked,
    ),
    Bug(
        "the owner does not hear that nobody answers",
        KIND,
        by="N1",
        sown=(swap(tell, "tell_owner", lambda was: climbed_alone),),
        story=nobody_answers,
    ),
)
