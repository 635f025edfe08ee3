"""Time runs out while money is on its way: holds, offers and orders that end, and what comes after their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import expire as expiring
from chalicelib.fulfillment.model import Offer, OfferEnded
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment, context, events
from chalicelib.payments.model import Posting
from chalicelib.stock.model import allocated
from tests.shop import CUP, RARE, TEAPOT, TRAY, who
from tests.verification.simulator.bugs.bug import Bug, answers, instead, swap
from tests.verification.simulator.bugs.scene import TRANSFER, Scene
from tests.verification.simulator.bugs.shop import BUDI, LIA

KIND = "expiry"
A_DAY = 24 * 60


def the_next_buyer_comes_after_the_end(scene: Scene) -> None:
    scene.heard((RARE, 2), payments=TRANSFER)
    scene.pass_time(A_DAY + 10)
    scene.serves(lambda: scene.order((RARE, 2)))


def the_next_buyer_comes_before_the_end(scene: Scene) -> None:
    scene.heard((RARE, 2), payments=TRANSFER)
    try:
        scene.order((RARE, 2))
    except AssertionError:
        return  # a refusal, and that is right


def money_comes_when_the_goods_are_gone(scene: Scene) -> None:
    order = scene.heard((RARE, 2), payments=TRANSFER)
    scene.pass_time(A_DAY + 10)
    scene.heard((RARE, 2))
    scene.confirm(order)


def money_comes_when_a_part_of_the_goods_is_gone(scene: Scene) -> None:
    """What is gone is there again elsewhere, so the order goes on with other units."""
    order = scene.heard((RARE, 1), (CUP, 5), payments=TRANSFER)
    scene.pass_time(A_DAY + 10)
    scene.heard((RARE, 1))
    scene.confirm(order)


def money_comes_in_time(scene: Scene) -> None:
    order = scene.heard((TRAY, 2), payments=TRANSFER)
    scene.confirm(order)


def money_comes_after_the_order_ended(scene: Scene) -> None:
    order = scene.heard((TRAY, 2), payments=TRANSFER)
    scene.pass_time(A_DAY + 10)
    scene.minute()
    scene.confirm(order)


def a_proof_waits_for_us(scene: Scene) -> None:
    order = scene.heard((TRAY, 2), payments=TRANSFER)
    confirm_payment.submit_proof(who(LIA), scene.payments(order)[0].id, "TRF 1")
    scene.pass_time(A_DAY + 10)
    scene.minute()
    scene.holds("a proof is looked at first", scene.case(order).order.status == "placed")


def the_clock_comes_by_early(scene: Scene) -> None:
    scene.heard((TRAY, 2), payments=TRANSFER)
    scene.pass_time(60)
    events.expire_unpaid()


def the_clock_comes_by_in_an_offer_s_time(scene: Scene) -> None:
    scene.heard((TEAPOT, 2))
    scene.pass_time(2)
    scene.minute()


def a_salesman_claims_too_late(scene: Scene) -> None:
    order = scene.heard((TEAPOT, 2))
    scene.pass_time(11)
    scene.refuses(OfferEnded, lambda: claiming.claim(BUDI, scene.offer(order)))


def the_clock_comes_by_late(scene: Scene) -> None:
    scene.heard((TEAPOT, 2))
    scene.heard((TRAY, 2), payments=TRANSFER)
    scene.pass_time(A_DAY + 10)
    scene.minute()


def two_days_ahead(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda places, now: was(places, now + timedelta(days=2))


def booked_as_a_sale(payment: Any, covered: Any) -> Any:
    return Posting("bank", payment.captured.minor), Posting("sales", -payment.captured.minor)


def what_is_kept_only(order: Any, now: Any) -> Any:
    holds = confirm_payment.holds_of(order.id, order.pieces, order.reserved_until)
    movements = [move(hold.piece) for hold in holds for move in (confirm_payment.released_hold, allocated)]
    return confirm_payment.Allocated(order.pieces, movements, [confirm_payment.drop_hold(hold) for hold in holds])


def beside_its_hold(order: Any, now: Any) -> Any:
    return confirm_payment.Allocated(order.pieces, [allocated(piece) for piece in order.pieces], [])


def as_if_nothing_was_sent(was: Callable[..., Any]) -> Callable[..., Any]:
    def loaded(ids: Any) -> Any:
        return [replace(one, status="awaiting_proof") for one in was(ids)]

    return loaded


def ended_at_once(was: Callable[..., Any]) -> Callable[..., Any]:
    def expire(order_id: str, now: Any) -> bool:
        order = ending.store.load(order_id)
        assert order is not None
        change = ending.OrderChange(order, ending.load_payments(order.payment_ids), ending.CLOCK, now)
        ending._end_order(change, ending.CancelCause.PAYMENT_EXPIRED)
        return True

    return expire


def all_that_wait(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda now: was(now + timedelta(days=30))


def whatever_the_time(was: Callable[..., Any]) -> Callable[..., Any]:
    def claimed(offer: Any, staff: str, now: Any) -> Any:
        return replace(offer, status="claimed", claimed_by=staff, version=offer.version + 1)

    return claimed


def long_before(was: Callable[..., Any]) -> Callable[..., Any]:
    """The row is asked as well, and agrees when asked about an earlier time."""
    return lambda before, after, now: was(before, after, now - timedelta(days=1))


BUGS = (
    Bug(
        "a hold that ended refuses the next buyer until somebody deletes it",
        KIND,
        by="the buyer is served",
        sown=(swap(context, "lapsed_holds", answers([])),),
        story=the_next_buyer_comes_after_the_end,
    ),
    Bug(
        "a clock that runs ahead takes a hold from under its owner",
        KIND,
        by="S3",
        sown=(swap(context, "lapsed_holds", two_days_ahead),),
        story=the_next_buyer_comes_before_the_end,
    ),
    Bug(
        "late money for an ended order is booked as a sale and never owed back",
        KIND,
        by="M6",
        sown=(swap(confirm_payment.post, "late", instead(booked_as_a_sale)),),
        story=money_comes_after_the_order_ended,
    ),
    Bug(
        "an order is paid whose goods went to another",
        KIND,
        by="S3",
        sown=(swap(confirm_payment, "allocate_holds", instead(what_is_kept_only)),),
        story=money_comes_when_the_goods_are_gone,
    ),
    Bug(
        "the hold of a paid order stays beside its allocation",
        KIND,
        by="S3",
        sown=(swap(confirm_payment, "allocate_holds", instead(beside_its_hold)),),
        story=money_comes_in_time,
    ),
    Bug(
        "an order is ended though its proof waits for us",
        KIND,
        by="a proof is looked at first",
        sown=(swap(ending, "load_payments", as_if_nothing_was_sent),),
        story=a_proof_waits_for_us,
    ),
    Bug(
        "an order is ended before its time to pay is over",
        KIND,
        by="O1",
        sown=(swap(events.store, "waiting_until", all_that_wait), swap(ending, "expire", ended_at_once)),
        story=the_clock_comes_by_early,
    ),
    Bug(
        "an offer runs out before its end",
        KIND,
        by="O1",
        sown=(
            swap(Offer, "is_due", instead(lambda offer, now: offer.status == "open")),
            swap(expiring, "due_offers", all_that_wait),
        ),
        story=the_clock_comes_by_in_an_offer_s_time,
    ),
    Bug(
        "an offer is won after its end",
        KIND,
        by="O1",
        sown=(swap(claiming, "claimed", whatever_the_time), swap(claiming, "win_offer", long_before)),
        story=a_salesman_claims_too_late,
    ),
    Bug(
        "the clock passes over orders that wait",
        KIND,
        by="O7",
        sown=(swap(events.store, "waiting_until", answers([])),),
        story=the_clock_comes_by_late,
    ),
    Bug(
        "the tenders of a dead order stay open",
        KIND,
        by="M6",
        sown=(swap(ending, "end_payments", answers([])),),
    ),
)
