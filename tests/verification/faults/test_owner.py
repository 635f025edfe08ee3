"""Two salesmen, the warehouse and the clock reach for the same order at once: somebody gets it, and only one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.fulfillment.expire import expire
from chalicelib.fulfillment.model import Case, Offer, live
from chalicelib.fulfillment.store import load_case
from tests.client import call
from tests.shop import TEAPOT, level, open_shop, put, token
from tests.verification.faults.build import ALL_WELL, audit, parked, place
from tests.verification.faults.crowd import in_rounds

pytestmark = pytest.mark.ministack
TURNS = 20
BUDI, DEWI, JOKO, CLOCK = "salesman-budi", "salesman-dewi", "warehouse-joko", "clock"
AHEAD = [(BUDI, DEWI), (JOKO, CLOCK), (BUDI, DEWI, JOKO), (BUDI, CLOCK), (BUDI, DEWI, JOKO, CLOCK)]  # by turns


@pytest.fixture
def offered(ministack: Any, drain: Any) -> list[Case]:
    """So many orders, each waiting in the warehouse and offered to both salesmen."""
    open_shop(TEAPOT=TURNS)
    for van in ("van-budi", "van-dewi"):
        put(TEAPOT, van, TURNS)
    parked(BUDI, DEWI)
    orders = [place(f"disputed-{turn}", (TEAPOT, 1)).json["id"] for turn in range(TURNS)]
    drain()
    return [load_case(order) for order in orders]


@pytest.mark.verify
def test_one_of_two_salesmen_the_warehouse_and_the_fall_back_owns_each_order(offered: list[Case], drain: Any) -> None:
    chance = random.Random(20)
    errands: dict[str, list[Callable[[], str]]] = {name: [] for name in (BUDI, DEWI, JOKO, CLOCK)}
    for turn, case in enumerate(offered):
        for name in errands:
            ahead = name in AHEAD[turn % len(AHEAD)]
            knocks = chance.randrange(3) if ahead else chance.randrange(10, 20)
            errands[name].append(late_by(knocks, reaching(name, case)))

    said = in_rounds(list(errands.values()))
    drain()

    for case, heard in zip(offered, zip(*said)):
        is_owned_by_one(load_case(case.order.id), dict(zip(errands, heard)))
    held = {van: level(TEAPOT, van)["allocated"] for van in ("wh-surabaya", "van-budi", "van-dewi")}
    assert sum(held.values()) == TURNS
    assert held["wh-surabaya"] not in (0, TURNS), "the starts were not shuffled well enough"
    assert audit(quiet=True) == ALL_WELL


def late_by(knocks: int, errand: Callable[[], str]) -> Callable[[], str]:
    """Starts late by work, not by waiting."""

    def later() -> str:
        for _ in range(knocks):
            call("GET", "/api/health")
        return errand()

    return later


def reaching(name: str, case: Case) -> Callable[[], str]:
    """What the door answers him; the clock's process has come to the offer's end, the others have not."""
    offer = the_offer(case)
    if name == CLOCK:
        return lambda: str(expire(offer.id, offer.expires_at))
    path = f"/api/fulfillments/{case.works[0].id}/accept" if name == JOKO else f"/api/offers/{offer.id}/claim"

    def knock() -> str:
        answer = call("POST", path, token=token(name))
        return "mine" if answer.status == 200 else str(answer.json["code"])

    return knock


def the_offer(case: Case) -> Offer:
    assert {each.staff for each in case.offers[-1].invited} == {BUDI, DEWI}
    return case.offers[-1]


def is_owned_by_one(case: Case, said: dict[str, str]) -> None:
    """In the tables; and everybody heard the truth about it."""
    (work,), offer = live(case.works), case.offers[-1]
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
