"""Tenders, drawers and books, to the last unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import collect as at_the_door
from chalicelib.kit.money import Money
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment
from chalicelib.orders import place as placing
from chalicelib.payments import collect as collecting
from chalicelib.payments import handover as handing
from chalicelib.payments import post
from chalicelib.payments import shift as drawers
from chalicelib.payments.model import Posting
from tests.shop import CUP, TEAPOT, TRAY, who
from tests.verification.simulator.bugs.bug import Bug, answers, instead, swap
from tests.verification.simulator.bugs.scene import CASH, CREDIT, MAKMUR, TRANSFER, Scene
from tests.verification.simulator.bugs.shop import AGUS, BUDI, LIA, MAYA, SINTA

KIND = "money"
ON_CREDIT: dict[str, Any] = {"by": LIA, "channel": "phone", "payments": CREDIT} | MAKMUR
AT_THE_TILL: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": CASH, "delivery": {"method": "handover"}}


def two_trays_are_ordered(scene: Scene) -> None:
    scene.heard((TRAY, 2))


def a_debt_is_paid(scene: Scene) -> None:
    scene.heard((TEAPOT, 1), **ON_CREDIT)
    collecting.collect(who(MAYA), "cus_makmur", Money(50_000, "IDR"), "transfer")


def cash_is_paid_at_the_door(scene: Scene) -> None:
    scene.bring(scene.heard((TRAY, 1)))


def a_bag_is_emptied(scene: Scene) -> None:
    scene.bring(scene.heard((TRAY, 1)))
    handing.hand_over(who(SINTA), f"cod:{AGUS}", None)


def a_drawer_is_a_coin_short(scene: Scene) -> None:
    shift = drawers.shift_store.shift_in_hand(BUDI)
    assert shift is not None
    drawers.count_shift(who(BUDI), shift.id, Money(99_000, "IDR"))
    drawers.close_shift(who(BUDI), shift.id, "a coin short")


def a_sale_at_the_till(scene: Scene) -> None:
    scene.heard((CUP, 2), **AT_THE_TILL)


def a_transfer_is_confirmed(scene: Scene) -> None:
    scene.confirm(scene.heard((TRAY, 2), payments=TRANSFER))


def a_transfer_becomes_cash(scene: Scene) -> None:
    confirm_payment.pay_in_cash(who(SINTA), scene.heard((TRAY, 2), payments=TRANSFER))


def a_transfer_comes_after_cash(scene: Scene) -> None:
    """And then the order is cancelled: what came in too much was owed back before."""
    order = scene.heard((TRAY, 2), payments=TRANSFER)
    confirm_payment.pay_in_cash(who(SINTA), order)
    scene.confirm(order)
    ending.cancel(who(LIA), order, "changed his mind")


def a_transfer_comes_after_cash_beside_a_debt(scene: Scene) -> None:
    """Half of the order is on account, and the other half was paid twice."""
    paying = [{"method": "credit", "amount": {"amount": 10_000, "currency": "IDR"}}, *TRANSFER]
    order = scene.heard((CUP, 2), **ON_CREDIT | {"payments": paying})
    confirm_payment.pay_in_cash(who(SINTA), order)
    scene.confirm(order, 1)


def a_unit_more(was: Callable[..., Any]) -> Callable[..., Any]:
    def captured(payment: Any, **who: Any) -> Any:
        return replace(was(payment, **who), captured=payment.amount + Money(1, payment.amount.currency))

    return captured


def the_sale_alone(order_id: str, whole: Money) -> tuple[Posting, ...]:
    return (Posting(f"order:{order_id}", whole.minor),)


def as_they_are(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Whether they balance or not."""
    return tuple(postings)


def the_other_way_round(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda before, after, at, head: was(before, replace(after, variance=-after.variance), at, head)


def all_that_came(whole: Money, listed: Any) -> int:
    return sum(payment.captured.minor - payment.refunded.minor for payment in listed)


def beside_its_account(was: Callable[..., Any]) -> Callable[..., Any]:
    """The debt stays with the customer in the books, whoever paid it."""

    def received(*said: Any) -> Any:
        event = was(*said)
        return replace(event, postings=(event.postings[0], Posting("opening", -event.amount_minor)))

    return received


def nameless(was: Callable[..., Any]) -> Callable[..., Any]:
    """The order does not learn which payments it has by now."""

    def changed(before: Any, **changes: Any) -> Any:
        return was(before, **{name: value for name, value in changes.items() if name != "payment_ids"})

    return changed


def kept_open(was: Callable[..., Any]) -> Callable[..., Any]:
    """The tender that was replaced by cash still stands for its amount."""
    return lambda payment, to: was(payment, to) and None


BUGS = (
    Bug(
        "a debt is paid and stays on the customer's account",
        KIND,
        by="M3",
        sown=(swap(collecting, "received", beside_its_account),),
        story=a_debt_is_paid,
    ),
    Bug(
        "a debt is paid and its tender does not hear of it",
        KIND,
        by="M3",
        sown=(swap(collecting, "tenders_settled", answers([])),),
        story=a_debt_is_paid,
    ),
    Bug(
        "a sale is booked on one side only",
        KIND,
        by="M4",
        sown=(swap(post, "sale", instead(the_sale_alone)), swap(post, "merged", instead(as_they_are))),
        story=two_trays_are_ordered,
    ),
    Bug(
        "cash from the door is in nobody's bag",
        KIND,
        by="M8",
        sown=(swap(at_the_door, "_into", answers(None)),),
        story=cash_is_paid_at_the_door,
    ),
    Bug(
        "cash is handed over and stays in its bag",
        KIND,
        by="M8",
        sown=(swap(handing.shift_store, "cash_out_of", answers(None)),),
        story=a_bag_is_emptied,
    ),
    Bug(
        "a coin too few is written down as one too many",
        KIND,
        by="M8",
        sown=(swap(drawers.shift_store, "close_shift", the_other_way_round),),
        story=a_drawer_is_a_coin_short,
    ),
    Bug(
        "a sale's cash does not go into the drawer",
        KIND,
        by="M8",
        sown=(swap(placing, "till_writes", answers([])),),
        story=a_sale_at_the_till,
    ),
    Bug(
        "a unit more comes in than was asked for",
        KIND,
        by="M2",
        sown=(swap(confirm_payment.pay, "captured", a_unit_more),),
        story=a_transfer_is_confirmed,
    ),
    Bug(
        "a transfer stays open beside the cash that replaced it",
        KIND,
        by="M2",
        sown=(swap(confirm_payment, "move_payment", kept_open),),
        story=a_transfer_becomes_cash,
    ),
    Bug(
        "an order does not know the cash that replaced its transfer",
        KIND,
        by="M2",
        sown=(swap(confirm_payment.store, "change_order", nameless),),
        story=a_transfer_becomes_cash,
    ),
    Bug(
        "what is owed back already is owed again at the order's end",
        KIND,
        by="M6",
        sown=(swap(post, "owed_at_end", instead(all_that_came)),),
        story=a_transfer_comes_after_cash,
    ),
    Bug(
        "late money is owed back whole while a debt for the same order stays open",
        KIND,
        by="M3",
        sown=(swap(confirm_payment.pay, "covering", answers([])),),
        story=a_transfer_comes_after_cash_beside_a_debt,
    ),
    Bug(
        "late money pays a debt and its customer's credit stays used",
        KIND,
        by="M3",
        sown=(swap(confirm_payment, "give_back_credit", answers(None)),),
        story=a_transfer_comes_after_cash_beside_a_debt,
    ),
)
