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
from chalicelib.stock.model import allocation_movement
from tests.shop import CUP, RARE, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import BUDI, LIA

KIND = "expiry"
DAY_MINUTES = 24 * 60


def the_next_buyer_orders_after_expiry(scene: ScenarioDriver) -> None:
    scene.place_and_handle((RARE, 2), payments=TRANSFER)
    scene.pass_time(DAY_MINUTES + 10)
    scene.expect_served(lambda: scene.place((RARE, 2)))


def the_next_buyer_orders_before_expiry(scene: ScenarioDriver) -> None:
    scene.place_and_handle((RARE, 2), payments=TRANSFER)
    try:
        scene.place((RARE, 2))
    except AssertionError:
        return  # a refusal, and that is right


def a_payment_arrives_after_the_stock_is_sold(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((RARE, 2), payments=TRANSFER)
    scene.pass_time(DAY_MINUTES + 10)
    scene.place_and_handle((RARE, 2))
    scene.confirm(order)


def a_payment_arrives_after_part_of_the_stock_is_sold(scene: ScenarioDriver) -> None:
    """What is gone is there again elsewhere, so the order goes on with other units."""
    order = scene.place_and_handle((RARE, 1), (CUP, 5), payments=TRANSFER)
    scene.pass_time(DAY_MINUTES + 10)
    scene.place_and_handle((RARE, 1))
    scene.confirm(order)


def a_payment_arrives_in_time(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 2), payments=TRANSFER)
    scene.confirm(order)


def a_payment_arrives_after_expiry(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 2), payments=TRANSFER)
    scene.pass_time(DAY_MINUTES + 10)
    scene.run_scheduled_jobs()
    scene.confirm(order)


def a_proof_awaits_review(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 2), payments=TRANSFER)
    confirm_payment.submit_proof(principal_of(LIA), scene.payments(order)[0].id, "TRF 1")
    scene.pass_time(DAY_MINUTES + 10)
    scene.run_scheduled_jobs()
    scene.expect("a proof is looked at first", scene.load_fulfillment(order).order.status == "placed")


def expiry_runs_early(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 2), payments=TRANSFER)
    scene.pass_time(60)
    events.expire_unpaid()


def expiry_runs_while_an_offer_is_open(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TEAPOT, 2))
    scene.pass_time(2)
    scene.run_scheduled_jobs()


def a_salesman_claims_too_late(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TEAPOT, 2))
    scene.pass_time(11)
    scene.expect_refusal(OfferEnded, lambda: claiming.claim(BUDI, scene.last_offer_id(order)))


def expiry_runs_late(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TEAPOT, 2))
    scene.place_and_handle((TRAY, 2), payments=TRANSFER)
    scene.pass_time(DAY_MINUTES + 10)
    scene.run_scheduled_jobs()


def shift_now_two_days_ahead(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda places, now: was(places, now + timedelta(days=2))


def post_as_sale(payment: Any, covered: Any) -> Any:
    return Posting("bank", payment.captured.minor), Posting("sales", -payment.captured.minor)


def allocate_without_remaining_holds(order: Any, now: Any) -> Any:
    holds = confirm_payment.load_holds(order.id, order.pieces, order.reserved_until)
    movements = [
        move(hold.allocation) for hold in holds for move in (confirm_payment.hold_release_movement, allocation_movement)
    ]
    return confirm_payment.ConvertedHolds(
        order.pieces, movements, [confirm_payment.delete_hold(hold) for hold in holds]
    )


def allocate_and_keep_hold(order: Any, now: Any) -> Any:
    return confirm_payment.ConvertedHolds(order.pieces, [allocation_movement(piece) for piece in order.pieces], [])


def hide_submitted_proof(was: Callable[..., Any]) -> Callable[..., Any]:
    def loaded(ids: Any) -> Any:
        return [replace(one, status="awaiting_proof") for one in was(ids)]

    return loaded


def expire_without_check(was: Callable[..., Any]) -> Callable[..., Any]:
    def expire(order_id: str, now: Any) -> bool:
        order = ending.store.find_order(order_id)
        assert order is not None
        change = ending.OrderChange(order, ending.load_payments(order.payment_ids), ending.SCHEDULER, now)
        ending._cancel_order(change, ending.CancelCause.PAYMENT_EXPIRED)
        return True

    return expire


def shift_now_thirty_days_ahead(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda now: was(now + timedelta(days=30))


def claim_after_expiry(was: Callable[..., Any]) -> Callable[..., Any]:
    def claimed(offer: Any, staff: str, now: Any) -> Any:
        return replace(offer, status="claimed", claimed_by=staff, version=offer.version + 1)

    return claimed


def shift_now_one_day_back(was: Callable[..., Any]) -> Callable[..., Any]:
    """The row is asked as well, and agrees when asked about an earlier time."""
    return lambda before, after, now: was(before, after, now - timedelta(days=1))


BUGS = (
    Bug(
        "a hold that ended refuses the next buyer until somebody deletes it",
        KIND,
        detected_by="the buyer is served",
        patches=(patch_attribute(context, "load_lapsed_holds", always_return([])),),
        scenario=the_next_buyer_orders_after_expiry,
    ),
    Bug(
        "a clock that runs ahead takes a hold from under its owner",
        KIND,
        detected_by="S3",
        patches=(patch_attribute(context, "load_lapsed_holds", shift_now_two_days_ahead),),
        scenario=the_next_buyer_orders_before_expiry,
    ),
    Bug(
        "late money for an ended order is booked as a sale and never owed back",
        KIND,
        detected_by="M6",
        patches=(patch_attribute(confirm_payment.postings, "build_late_capture", replace_with(post_as_sale)),),
        scenario=a_payment_arrives_after_expiry,
    ),
    Bug(
        "an order is paid whose goods went to another",
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
        "an order is ended though its proof waits for us",
        KIND,
        detected_by="a proof is looked at first",
        patches=(patch_attribute(ending, "load_payments", hide_submitted_proof),),
        scenario=a_proof_awaits_review,
    ),
    Bug(
        "an order is ended before its time to pay is over",
        KIND,
        detected_by="O1",
        patches=(
            patch_attribute(events.store, "list_order_ids_to_pay_until", shift_now_thirty_days_ahead),
            patch_attribute(ending, "expire", expire_without_check),
        ),
        scenario=expiry_runs_early,
    ),
    Bug(
        "an offer runs out before its end",
        KIND,
        detected_by="O1",
        patches=(
            patch_attribute(Offer, "is_due", replace_with(lambda offer, now: offer.status == "open")),
            patch_attribute(expiring, "list_due_offers", shift_now_thirty_days_ahead),
        ),
        scenario=expiry_runs_while_an_offer_is_open,
    ),
    Bug(
        "an offer is won after its end",
        KIND,
        detected_by="O1",
        patches=(
            patch_attribute(claiming, "apply_claim", claim_after_expiry),
            patch_attribute(claiming, "update_claimed_offer", shift_now_one_day_back),
        ),
        scenario=a_salesman_claims_too_late,
    ),
    Bug(
        "the clock passes over orders that wait",
        KIND,
        detected_by="O7",
        patches=(patch_attribute(events.store, "list_order_ids_to_pay_until", always_return([])),),
        scenario=expiry_runs_late,
    ),
    Bug(
        "the tenders of a dead order stay open",
        KIND,
        detected_by="M6",
        patches=(patch_attribute(ending, "close_payments", always_return([])),),
    ),
)
