"""Holds, offers and orders that expire, and payments and claims that arrive after their expiry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import expire as expiring
from chalicelib.fulfillment.model import Offer, OfferEnded
from chalicelib.orders import cancel as cancelling
from chalicelib.orders import confirm_payment, context, events
from chalicelib.payments.model import Posting
from chalicelib.stock.model import allocation_movement
from tests.shop import CUP, RARE, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import BUDI, LIA

KIND = "expiry"
DAY_MINUTES = 24 * 60


def the_next_buyer_orders_after_expiry(driver: ScenarioDriver) -> None:
    driver.place_and_handle((RARE, 2), payments=TRANSFER)
    driver.pass_time(DAY_MINUTES + 10)
    driver.expect_accepted(lambda: driver.place((RARE, 2)))


def the_next_buyer_orders_before_expiry(driver: ScenarioDriver) -> None:
    driver.place_and_handle((RARE, 2), payments=TRANSFER)
    try:
        driver.place((RARE, 2))
    except AssertionError:
        return  # the expected refusal


def a_payment_arrives_after_the_stock_is_sold(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((RARE, 2), payments=TRANSFER)
    driver.pass_time(DAY_MINUTES + 10)
    driver.place_and_handle((RARE, 2))
    driver.confirm(order)


def a_payment_arrives_after_part_of_the_stock_is_sold(driver: ScenarioDriver) -> None:
    """The missing units are available at another location, so the order continues with those."""
    order = driver.place_and_handle((RARE, 1), (CUP, 5), payments=TRANSFER)
    driver.pass_time(DAY_MINUTES + 10)
    driver.place_and_handle((RARE, 1))
    driver.confirm(order)


def a_payment_arrives_in_time(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 2), payments=TRANSFER)
    driver.confirm(order)


def a_payment_arrives_after_expiry(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 2), payments=TRANSFER)
    driver.pass_time(DAY_MINUTES + 10)
    driver.run_scheduled_jobs()
    driver.confirm(order)


def a_proof_awaits_review(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 2), payments=TRANSFER)
    confirm_payment.submit_proof(principal_of(LIA), driver.payments(order)[0].id, "TRF 1")
    driver.pass_time(DAY_MINUTES + 10)
    driver.run_scheduled_jobs()
    driver.expect(
        "an order with a submitted proof does not expire", driver.load_fulfillment(order).order.status == "placed"
    )


def expiry_runs_early(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 2), payments=TRANSFER)
    driver.pass_time(60)
    events.expire_unpaid()


def expiry_runs_while_an_offer_is_open(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TEAPOT, 2))
    driver.pass_time(2)
    driver.run_scheduled_jobs()


def a_salesman_claims_too_late(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2))
    driver.pass_time(11)
    driver.expect_refusal(OfferEnded, lambda: claiming.claim(BUDI, driver.last_offer_id(order)))


def expiry_runs_late(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TEAPOT, 2))
    driver.place_and_handle((TRAY, 2), payments=TRANSFER)
    driver.pass_time(DAY_MINUTES + 10)
    driver.run_scheduled_jobs()


def shift_now_two_days_ahead(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda places, now: original(places, now + timedelta(days=2))


def post_as_sale(payment: Any, surplus: Any, covered: Any) -> Any:
    return Posting("bank", payment.captured.minor), Posting("sales", -payment.captured.minor)


def allocate_without_remaining_holds(order: Any, now: Any) -> Any:
    holds = confirm_payment.load_holds(order.id, order.allocations, order.reserved_until)
    movements = [
        to_movement(hold.allocation)
        for hold in holds
        for to_movement in (confirm_payment.hold_release_movement, allocation_movement)
    ]
    return confirm_payment.ConvertedHolds(
        order.allocations, movements, [confirm_payment.delete_hold(hold) for hold in holds]
    )


def allocate_and_keep_hold(order: Any, now: Any) -> Any:
    return confirm_payment.ConvertedHolds(
        order.allocations, [allocation_movement(allocation) for allocation in order.allocations], []
    )


def hide_submitted_proof(original: Callable[..., Any]) -> Callable[..., Any]:
    def load_payments(ids: Any) -> Any:
        return [replace(payment, status="awaiting_proof") for payment in original(ids)]

    return load_payments


def expire_without_check(original: Callable[..., Any]) -> Callable[..., Any]:
    def expire(order_id: str, now: Any) -> bool:
        order = cancelling.store.find_order(order_id)
        assert order is not None
        change = cancelling.OrderChange(order, cancelling.load_payments(order.payment_ids), cancelling.SCHEDULER, now)
        cancelling._cancel_order(change, cancelling.CancelCause.PAYMENT_EXPIRED)
        return True

    return expire


def shift_now_thirty_days_ahead(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda now: original(now + timedelta(days=30))


def claim_after_expiry(original: Callable[..., Any]) -> Callable[..., Any]:
    def claim(offer: Any, staff: str, now: Any) -> Any:
        return replace(offer, status="claimed", claimed_by=staff, version=offer.version + 1)

    return claim


def shift_now_one_day_back(original: Callable[..., Any]) -> Callable[..., Any]:
    """The write's own condition compares with an earlier time too."""
    return lambda before, after, now: original(before, after, now - timedelta(days=1))


