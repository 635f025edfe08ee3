"""Asked twice, heard twice, done once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import dispatch as dispatching
from chalicelib.fulfillment import fail as failing
from chalicelib.fulfillment import offer as offering
from chalicelib.fulfillment.events import HEARD
from chalicelib.fulfillment.goods import bring_back, issue
from chalicelib.fulfillment.model import WorkDispatched, WorkFailed
from chalicelib.fulfillment.step import StepChange, take_step
from chalicelib.fulfillment.step import scene as look_at
from chalicelib.fulfillment.store import load_case
from chalicelib.kit import requests
from chalicelib.kit.money import Money
from chalicelib.kit.requests import AlreadyAnswered, KeyReused
from chalicelib.orders import confirm_payment
from chalicelib.payments import collect as collecting
from chalicelib.payments import handover as handing
from chalicelib.payments import shift as drawers
from chalicelib.stock import move as moving
from chalicelib.stock import transfer as transfers
from tests.client import call
from tests.shop import CUP, TRAY, an_order, who
from tests.verification.simulator.bugs.bug import FORGETFUL, Bug, answers, entry, instead, swap
from tests.verification.simulator.bugs.scene import CREDIT, MAKMUR, TRANSFER, Scene
from tests.verification.simulator.bugs.shop import AGUS, BUDI, JOKO, MAYA, RATNA, SINTA

KIND = "idempotency"


def goods_come_in_and_the_reply_is_lost(scene: Scene) -> None:
    by = who(JOKO)
    scene.answers_alike(JOKO, lambda asked: moving.receive(by, "wh-surabaya", {CUP: 5}, "bought", asked))


def a_debtor_pays_and_the_reply_is_lost(scene: Scene) -> None:
    scene.heard((CUP, 4), by="agent-lia", channel="phone", payments=CREDIT, **MAKMUR)
    by, ten = who(MAYA), Money(10_000, "IDR")
    scene.answers_alike(MAYA, lambda asked: collecting.collect(by, "cus_makmur", ten, "transfer", asked))


def a_bag_gives_a_part_and_the_reply_is_lost(scene: Scene) -> None:
    scene.bring(scene.heard((TRAY, 1)))
    ten = Money(10_000, "IDR")
    scene.answers_alike(SINTA, lambda asked: handing.hand_over(who(SINTA), f"cod:{AGUS}", ten, asked))


def a_drawer_is_counted_and_the_reply_is_lost(scene: Scene) -> None:
    by, float_ = who(BUDI), Money(100_000, "IDR")
    shift = drawers.shift_store.shift_in_hand(BUDI)
    assert shift is not None
    scene.answers_alike(BUDI, lambda asked: drawers.count_shift(by, shift.id, float_, asked))
    scene.holds("counted once", len(drawers.journal.history(f"shift#{shift.id}")) == 2)


def a_key_comes_again_with_another_cart(scene: Scene) -> None:
    for quantity in (1, 2):
        answer = call("POST", "/api/orders", an_order((CUP, quantity)), key="a-key-of-sixteen-letters")
        last = answer.json.get("error", answer.json)
    scene.holds(KeyReused.__name__, last.get("code") == KeyReused().code)


def an_order_is_heard_of_twice(scene: Scene) -> None:
    scene.heard((TRAY, 2))


def money_is_confirmed_twice(scene: Scene) -> None:
    order = scene.heard((CUP, 4), payments=TRANSFER)
    scene.confirm(order)
    scene.confirm(order)


def goods_go_out_twice(scene: Scene) -> None:
    """Another order's units are still promised there, so the shelf itself does not object."""
    order, _ = scene.heard((TRAY, 1)), scene.heard((TRAY, 3))
    scene.bring(order, until="dispatch")
    scene.step(order, "dispatch", by=AGUS)


def goods_come_back_twice(scene: Scene) -> None:
    order = scene.heard((TRAY, 2))
    scene.bring(order, until="dispatch")
    scene.step(order, "fail", by=AGUS, reason="nobody at home")
    for _ in "again":
        scene.step(order, "fail", by=AGUS, reason="moved away", back=True)


