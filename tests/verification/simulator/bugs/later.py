"""Goods on their way: promised once, kept when they come, given to whoever waited longest."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from chalicelib.fulfillment import fill as filling
from chalicelib.fulfillment import offer as offering
from chalicelib.orders import cancel as ending
from chalicelib.orders import place as placing
from chalicelib.stock import expect as expecting
from chalicelib.stock import move as moving
from chalicelib.stock import store
from chalicelib.stock.coming import Coming
from chalicelib.stock.model import Movement, PromisedAhead, received
from chalicelib.stock.plan import Plan, Shelf
from tests.shop import RARE, who
from tests.verification.simulator.bugs.bug import Bug, answers, instead, swap
from tests.verification.simulator.bugs.scene import TRANSFER, Scene
from tests.verification.simulator.bugs.shop import LIA, RATNA

KIND = "later"
FRIDAY, WAREHOUSE = date(2026, 11, 27), "wh-surabaya"
THERE = 2  # of RARE, one in each of two houses
DAY = (RARE, WAREHOUSE, 20261127)


# -- stories -----------------------------------------------------------------------------------------------------------


def two_are_expected(scene: Scene) -> None:
    expecting.expect(who(RATNA), WAREHOUSE, FRIDAY, {RARE: 2}, "PO 88")


def comes(scene: Scene, units: int = 2) -> None:
    moving.receive(who(RATNA), WAREHOUSE, {RARE: units}, "PO 88")


def sold_ahead(scene: Scene, units: int = 1, **said: Any) -> str:
    return scene.heard((RARE, units), backorder=True, **said)


def two_buy_what_one_is_expected_of(scene: Scene) -> None:
    expecting.expect(who(RATNA), WAREHOUSE, FRIDAY, {RARE: 1}, "PO 88")
    sold_ahead(scene, THERE + 1)
    try:
        sold_ahead(scene)
    except AssertionError:
        return  # as it should be


def it_comes(scene: Scene) -> None:
    two_are_expected(scene)
    sold_ahead(scene, THERE + 2)
    comes(scene)
    scene.all_hear()


def somebody_is_quicker_than_the_news(scene: Scene) -> None:
    two_are_expected(scene)
    order = sold_ahead(scene, THERE + 2)
    comes(scene)
    with suppress(AssertionError):  # as it should be
        scene.order((RARE, 1))
    scene.all_hear()
    scene.holds("who waited gets what came", "awaiting" not in {work.status for work in scene.case(order).works})


def one_comes_for_two(scene: Scene) -> None:
    two_are_expected(scene)
    sold_ahead(scene, THERE)
    first = sold_ahead(scene)
    scene.pass_time(1)
    sold_ahead(scene)
    comes(scene, 1)
    scene.all_hear()
    scene.holds("who waited longest is first", scene.work(first).status == "assigned")


def it_ends_before_it_comes(scene: Scene) -> None:
    two_are_expected(scene)
    ending.cancel(who(LIA), sold_ahead(scene, THERE + 2), "too long")
    scene.all_hear()


def it_ends_when_it_has_come(scene: Scene) -> None:
    two_are_expected(scene)
    order = sold_ahead(scene, THERE + 2, payments=TRANSFER)
    comes(scene)
    scene.all_hear()
    ending.cancel(who(LIA), order, "too long")
    scene.all_hear()
    scene.holds("what nobody waits for is for sale", store.load_places([DAY])[DAY].on_hand == 0)


def it_has_not_come(scene: Scene) -> None:
    two_are_expected(scene)
    order = sold_ahead(scene, THERE + 2)
    scene.holds("nobody begins with what is not there", "assigned" not in {scene.work(order).status})


def fewer_are_expected_than_promised(scene: Scene) -> None:
    two_are_expected(scene)
    sold_ahead(scene, THERE + 2)
    scene.refuses(PromisedAhead, lambda: expecting.expect(who(RATNA), WAREHOUSE, FRIDAY, {RARE: 1}, "PO 88"))


def the_day_is_over(scene: Scene) -> None:
    two_are_expected(scene)
    scene.pass_time(6 * 24 * 60)
    try:
        scene.order((RARE, THERE + 1), backorder=True)
    except AssertionError:
        return  # as it should be
    scene.holds("nothing is promised for yesterday", False)


def he_did_not_agree(scene: Scene) -> None:
    two_are_expected(scene)
    try:
        scene.order((RARE, THERE + 1))
    except AssertionError:
        return  # as it should be
    scene.holds("nobody waits who did not say so", False)


# -- bugs --------------------------------------------------------------------------------------------------------------


def all_for_everybody(piece: Any, days: Any, how: Any = received) -> list[Movement]:
    return [how(piece)]


def none_of_it_was_expected(piece: Any, days: Any) -> list[Movement]:
    return []


def whatever_is_asked(was: Callable[..., Any]) -> Callable[..., Any]:
    """A day gives however many are wanted."""

    def shelves(days: Coming, sku: str) -> list[Shelf]:
        return [replace(shelf, free=1_000) for shelf in was(days, sku)]

    return shelves


def the_latest_first(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda works: was(works)[::-1]


def they_stay_on_their_day(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda pieces: [move for move in was(pieces) if move.on_hand > 0]


def at_once(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda case, pieces, now: [replace(work, status="assigned") for work in was(case, pieces, now)]


def for_any_day(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda days, sku: was(replace(days, today=date.min.replace(year=2000)), sku)


def whoever(was: Callable[..., Plan]) -> Callable[..., Plan]:
    return lambda *args, **said: was(*args, **said | {"backorder": True})


def without_its_units(was: Callable[..., Any]) -> Callable[..., Any]:
    """Only what stands on ordinary shelves is given back."""

    def freed(order: Any) -> Any:
        return was(replace(order, pieces=tuple(piece for piece in order.pieces if piece.shelf < 1_000)))

    return freed


BUGS = (
    Bug(
        "more is sold ahead than is expected",
        KIND,
        by="S2",
        sown=(swap(Coming, "shelves", whatever_is_asked), swap(store._Change, "enough", instead([]))),
        story=two_buy_what_one_is_expected_of,
    ),
    Bug(
        "what comes is sold to whoever is quickest",
        KIND,
        by="who waited gets what came",
        sown=(
            swap(moving, "kept_for_orders", instead(all_for_everybody)),
            swap(moving, "no_longer_expected", instead(none_of_it_was_expected)),
        ),
        story=somebody_is_quicker_than_the_news,
    ),
    Bug(
        "nobody is given what came for him",
        KIND,
        by="O7",
        sown=(swap(filling, "fill_order", answers(False)),),
        story=it_comes,
    ),
    Bug(
        "who came last is first",
        KIND,
        by="who waited longest is first",
        sown=(swap(filling, "longest_first", the_latest_first),),
        story=one_comes_for_two,
    ),
    Bug(
        "what goes to its order stays on its day as well",
        KIND,
        by="S4",
        sown=(swap(filling, "brought_in", they_stay_on_their_day),),
        story=it_comes,
    ),
    Bug(
        "work begins before its goods are there",
        KIND,
        by="nobody begins with what is not there",
        sown=(swap(offering, "assigned", at_once),),
        story=it_has_not_come,
    ),
    Bug(
        "fewer are expected than are promised",
        KIND,
        by="PromisedAhead",
        sown=(swap(expecting, "_refuse_promised", answers(None)), swap(store._Change, "enough", instead([]))),
        story=fewer_are_expected_than_promised,
    ),
    Bug(
        "goods are promised for a day that is over",
        KIND,
        by="nothing is promised for yesterday",
        sown=(swap(Coming, "shelves", for_any_day),),
        story=the_day_is_over,
    ),
    Bug(
        "who did not agree has to wait",
        KIND,
        by="nobody waits who did not say so",
        sown=(swap(placing, "plan_with_expected", whoever),),
        story=he_did_not_agree,
    ),
    Bug(
        "an order that ends keeps its place among those who wait",
        KIND,
        by="S3",
        sown=(swap(ending, "given_back", without_its_units),),
        story=it_ends_before_it_comes,
    ),
    Bug(
        "what came for an order that ended is nobody's",
        KIND,
        by="what nobody waits for is for sale",
        sown=(swap(filling, "shelve", answers(0)),),
        story=it_ends_when_it_has_come,
    ),
)
