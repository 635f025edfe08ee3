"""Two salesmen, the warehouse and the clock reach for the same order at once: somebody gets it, and only one."""

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
    """So many orders, each waiting in the warehouse and offered to both salesmen."""
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
    errands: dict[str, list[Callable[[], str]]] = {name: [] for name in (BUDI, DEWI, JOKO, CLOCK)}
    for turn, case in enumerate(offered):
        for name in errands:
            ahead = name in EARLY_STARTERS[turn % len(EARLY_STARTERS)]
            knocks = chance.randrange(3) if ahead else chance.randrange(10, 20)
            errands[name].append(delayed(knocks, claim_or_accept(name, case)))

    said = run_in_rounds(list(errands.values()))
    drain()

    for case, heard in zip(offered, zip(*said)):
        assert_one_owner(load_fulfillment_of_order(case.order.id), dict(zip(errands, heard)))
    held = {van: level(TEAPOT, van)["allocated"] for van in ("wh-surabaya", "van-budi", "van-dewi")}
    assert sum(held.values()) == TURNS
    assert held["wh-surabaya"] not in (0, TURNS), "the starts were not shuffled well enough"
    assert audit(quiet=True) == ALL_HOLDS


def delayed(knocks: int, errand: Callable[[], str]) -> Callable[[], str]:
    """Starts late by work, not by waiting."""

    def later() -> str:
        for _ in range(knocks):
            call("GET", "/api/health")
        return errand()

    return later


def claim_or_accept(name: str, case: OrderFulfillment) -> Callable[[], str]:
    """What the door answers him; the clock's process has come to the offer's end, the others have not."""
    offer = current_offer(case)
    if name == CLOCK:
        return lambda: str(expire(offer.id, offer.expires_at))
    path = f"/api/fulfillments/{case.fulfillments[0].id}/accept" if name == JOKO else f"/api/offers/{offer.id}/claim"

    def knock() -> str:
        answer = call("POST", path, token=token(name))
        return "mine" if answer.status == 200 else str(answer.json["code"])

    return knock


def current_offer(case: OrderFulfillment) -> Offer:
    assert {each.staff for each in case.offers[-1].invitations} == {BUDI, DEWI}
    return case.offers[-1]


def assert_one_owner(case: OrderFulfillment, said: dict[str, str]) -> None:
    """In the tables; and everybody heard the truth about it."""
    (work,), offer = exclude_withdrawn(case.fulfillments), case.offers[-1]
    if offer.status == "claimed":
        other = DEWI if offer.claimed_by == BUDI else BUDI
        assert work.location == offer.claimed_by.replace("salesman", "van")
        expected = {offer.claimed_by: "mine", other: "already_claimed", JOKO: "already_claimed", CLOCK: "False"}
    else:
        why, fell_back = {"superseded": ("warehouse_accepted", "False"), "expired": ("offer_expired", "True")}[
            offer.status
        ]
        assert work.location == "wh-surabaya"
        expected = {BUDI: why, DEWI: why, JOKO: "mine", CLOCK: fell_back}
    assert said == expected
