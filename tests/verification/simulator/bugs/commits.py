"""The one commit of a use case: whole or not at all, once, and from what was read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chalicelib.kit import db
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.orders import confirm_payment, events
from tests.shop import TRAY
from tests.verification.simulator.bugs.bug import Bug, swap
from tests.verification.simulator.bugs.expiry import A_DAY
from tests.verification.simulator.bugs.scene import TRANSFER, Scene

KIND = "commits"


def money_comes_and_the_clock_s_list_lags(scene: Scene) -> None:
    order = scene.heard((TRAY, 2), payments=TRANSFER)
    scene.pass_time(A_DAY + 10)
    events.store.waiting_until(events.clock.now())
    scene.confirm(order)
    events.expire_unpaid()
    scene.holds("what is paid stays", scene.case(order).order.status == "placed")


def one_by_one(was: Callable[..., Any]) -> Callable[..., Any]:
    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        for write in writes:
            if write is not None:
                was([write])

    return commit


def as_far_as_it_goes(was: Callable[..., Any]) -> Callable[..., Any]:
    """What is refused is left out, and the rest is done."""

    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        for write in writes:
            try:
                was([write] if write is not None else [None])
            except Problem:
                continue

    return commit


def hopefully(was: Callable[..., Any]) -> Callable[..., Any]:
    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        with suppress(Unavailable):
            was(writes)

    return commit


def as_listed_then(was: Callable[..., Any]) -> Callable[..., Any]:
    """The list that was read once is good enough for the next time."""
    listed: list[str] = []

    def waiting(now: Any) -> list[str]:
        listed.extend(was(now))
        return listed

    return waiting


def whoever_is_listed(was: Callable[..., Any]) -> Callable[..., Any]:
    def expire(order_id: str, now: Any) -> bool:
        ending = confirm_payment.cancel
        order = ending.store.load(order_id)
        assert order is not None
        change = ending.OrderChange(order, ending.load_payments(order.payment_ids), ending.CLOCK, now)
        ending._end_order(change, ending.CancelCause.PAYMENT_EXPIRED)
        return True

    return expire


BUGS = (
    Bug("a commit is sent write by write", KIND, by="O3", sown=(swap(db, "commit", one_by_one),)),
    Bug(
        "what a commit's condition refuses is left out of it",
        KIND,
        by="O3",
        sown=(swap(db, "commit", as_far_as_it_goes),),
    ),
    Bug("what a busy store did not take is called done", KIND, by="O6", sown=(swap(db, "commit", hopefully),)),
    Bug(
        "an order is ended because a list that lags names it",
        KIND,
        by="what is paid stays",
        sown=(swap(events.store, "waiting_until", as_listed_then), swap(events.cancel, "expire", whoever_is_listed)),
        story=money_comes_and_the_clock_s_list_lags,
    ),
)
