"""Payments, tills and postings that are off by an amount."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import cancel_lines as cancelling_lines
from chalicelib.fulfillment import collect_cash as collecting_cash
from chalicelib.fulfillment import order_reduction
from chalicelib.fulfillment.stock_effects import StockEffect
from chalicelib.kit.money import Money
from chalicelib.orders import cancel as cancelling
from chalicelib.orders import confirm_payment
from chalicelib.orders import place as placing
from chalicelib.payments import collect as collecting
from chalicelib.payments import handover as handing_over
from chalicelib.payments import postings
from chalicelib.payments import shift as shifts
from chalicelib.payments.model import Posting
from tests.shop import CUP, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import CASH, CREDIT, MAKMUR, TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import AGUS, BUDI, LIA, MAYA, SINTA

KIND = "money"
ON_CREDIT: dict[str, Any] = {"by": LIA, "channel": "phone", "payments": CREDIT} | MAKMUR
AT_COUNTER: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": CASH, "delivery": {"method": "handover"}}


def two_trays_are_ordered(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 2))


def a_receivable_is_collected(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TEAPOT, 1), **ON_CREDIT)
    collecting.collect(principal_of(MAYA), "cus_makmur", Money(50_000, "IDR"), "transfer")


def cash_is_collected_on_delivery(driver: ScenarioDriver) -> None:
    driver.fulfill(driver.place_and_handle((TRAY, 1)))


def a_courier_hands_over_cash(driver: ScenarioDriver) -> None:
    driver.fulfill(driver.place_and_handle((TRAY, 1)))
    handing_over.hand_over(principal_of(SINTA), f"cod:{AGUS}", None)


def a_shift_is_counted_short(driver: ScenarioDriver) -> None:
    shift = shifts.shift_store.find_unclosed_shift(BUDI)
    assert shift is not None
    shifts.count_shift(principal_of(BUDI), shift.id, Money(99_000, "IDR"))
    shifts.close_shift(principal_of(BUDI), shift.id, "a coin short")


def a_sale_at_the_till(driver: ScenarioDriver) -> None:
    driver.place_and_handle((CUP, 2), **AT_COUNTER)


def a_transfer_is_confirmed(driver: ScenarioDriver) -> None:
    driver.confirm(driver.place_and_handle((TRAY, 2), payments=TRANSFER))


def a_transfer_is_replaced_by_cash(driver: ScenarioDriver) -> None:
    confirm_payment.pay_in_cash(principal_of(SINTA), driver.place_and_handle((TRAY, 2), payments=TRANSFER))


def a_unit_bought_on_credit_is_cancelled(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2), **ON_CREDIT)
    cancelling_lines.cancel_lines(principal_of(LIA), order, {TEAPOT: 1}, "too many")


def a_transfer_comes_after_cash(driver: ScenarioDriver) -> None:
    """Then the order is cancelled; a refund of the overpayment was owed already."""
    order = driver.place_and_handle((TRAY, 2), payments=TRANSFER)
    confirm_payment.pay_in_cash(principal_of(SINTA), order)
    driver.confirm(order)
    cancelling.cancel(principal_of(LIA), order, "changed their mind")


def a_transfer_comes_after_cash_on_a_partly_credited_order(driver: ScenarioDriver) -> None:
    """Half of the order is on credit, and the other half is paid twice."""
    payments = [{"method": "credit", "amount": {"amount": 10_000, "currency": "IDR"}}, *TRANSFER]
    order = driver.place_and_handle((CUP, 2), **ON_CREDIT | {"payments": payments})
    confirm_payment.pay_in_cash(principal_of(SINTA), order)
    driver.confirm(order, 1)


def capture_one_unit_more(original: Callable[..., Any]) -> Callable[..., Any]:
    def capture(payment: Any, **kwargs: Any) -> Any:
        return replace(original(payment, **kwargs), captured=payment.amount + Money(1, payment.amount.currency))

    return capture


def post_one_side(order_id: str, whole: Money) -> tuple[Posting, ...]:
    return (Posting(f"order:{order_id}", whole.minor),)


def skip_balance_check(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    return tuple(postings)


def negate_variance(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda before, after, at, head: original(before, replace(after, variance=-after.variance), at, head)


def refund_everything(whole: Money, payments: Any, captured: Any = None) -> int:
    return sum(payment.captured.minor - payment.refunded.minor for payment in payments)


def post_to_opening_account(original: Callable[..., Any]) -> Callable[..., Any]:
    """The receivable stays open in the ledger although it was paid."""

    def build_event(*args: Any) -> Any:
        event = original(*args)
        return replace(event, postings=(event.postings[0], Posting("opening", -event.amount_minor)))

    return build_event


def drop_payment_ids(original: Callable[..., Any]) -> Callable[..., Any]:
    def change_order(before: Any, **changes: Any) -> Any:
        return original(before, **{name: value for name, value in changes.items() if name != "payment_ids"})

    return change_order


def leave_open(original: Callable[..., Any]) -> Callable[..., Any]:
    """The payment that cash replaced stays open with its amount."""
    return lambda payment, status: original(payment, status) and None


BUGS = (
    Bug(
        "the credit of cancelled units is not released",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(cancelling_lines, "release_credit", always_return(None)),),
        scenario=a_unit_bought_on_credit_is_cancelled,
    ),
    Bug(
        "cancelled units are not released",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(order_reduction, "release_part", always_return(StockEffect())),),
        scenario=a_unit_bought_on_credit_is_cancelled,
    ),
    Bug(
        "an order that owes a refund is not listed",
        KIND,
        detected_by="M6",
        patches=(patch_attribute(confirm_payment.store, "open_task", always_return(None)),),
        scenario=a_transfer_comes_after_cash,
    ),
    Bug(
        "a collected receivable stays on the customer's account",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(collecting, "build_collection_event", post_to_opening_account),),
        scenario=a_receivable_is_collected,
    ),
    Bug(
        "a collection does not settle the payments it covers",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(collecting, "settle_payments", always_return([])),),
        scenario=a_receivable_is_collected,
    ),
    Bug(
        "a sale is posted on one side only",
        KIND,
        detected_by="M4",
        patches=(
            patch_attribute(postings, "build_sale", replace_with(post_one_side)),
            patch_attribute(postings, "merge_postings", replace_with(skip_balance_check)),
        ),
        scenario=two_trays_are_ordered,
    ),
    Bug(
        "cash collected on delivery is in no shift",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(collecting_cash, "_cash_write", always_return(None)),),
        scenario=cash_is_collected_on_delivery,
    ),
    Bug(
        "cash that was handed over stays in the courier's shift",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(handing_over.shift_store, "remove_cash", always_return(None)),),
        scenario=a_courier_hands_over_cash,
    ),
    Bug(
        "a shortage is recorded as a surplus",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(shifts.shift_store, "close_shift", negate_variance),),
        scenario=a_shift_is_counted_short,
    ),
    Bug(
        "the cash of a sale is not added to the till",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(placing, "build_till_writes", always_return([])),),
        scenario=a_sale_at_the_till,
    ),
    Bug(
        "a payment captures one unit more than its amount",
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
        "an order does not list the cash payment that replaced its transfer",
        KIND,
        detected_by="M2",
        patches=(patch_attribute(confirm_payment.store, "change_order", drop_payment_ids),),
        scenario=a_transfer_is_replaced_by_cash,
    ),
    Bug(
        "a refund that is owed already is owed again on cancellation",
        KIND,
        detected_by="M6",
        patches=(patch_attribute(postings, "refund_owed_minor", replace_with(refund_everything)),),
        scenario=a_transfer_comes_after_cash,
    ),
    Bug(
        "a late payment is refunded in full while a receivable of the order stays open",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(confirm_payment.lifecycle, "choose_payments_to_cover", always_return([])),),
        scenario=a_transfer_comes_after_cash_on_a_partly_credited_order,
    ),
    Bug(
        "a late payment settles a receivable without releasing the credit",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(confirm_payment, "release_credit", always_return(None)),),
        scenario=a_transfer_comes_after_cash_on_a_partly_credited_order,
    ),
)