BUGS = (
    Bug(
        "a lapsed hold blocks the next buyer until its row is deleted",
        KIND,
        detected_by="the order is accepted",
        patches=(patch_attribute(context, "load_lapsed_holds", always_return([])),),
        scenario=the_next_buyer_orders_after_expiry,
    ),
    Bug(
        "a hold is taken before it has lapsed",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(context, "load_lapsed_holds", shift_now_two_days_ahead),),
        scenario=the_next_buyer_orders_before_expiry,
    ),
    Bug(
        "a late payment for a cancelled order is posted as a sale and no refund is owed",
        KIND,
        detected_by="M6",
        patches=(patch_attribute(confirm_payment.postings, "build_surplus_capture", replace_with(post_as_sale)),),
        scenario=a_payment_arrives_after_expiry,
    ),
    Bug(
        "a paid order is allocated units that were sold to another order",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(confirm_payment, "allocate_holds", replace_with(allocate_without_remaining_holds)),),
        scenario=a_payment_arrives_after_the_stock_is_sold,
    ),
    Bug(
        "the hold of a paid order stays beside its allocation",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(confirm_payment, "allocate_holds", replace_with(allocate_and_keep_hold)),),
        scenario=a_payment_arrives_in_time,
    ),
    Bug(
        "an order expires although its proof awaits review",
        KIND,
        detected_by="an order with a submitted proof does not expire",
        patches=(patch_attribute(cancelling, "load_payments", hide_submitted_proof),),
        scenario=a_proof_awaits_review,
    ),
    Bug(
        "an order expires before its payment deadline",
        KIND,
        detected_by="O1",
        patches=(
            patch_attribute(events.store, "list_unpaid_order_ids", shift_now_thirty_days_ahead),
            patch_attribute(cancelling, "expire", expire_without_check),
        ),
        scenario=expiry_runs_early,
    ),
    Bug(
        "an offer expires before its end",
        KIND,
        detected_by="O1",
        patches=(
            patch_attribute(Offer, "is_due", replace_with(lambda offer, now: offer.status == "open")),
            patch_attribute(expiring, "list_due_offers", shift_now_thirty_days_ahead),
        ),
        scenario=expiry_runs_while_an_offer_is_open,
    ),
    Bug(
        "an offer can be claimed after its end",
        KIND,
        detected_by="O1",
        patches=(
            patch_attribute(claiming, "apply_claim", claim_after_expiry),
            patch_attribute(claiming, "update_claimed_offer", shift_now_one_day_back),
        ),
        scenario=a_salesman_claims_too_late,
    ),
    Bug(
        "unpaid orders never expire",
        KIND,
        detected_by="O7",
        patches=(patch_attribute(events.store, "list_unpaid_order_ids", always_return([])),),
        scenario=expiry_runs_late,
    ),
    Bug(
        "the payments of a cancelled order stay open",
        KIND,
        detected_by="M6",
        patches=(patch_attribute(cancelling, "close_payments", always_return([])),),
    ),
)
