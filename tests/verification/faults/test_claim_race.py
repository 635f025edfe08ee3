"""Two salesmen, the warehouse and the expiry of the offer compete for one order: exactly one of them gets it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.fulfillment.expire import expire
from chalicelib.fulfillment.model import Offer, OrderFulfillment, exclude_withdrawn
from chalicelib.fulfillment.store import load_fulfillment_of_order
from tests.client import call
from tests.shop import TEAPOT, add_stock, level, open_shop, token
from tests.verification.faults.build import ALL_HOLDS, audit, park_vans, place_order
from tests.verification.faults.processes import run_in_rounds

pytestmark = pytest.mark.ministack
TURNS = 20
BUDI, DEWI, JOKO, CLOCK = "salesman-budi", "salesman-dewi", "warehouse-joko", "clock"
EARLY_STARTERS = [(BUDI, DEWI), (JOKO, CLOCK), (BUDI, DEWI, JOKO), (BUDI, CLOCK), (BUDI, DEWI, JOKO, CLOCK)]  # by turns


@pytest.fixture
def offered(ministack: Any, drain: Any) -> list[OrderFulfillment]:
    """Place orders that are assigned to the warehouse and offered to both salesmen; return their fulfillments."""
    open_shop(TEAPOT=TURNS)
    for van in ("van-budi", "van-dewi"):
        add_stock(TEAPOT, van, TURNS)
    park_vans(BUDI, DEWI)
    orders = [place_order(f"disputed-{turn}", (TEAPOT, 1)).json["id"] for turn in range(TURNS)]
    drain()
    return [load_fulfillment_of_order(order) for order in orders]


@pytest.mark.verify
def test_exactly_one_of_two_salesmen_the_warehouse_and_the_fallback_gets_each_order(
    offered: list[OrderFulfillment], drain: Any
) -> None:
    chance = random.Random(20)
    tasks: dict[str, list[Callable[[], str]]] = {name: [] for name in (BUDI, DEWI, JOKO, CLOCK)}
    for turn, fulfillment in enumerate(offered):
        for name in tasks:
            starts_early = name in EARLY_STARTERS[turn % len(EARLY_STARTERS)]
            requests = chance.randrange(3) if starts_early else chance.randrange(10, 20)
            tasks[name].append(delayed(requests, claim_or_accept(name, fulfillment)))

    results = run_in_rounds(list(tasks.values()))
    drain()

    for fulfillment, answers in zip(offered, zip(*results)):
        assert_one_owner(load_fulfillment_of_order(fulfillment.order.id), dict(zip(tasks, answers)))
    allocated = {location: level(TEAPOT, location)["allocated"] for location in ("wh-surabaya", "van-budi", "van-dewi")}
    assert sum(allocated.values()) == TURNS
    assert allocated["wh-surabaya"] not in (0, TURNS), "the starts were not shuffled well enough"
    assert audit(quiet=True) == ALL_HOLDS


def delayed(requests: int, task: Callable[[], str]) -> Callable[[], str]:
    """Return a task that sends this many other requests first."""

    def run() -> str:
        for _ in range(requests):
            call("GET", "/api/health")
        return task()

    return run


def claim_or_accept(name: str, fulfillment: OrderFulfillment) -> Callable[[], str]:
    """Return the task of a competitor, which returns its answer. For CLOCK the offer has reached its end."""
    offer = current_offer(fulfillment)
    if name == CLOCK:
        return lambda: str(expire(offer.id, offer.expires_at))
    path = (
        f"/api/fulfillments/{fulfillment.fulfillments[0].id}/accept"
        if name == JOKO
        else f"/api/offers/{offer.id}/claim"
    )

    def send() -> str:
        answer = call("POST", path, token=token(name))
        return "won" if answer.status == 200 else str(answer.json["code"])

    return send


def current_offer(fulfillment: OrderFulfillment) -> Offer:
    assert {invitation.staff for invitation in fulfillment.offers[-1].invitations} == {BUDI, DEWI}
    return fulfillment.offers[-1]


def assert_one_owner(fulfillment: OrderFulfillment, answers: dict[str, str]) -> None:
    """Assert that one competitor has the work, and that all answers agree with that."""
    (work,), offer = exclude_withdrawn(fulfillment.fulfillments), fulfillment.offers[-1]
    if offer.status == "claimed":
        other = DEWI if offer.claimed_by == BUDI else BUDI
        assert work.location == offer.claimed_by.replace("salesman", "van")
        expected = {offer.claimed_by: "won", other: "already_claimed", JOKO: "already_claimed", CLOCK: "False"}
    else:
        code, expired = {"superseded": ("warehouse_accepted", "False"), "expired": ("offer_expired", "True")}[
            offer.status
        ]
        assert work.location == "wh-surabaya"
        expected = {BUDI: code, DEWI: code, JOKO: "won", CLOCK: expired}
    assert answers == expected
