"""Commits: atomic, made once, and based on consistent reads."""

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


def a_payment_is_confirmed_while_the_expiry_list_lags(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 2), payments=TRANSFER)
    driver.pass_time(DAY_MINUTES + 10)
    events.store.list_unpaid_order_ids(events.clock.now())
    driver.confirm(order)
    events.expire_unpaid()
    driver.expect("a paid order stays placed", driver.load_fulfillment(order).order.status == "placed")


def write_one_by_one(original: Callable[..., Any]) -> Callable[..., Any]:
    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        for write in writes:
            if write is not None:
                original([write])

    return commit


def skip_refused_writes(original: Callable[..., Any]) -> Callable[..., Any]:
    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        for write in writes:
            try:
                original([write] if write is not None else [None])
            except Problem:
                continue

    return commit


def ignore_unavailable(original: Callable[..., Any]) -> Callable[..., Any]:
    def commit(writes: Any, raise_on_conflict: bool = False) -> None:
        with suppress(Unavailable):
            original(writes)

    return commit


def return_stale_list(original: Callable[..., Any]) -> Callable[..., Any]:
    order_ids: list[str] = []

    def list_order_ids(now: Any) -> list[str]:
        order_ids.extend(original(now))
        return order_ids

    return list_order_ids


def expire_without_check(original: Callable[..., Any]) -> Callable[..., Any]:
    def expire(order_id: str, now: Any) -> bool:
        cancelling = confirm_payment.cancel
        order = cancelling.store.find_order(order_id)
        assert order is not None
        change = cancelling.OrderChange(order, cancelling.load_payments(order.payment_ids), cancelling.SCHEDULER, now)
        cancelling._cancel_order(change, cancelling.CancelCause.PAYMENT_EXPIRED)
        return True

    return expire


BUGS = (
    Bug(
        "a commit sends its writes one by one",
        KIND,
        detected_by="O3",
        patches=(patch_attribute(db, "commit", write_one_by_one),),
    ),
    Bug(
        "a commit leaves out the writes whose conditions fail",
        KIND,
        detected_by="O3",
        patches=(patch_attribute(db, "commit", skip_refused_writes),),
    ),
    Bug(
        "a commit that the store did not accept is reported as done",
        KIND,
        detected_by="O6",
        patches=(patch_attribute(db, "commit", ignore_unavailable),),
    ),
    Bug(
        "an order is expired because a lagging list names it",
        KIND,
        detected_by="a paid order stays placed",
        patches=(
            patch_attribute(events.store, "list_unpaid_order_ids", return_stale_list),
            patch_attribute(events.cancel, "expire", expire_without_check),
        ),
        scenario=a_payment_is_confirmed_while_the_expiry_list_lags,
    ),
)
