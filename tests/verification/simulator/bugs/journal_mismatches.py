"""Tables that agree with each other but not with the journal.

Settings and counts differ from their entries, ends are journaled twice, and an order has two open offers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.customers import grant_terms as granting
from chalicelib.fulfillment import expire as expiring
from chalicelib.fulfillment import status_change as changing_status
from chalicelib.fulfillment.model import Offer, OrderFulfillment
from chalicelib.kit import clock
from chalicelib.kit.money import Money
from chalicelib.payments import shift as shifts
from chalicelib.places import save as saving_places
from chalicelib.pricing import save as prices
from tests.shop import CUP, STAFF, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, drop_conditions, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import ScenarioDriver
from tests.verification.simulator.bugs.shop import JOKO, SINTA


def goods_leave(driver: ScenarioDriver) -> None:
    driver.fulfill(driver.place_and_handle((TRAY, 1)), until="dispatch")


def an_offer_expires_twice(driver: ScenarioDriver) -> None:
    offer = driver.last_offer_id(driver.place_and_handle((TEAPOT, 2)))
    driver.pass_time(11)
    for _ in range(2):
        expiring.expire(offer, clock.now())


def the_warehouse_rejects_while_an_offer_is_open(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TEAPOT, 2))
    driver.step(order, "reject", by=JOKO, reason="too_busy")


def a_shift_is_counted(driver: ScenarioDriver) -> None:
    shift = shifts.shift_store.find_unclosed_shift(SINTA)
    assert shift is not None
    shifts.count_shift(principal_of(SINTA), shift.id, Money(99_000, "IDR"))


def a_price_is_set(driver: ScenarioDriver) -> None:
    prices.save_price(CUP, Money(13_000, "IDR"), (), "test")


def a_limit_is_granted(driver: ScenarioDriver) -> None:
    limit = Money(500_000, "IDR")
    granting.grant_terms("cus_makmur", limit, 14, "", reason="pays early", actor="test")


def a_staff_member_changes_language(driver: ScenarioDriver) -> None:
    sinta = next(member for member in STAFF if member.id == SINTA)
    saving_places.save_staff(replace(sinta, language="en"), "test")


def report_shipped_as_assigned(original: Callable[..., Any]) -> Callable[..., Any]:
    def order_status_after(*args: Any) -> str:
        status = str(original(*args))
        return "assigned" if status == "shipped" else status

    return order_status_after


def is_due_without_status(offer: Offer, now: Any) -> bool:
    return offer.expires_at <= now


def hide_first_offer(original: Any) -> Any:
    """Hide an order's only offer, so that a second one is opened beside it."""
    return property(
        lambda order_fulfillment: original.fget(order_fulfillment) if len(order_fulfillment.offers) > 1 else None
    )


def count_as_expected(original: Callable[..., Any]) -> Callable[..., Any]:
    def build_event(shift: Any) -> Any:
        event = original(shift)
        return replace(event, counted_minor=event.expected_minor, variance_minor=0)

    return build_event


def halve_price(original: Callable[..., Any]) -> Callable[..., Any]:
    def put_price(price: Any, head: Any) -> Any:
        return original(replace(price, base=Money(price.base.minor // 2, price.base.currency)), head)

    return put_price


def double_limit(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda before, after: original(before, replace(after, limit=after.limit + after.limit))


def save_as_owner(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda staff, *head: original(replace(staff, role="owner"), *head)


BUGS = (
    Bug(
        "an order in transit is shown as assigned",
        "transitions",
        detected_by="O3",
        patches=(patch_attribute(changing_status, "order_status_after", report_shipped_as_assigned),),
        scenario=goods_leave,
    ),
    Bug(
        "an expired offer expires again",
        "transitions",
        detected_by="O1",
        patches=(
            patch_attribute(Offer, "is_due", replace_with(is_due_without_status)),
            patch_attribute(expiring, "close_offer", drop_conditions),
        ),
        scenario=an_offer_expires_twice,
    ),
    Bug(
        "an order with an open offer is offered again",
        "claims",
        detected_by="O5",
        patches=(patch_attribute(OrderFulfillment, "open_offer", hide_first_offer),),
        scenario=the_warehouse_rejects_while_an_offer_is_open,
    ),
    Bug(
        "a short count is journaled as exact",
        "money",
        detected_by="M8",
        patches=(patch_attribute(shifts, "build_counted_event", count_as_expected),),
        scenario=a_shift_is_counted,
    ),
    Bug(
        "the stored price differs from the journaled price",
        "audit",
        detected_by="A3",
        patches=(patch_attribute(prices, "put_price", halve_price),),
        scenario=a_price_is_set,
    ),
    Bug(
        "the stored credit limit differs from the journaled limit",
        "audit",
        detected_by="A3",
        patches=(patch_attribute(granting, "set_credit", double_limit),),
        scenario=a_limit_is_granted,
    ),
    Bug(
        "a saved staff member becomes an owner without a journal entry",
        "audit",
        detected_by="A3",
        patches=(patch_attribute(saving_places, "staff_to_row", save_as_owner),),
        scenario=a_staff_member_changes_language,
    ),
)
