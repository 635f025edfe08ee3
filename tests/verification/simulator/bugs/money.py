"""Tenders, drawers and books, to the last unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import collect_cash as at_the_door
from chalicelib.kit.money import Money
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment
from chalicelib.orders import place as placing
from chalicelib.payments import collect as collecting
from chalicelib.payments import handover as handing
from chalicelib.payments import postings
from chalicelib.payments import shift as drawers
from chalicelib.payments.model import Posting
from tests.shop import CUP, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import CASH, CREDIT, MAKMUR, TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import AGUS, BUDI, LIA, MAYA, SINTA

KIND = "money"
ON_CREDIT: dict[str, Any] = {"by": LIA, "channel": "phone", "payments": CREDIT} | MAKMUR
AT_THE_TILL: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": CASH, "delivery": {"method": "handover"}}


def two_trays_are_ordered(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 2))


def a_receivable_is_collected(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TEAPOT, 1), **ON_CREDIT)
    collecting.collect(principal_of(MAYA), "cus_makmur", Money(50_000, "IDR"), "transfer")


def cash_is_collected_on_delivery(scene: ScenarioDriver) -> None:
    scene.fulfill(scene.place_and_handle((TRAY, 1)))


def a_courier_hands_over_cash(scene: ScenarioDriver) -> None:
    scene.fulfill(scene.place_and_handle((TRAY, 1)))
    handing.hand_over(principal_of(SINTA), f"cod:{AGUS}", None)


def a_shift_is_counted_short(scene: ScenarioDriver) -> None:
    shift = drawers.shift_store.find_unclosed_shift(BUDI)
    assert shift is not None
    drawers.count_shift(principal_of(BUDI), shift.id, Money(99_000, "IDR"))
    drawers.close_shift(principal_of(BUDI), shift.id, "a coin short")


def a_sale_at_the_till(scene: ScenarioDriver) -> None:
    scene.place_and_handle((CUP, 2), **AT_THE_TILL)


def a_transfer_is_confirmed(scene: ScenarioDriver) -> None:
    scene.confirm(scene.place_and_handle((TRAY, 2), payments=TRANSFER))


def a_transfer_is_replaced_by_cash(scene: ScenarioDriver) -> None:
    confirm_payment.pay_in_cash(principal_of(SINTA), scene.place_and_handle((TRAY, 2), payments=TRANSFER))


def a_transfer_comes_after_cash(scene: ScenarioDriver) -> None:
    """And then the order is cancelled: what came in too much was owed back before."""
    order = scene.place_and_handle((TRAY, 2), payments=TRANSFER)
    confirm_payment.pay_in_cash(principal_of(SINTA), order)
    scene.confirm(order)
    ending.cancel(principal_of(LIA), order, "changed his mind")


def a_transfer_comes_after_cash_on_a_partly_credited_order(scene: ScenarioDriver) -> None:
    """Half of the order is on account, and the other half was paid twice."""
    paying = [{"method": "credit", "amount": {"amount": 10_000, "currency": "IDR"}}, *TRANSFER]
    order = scene.place_and_handle((CUP, 2), **ON_CREDIT | {"payments": paying})
    confirm_payment.pay_in_cash(principal_of(SINTA), order)
    scene.confirm(order, 1)


def capture_one_unit_more(was: Callable[..., Any]) -> Callable[..., Any]:
    def captured(payment: Any, **who: Any) -> Any:
        return replace(was(payment, **who), captured=payment.amount + Money(1, payment.amount.currency))

    return captured


def post_one_side(order_id: str, whole: Money) -> tuple[Posting, ...]:
    return (Posting(f"order:{order_id}", whole.minor),)


def skip_balance_check(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Whether they balance or not."""
    return tuple(postings)


def negate_variance(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda before, after, at, head: was(before, replace(after, variance=-after.variance), at, head)


def refund_everything(whole: Money, listed: Any) -> int:
    return sum(payment.captured.minor - payment.refunded.minor for payment in listed)


def post_to_opening_account(was: Callable[..., Any]) -> Callable[..., Any]:
    """The debt stays with the customer in the books, whoever paid it."""

    def received(*said: Any) -> Any:
        event = was(*said)
        return replace(event, postings=(event.postings[0], Posting("opening", -event.amount_minor)))

    return received


def drop_payment_ids(was: Callable[..., Any]) -> Callable[..., Any]:
    """The order does not learn which payments it has by now."""

    def changed(before: Any, **changes: Any) -> Any:
        return was(before, **{name: value for name, value in changes.items() if name != "payment_ids"})

    return changed


def leave_open(was: Callable[..., Any]) -> Callable[..., Any]:
    """The tender that was replaced by cash still stands for its amount."""
    return lambda payment, to: was(payment, to) and None


BUGS = (
    Bug(
        "a debt is paid and stays on the customer's account",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(collecting, "build_collection_event", post_to_opening_account),),
        scenario=a_receivable_is_collected,
    ),
    Bug(
        "a debt is paid and its tender does not hear of it",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(collecting, "settle_payments", always_return([])),),
        scenario=a_receivable_is_collected,
    ),
    Bug(
        "a sale is booked on one side only",
        KIND,
        detected_by="M4",
        patches=(
            patch_attribute(postings, "build_sale", replace_with(post_one_side)),
            patch_attribute(postings, "merge_postings", replace_with(skip_balance_check)),
        ),
        scenario=two_trays_are_ordered,
    ),
    Bug(
        "cash from the door is in nobody's bag",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(at_the_door, "_cash_write", always_return(None)),),
        scenario=cash_is_collected_on_delivery,
    ),
    Bug(
        "cash is handed over and stays in its bag",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(handing.shift_store, "remove_cash", always_return(None)),),
        scenario=a_courier_hands_over_cash,
    ),
    Bug(
        "a coin too few is written down as one too many",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(drawers.shift_store, "close_shift", negate_variance),),
        scenario=a_shift_is_counted_short,
    ),
    Bug(
        "a sale's cash does not go into the drawer",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(placing, "build_till_writes", always_return([])),),
        scenario=a_sale_at_the_till,
    ),
    Bug(
        "a unit more comes in than was asked for",
        KIND,
        detected_by="M2",
        patches=(patch_attribute(confirm_payment.lifecycle, "capture", capture_one_unit_more),),
        scenario=a_transfer_is_confirmed,
    ),
    Bug(
        "a transfer stays open beside the cash that replaced it",
        KIND,
        detected_by="M2",
        patches=(patch_attribute(confirm_payment, "transition_payment", leave_open),),
        scenario=a_transfer_is_replaced_by_cash,
    ),
    Bug(
        "an order does not know the cash that replaced its transfer",
        KIND,
        detected_by="M2",
        patches=(patch_attribute(confirm_payment.store, "change_order", drop_payment_ids),),
        scenario=a_transfer_is_replaced_by_cash,
    ),
    Bug(
        "what is owed back already is owed again at the order's end",
        KIND,
        detected_by="M6",
        patches=(patch_attribute(postings, "refund_owed_minor", replace_with(refund_everything)),),
        scenario=a_transfer_comes_after_cash,
    ),
    Bug(
        "late money is owed back whole while a debt for the same order stays open",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(confirm_payment.lifecycle, "choose_payments_to_cover", always_return([])),),
        scenario=a_transfer_comes_after_cash_on_a_partly_credited_order,
    ),
    Bug(
        "late money pays a debt and its customer's credit stays used",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(confirm_payment, "release_credit", always_return(None)),),
        scenario=a_transfer_comes_after_cash_on_a_partly_credited_order,
    ),
)
