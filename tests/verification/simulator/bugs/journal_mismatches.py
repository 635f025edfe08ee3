"""What an owner sets and what a drawer counts stand otherwise than is told, ends are told again, and one order is
offered twice at once: tables that agree with each other and not with what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.customers import grant_terms as granting
from chalicelib.fulfillment import expire as expiring
from chalicelib.fulfillment import status_change as stepping
from chalicelib.fulfillment.model import Offer, OrderFulfillment
from chalicelib.kit import clock
from chalicelib.kit.money import Money
from chalicelib.payments import shift as drawers
from chalicelib.places import save as people
from chalicelib.pricing import save as prices
from tests.shop import CUP, STAFF, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, drop_conditions, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import ScenarioDriver
from tests.verification.simulator.bugs.shop import JOKO, SINTA


def goods_leave(scene: ScenarioDriver) -> None:
    scene.fulfill(scene.place_and_handle((TRAY, 1)), until="dispatch")


def an_offer_expires_twice(scene: ScenarioDriver) -> None:
    offer = scene.last_offer_id(scene.place_and_handle((TEAPOT, 2)))
    scene.pass_time(11)
    for _ in "again":
        expiring.expire(offer, clock.now())


def the_warehouse_rejects_while_an_offer_is_open(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TEAPOT, 2))
    scene.step(order, "reject", by=JOKO, reason="too_busy")


def a_shift_is_counted(scene: ScenarioDriver) -> None:
    shift = drawers.shift_store.find_unclosed_shift(SINTA)
    assert shift is not None
    drawers.count_shift(principal_of(SINTA), shift.id, Money(99_000, "IDR"))


def a_price_is_set(scene: ScenarioDriver) -> None:
    prices.save_price(CUP, Money(13_000, "IDR"), (), "test")


def a_limit_is_granted(scene: ScenarioDriver) -> None:
    limit = Money(500_000, "IDR")
    granting.grant_terms("cus_makmur", limit, 14, "", reason="pays early", actor="test")


def a_staff_member_changes_language(scene: ScenarioDriver) -> None:
    sinta = next(each for each in STAFF if each.id == SINTA)
    people.save_staff(replace(sinta, language="en"), "test")


def report_shipped_as_assigned(was: Callable[..., Any]) -> Callable[..., Any]:
    def status(*said: Any) -> str:
        found = str(was(*said))
        return "assigned" if found == "shipped" else found

    return status


def is_due_without_status(offer: Offer, now: Any) -> bool:
    return offer.expires_at <= now


def hide_first_offer(was: Any) -> Any:
    """The first one; the second is seen by whoever comes after."""
    return property(lambda case: was.fget(case) if len(case.offers) > 1 else None)


def count_as_expected(was: Callable[..., Any]) -> Callable[..., Any]:
    def counted(shift: Any) -> Any:
        event = was(shift)
        return replace(event, counted_minor=event.expected_minor, variance_minor=0)

    return counted


def halve_price(was: Callable[..., Any]) -> Callable[..., Any]:
    def put(price: Any, head: Any) -> Any:
        return was(replace(price, base=Money(price.base.minor // 2, price.base.currency)), head)

    return put


def double_limit(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda before, after: was(before, replace(after, limit=after.limit + after.limit))


def save_as_owner(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda staff, *head: was(replace(staff, role="owner"), *head)


BUGS = (
    Bug(
        "goods on the road are said to be in the house",
        "transitions",
        detected_by="O3",
        patches=(patch_attribute(stepping, "order_status_after", report_shipped_as_assigned),),
        scenario=goods_leave,
    ),
    Bug(
        "an offer that ran out runs out again",
        "transitions",
        detected_by="O1",
        patches=(
            patch_attribute(Offer, "is_due", replace_with(is_due_without_status)),
            patch_attribute(expiring, "close_offer", drop_conditions),
        ),
        scenario=an_offer_expires_twice,
    ),
    Bug(
        "an order is offered again while it is offered",
        "claims",
        detected_by="O5",
        patches=(patch_attribute(OrderFulfillment, "open_offer", hide_first_offer),),
        scenario=the_warehouse_rejects_while_an_offer_is_open,
    ),
    Bug(
        "a count is told as if no coin were missing",
        "money",
        detected_by="M8",
        patches=(patch_attribute(drawers, "build_counted_event", count_as_expected),),
        scenario=a_shift_is_counted,
    ),
    Bug(
        "another price is kept than is told",
        "audit",
        detected_by="A3",
        patches=(patch_attribute(prices, "put_price", halve_price),),
        scenario=a_price_is_set,
    ),
    Bug(
        "a customer is trusted further than is told",
        "audit",
        detected_by="A3",
        patches=(patch_attribute(granting, "set_credit", double_limit),),
        scenario=a_limit_is_granted,
    ),
    Bug(
        "whoever is written down again becomes the owner, and nobody says so",
        "audit",
        detected_by="A3",
        patches=(patch_attribute(people, "staff_to_row", save_as_owner),),
        scenario=a_staff_member_changes_language,
    ),
)