def a_load_arrives_twice(scene: Scene) -> None:
    sent = transfers.send(who(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")
    transfers.receive(who(RATNA), sent["id"], {CUP: 2})
    transfers.receive(who(RATNA), sent["id"], {CUP: 1})


def assigned_to_all_who_hear(told: Any) -> None:
    case = load_case(told.subject.removeprefix("order#"))
    offering.assign_and_offer(case)


def confirmed_again(principal: Any, payment_id: str) -> Any:
    change, payment = confirm_payment._load(principal, payment_id)
    after = replace(payment, status="captured", captured=payment.amount, version=payment.version + 1)
    return confirm_payment.capture(change, confirm_payment.PaymentChange(payment, after))


def dispatched_again(principal: Any, fulfillment_id: str) -> Any:
    at = look_at(principal, fulfillment_id)
    after = replace(at.work, status="in_transit", version=at.work.version + 1)
    goods = issue(at.work.pieces)
    return take_step(at, after, WorkDispatched(*at.ids, movements=goods.movements), StepChange(goods))


def brought_back_again(principal: Any, fulfillment_id: str, reason: str, back: bool = False) -> Any:
    at = look_at(principal, fulfillment_id)
    to = "back_at_location" if back else "failed_attempt"
    after = replace(at.work, status=to, version=at.work.version + 1)
    goods = bring_back(at.work.pieces) if back else failing.Effect()
    return take_step(at, after, WorkFailed(*at.ids, reason, back, movements=goods.movements), StepChange(goods))


def forgotten(was: Any) -> Any:
    return lambda transfer, came: replace(transfer, status="partially_received")


BUGS = (
    Bug(
        "an order is placed again when its reply was lost",
        KIND,
        by="O4",
        sown=(swap(requests, "remember", answers(None)),),
    ),
    Bug(
        "goods are taken in again when the reply was lost",
        KIND,
        by="O4",
        sown=(swap(moving, "requests", instead(FORGETFUL)),),
        story=goods_come_in_and_the_reply_is_lost,
    ),
    Bug(
        "a debtor's money is booked again when the reply was lost",
        KIND,
        by="O4",
        sown=(swap(collecting, "requests", instead(FORGETFUL)),),
        story=a_debtor_pays_and_the_reply_is_lost,
    ),
    Bug(
        "a bag's money is taken again when the reply was lost",
        KIND,
        by="O4",
        sown=(swap(handing, "requests", instead(FORGETFUL)),),
        story=a_bag_gives_a_part_and_the_reply_is_lost,
    ),
    Bug(
        "a drawer is counted again when the reply was lost",
        KIND,
        by="counted once",
        sown=(swap(drawers, "requests", instead(FORGETFUL)),),
        story=a_drawer_is_counted_and_the_reply_is_lost,
    ),
    Bug(
        "another cart under a key gets the first one's answer",
        KIND,
        by="KeyReused",
        sown=(swap(requests, "repeat_of", lambda was: lambda asked, found: AlreadyAnswered({"id": "ord_first"})),),
        story=a_key_comes_again_with_another_cart,
    ),
    Bug(
        "whoever hears of an order twice sends two to bring it",
        KIND,
        by="S6",
        sown=(
            entry(HEARD, "OrderPlaced", assigned_to_all_who_hear),
            swap(offering, "keep_decision", answers(None)),
        ),
        story=an_order_is_heard_of_twice,
    ),
    Bug(
        "money confirmed twice is booked twice",
        KIND,
        by="M7",
        sown=(swap(confirm_payment, "confirm", instead(confirmed_again)),),
        story=money_is_confirmed_twice,
    ),
    Bug(
        "goods that are out are issued again",
        KIND,
        by="S6",
        sown=(swap(dispatching, "dispatch", instead(dispatched_again)),),
        story=goods_go_out_twice,
    ),
    Bug(
        "goods come back into stock as often as somebody says so",
        KIND,
        by="S4",
        sown=(swap(failing, "fail", instead(brought_back_again)),),
        story=goods_come_back_twice,
    ),
    Bug(
        "what arrived of a load stays on its way",
        KIND,
        by="S4",
        sown=(swap(transfers, "receive_into", forgotten),),
        story=a_load_arrives_twice,
    ),
)
