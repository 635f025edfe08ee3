"""What an owner sets and what a drawer counts stand otherwise than is told, ends are told again, and one order is
offered twice at once: tables that agree with each other and not with what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.customers import grant as granting
from chalicelib.fulfillment import expire as expiring
from chalicelib.fulfillment import step as stepping
from chalicelib.fulfillment.model import Case, Offer
from chalicelib.kit import clock
from chalicelib.kit.money import Money
from chalicelib.payments import shift as drawers
from chalicelib.places import keep as people
from chalicelib.pricing import keep as prices
from tests.shop import CUP, STAFF, TEAPOT, TRAY, who
from tests.verification.simulator.bugs.bug import Bug, instead, swap, unconditional
from tests.verification.simulator.bugs.scene import Scene
from tests.verification.simulator.bugs.shop import JOKO, SINTA


def goods_leave(scene: Scene) -> None:
    scene.bring(scene.heard((TRAY, 1)), until="dispatch")


def an_offer_runs_out(scene: Scene) -> None:
    offer = scene.offer(scene.heard((TEAPOT, 2)))
    scene.pass_time(11)
    for _ in "again":
        expiring.expire(offer, clock.now())


def the_house_says_no_while_salesmen_are_asked(scene: Scene) -> None:
    order = scene.heard((TEAPOT, 2))
    scene.step(order, "reject", by=JOKO, reason="too_busy")


def a_drawer_is_counted(scene: Scene) -> None:
    shift = drawers.shift_store.shift_in_hand(SINTA)
    assert shift is not None
    drawers.count_shift(who(SINTA), shift.id, Money(99_000, "IDR"))


def a_price_is_set(scene: Scene) -> None:
    prices.keep_price(CUP, Money(13_000, "IDR"), (), "test")


def a_limit_is_granted(scene: Scene) -> None:
    limit = Money(500_000, "IDR")
    granting.grant_terms("cus_makmur", limit, 14, "", reason="pays early", actor="test")


def somebody_learns_english(scene: Scene) -> None:
    sinta = next(each for each in STAFF if each.id == SINTA)
    people.keep_staff(replace(sinta, language="en"), "test")


def still_in_the_house(was: Callable[..., Any]) -> Callable[..., Any]:
    def status(*said: Any) -> str:
        found = str(was(*said))
        return "assigned" if found == "shipped" else found

    return status


def at_any_time(offer: Offer, now: Any) -> bool:
    return offer.expires_at <= now


def unnoticed(was: Any) -> Any:
    """The first one; the second is seen by whoever comes after."""
    return property(lambda case: was.fget(case) if len(case.offers) > 1 else None)


def to_the_coin(was: Callable[..., Any]) -> Callable[..., Any]:
    def counted(shift: Any) -> Any:
        event = was(shift)
        return replace(event, counted_minor=event.expected_minor, variance_minor=0)

    return counted


def at_half_price(was: Callable[..., Any]) -> Callable[..., Any]:
    def put(price: Any, head: Any) -> Any:
        return was(replace(price, base=Money(price.base.minor // 2, price.base.currency)), head)

    return put


def twice_as_far(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda before, after: was(before, replace(after, limit=after.limit + after.limit))


def as_the_owner(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda staff, *head: was(replace(staff, role="owner"), *head)


BUGS = (
    Bug(
        "goods on the road are said to be in the house",
        "transitions",
        by="O3",
        sown=(swap(stepping, "order_status", still_in_the_house),),
        story=goods_leave,
    ),
    Bug(
        "an offer that ran out runs out again",
        "transitions",
        by="O1",
        sown=(swap(Offer, "is_due", instead(at_any_time)), swap(expiring, "close_offer", unconditional)),
        story=an_offer_runs_out,
    ),
    Bug(
        "an order is offered again while it is offered",
        "claims",
        by="O5",
        sown=(swap(Case, "open_offer", unnoticed),),
        story=the_house_says_no_while_salesmen_are_asked,
    ),
    Bug(
        "a count is told as if no coin were missing",
        "money",
        by="M8",
        sown=(swap(drawers, "counted_event", to_the_coin),),
        story=a_drawer_is_counted,
    ),
    Bug(
        "another price is kept than is told",
        "audit",
        by="A3",
        sown=(swap(prices, "put_price", at_half_price),),
        story=a_price_is_set,
    ),
    Bug(
        "a customer is trusted further than is told",
        "audit",
        by="A3",
        sown=(swap(granting, "set_credit", twice_as_far),),
        story=a_limit_is_granted,
    ),
    Bug(
        "whoever is written down again becomes the owner, and nobody says so",
        "audit",
        by="A3",
        sown=(swap(people, "staff_row", as_the_owner),),
        story=somebody_learns_english,
    ),
)
