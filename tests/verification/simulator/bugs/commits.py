"""The one commit of a use case: whole or not at all, once, and from what was read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chalicelib.kit import db
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.orders import confirm_payment, events
from tests.shop import TRAY
from tests.verification.simulator.bugs.bug import Bug, patch_attribute
from tests.verification.simulator.bugs.expiry import DAY_MINUTES
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver

KIND = "commits"


def a_payment_is_confirmed_while_the_expiry_list_lags(scene: ScenarioDriver) -> None:
    order = scene.place_and_handle((TRAY, 2), payments=TRANSFER)
    scene.pass_time(DAY_MINUTES + 10)
    events.store.list_unpaid_order_ids(events.clock.now())
    scene.confirm(order)
    events.expire_unpaid()
    scene.expect("what is paid stays", scene.load_fulfillment(order).order.status == "placed")


def write_one_by_one(was: Callable[..., Any]) -> Callable[..., Any]:
    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        for write in writes:
            if write is not None:
                was([write])

    return commit


def skip_refused_writes(was: Callable[..., Any]) -> Callable[..., Any]:
    """What is refused is left out, and the rest is done."""

    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        for write in writes:
            try:
                was([write] if write is not None else [None])
            except Problem:
                continue

    return commit


def ignore_unavailable(was: Callable[..., Any]) -> Callable[..., Any]:
    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        with suppress(Unavailable):
            was(writes)

    return commit


def return_stale_list(was: Callable[..., Any]) -> Callable[..., Any]:
    """The list that was read once is good enough for the next time."""
    listed: list[str] = []

    def waiting(now: Any) -> list[str]:
        listed.extend(was(now))
        return listed

    return waiting


def expire_without_check(was: Callable[..., Any]) -> Callable[..., Any]:
    def expire(order_id: str, now: Any) -> bool:
        ending = confirm_payment.cancel
        order = ending.store.find_order(order_id)
        assert order is not None
        change = ending.OrderChange(order, ending.load_payments(order.payment_ids), ending.SCHEDULER, now)
        ending._cancel_order(change, ending.CancelCause.PAYMENT_EXPIRED)
        return True

    return expire


BUGS = (
    Bug(
        "a commit is sent write by write",
        KIND,
        detected_by="O3",
        patches=(patch_attribute(db, "commit", write_one_by_one),),
    ),
    Bug(
        "what a commit's condition refuses is left out of it",
        KIND,
        detected_by="O3",
        patches=(patch_attribute(db, "commit", skip_refused_writes),),
    ),
    Bug(
        "what a busy store did not take is called done",
        KIND,
        detected_by="O6",
        patches=(patch_attribute(db, "commit", ignore_unavailable),),
    ),
    Bug(
        "an order is ended because a list that lags names it",
        KIND,
        detected_by="what is paid stays",
        patches=(
            patch_attribute(events.store, "list_order_ids_to_pay_until", return_stale_list),
            patch_attribute(events.cancel, "expire", expire_without_check),
        ),
        scenario=a_payment_is_confirmed_while_the_expiry_list_lags,
    ),
)
