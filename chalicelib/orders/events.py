"""The clock's door: orders whose time to pay is over end by themselves."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Rate

from chalicelib.kit import clock, log
from chalicelib.kit.errors import Problem
from chalicelib.orders import cancel, store

events = Blueprint(__name__)


@events.schedule(Rate(1, unit=Rate.MINUTES))
def expire_unpaid_orders(event: Any) -> None:
    expire_unpaid()


def expire_unpaid() -> int:
    """How many ended. One that refuses does not keep the others waiting."""
    now = clock.now()
    return sum(_expire(order_id, now) for order_id in store.waiting_until(now))


def _expire(order_id: str, now: Any) -> bool:
    try:
        return cancel.expire(order_id, now)
    except Problem as problem:
        log.decision("not expired", order=order_id, code=problem.code)
        return False
