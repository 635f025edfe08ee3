"""What histories on the full path found in the shop, each as the shortest story that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.fulfillment.store import link_token
from tests.client import call
from tests.proof import full_actors
from tests.proof.full import Full
from tests.shop import TEAPOT, an_order, token


@pytest.fixture
def sim() -> Iterator[Full]:
    """The shop before its first customer, on a calm wire."""
    start, sim = full_actors.opened(), Full(1)
    sim.store.put_back(start)
    with sim.shop():
        yield sim


def ordered(sim: Full, *lines: tuple[str, int], **said: Any) -> str:
    """An order that all have heard of; its id."""
    answer = sim.doors.post("/api/orders", an_order(*lines, **said), keyed=True)
    sim.become_quiet()
    return str(answer["id"])


def all_fail(sim: Full, operation: str) -> None:
    sim.wire.fault = lambda name: "throttled" if name == operation else ""


def test_a_claim_link_that_could_not_be_followed_says_when_to_try_again(sim: Full) -> None:
    """Seed 115: the page for people answered 503 without it, so that phones and proxies did not know."""
    order = ordered(sim, (TEAPOT, 2))
    offer = next(row["sk"] for row in sim.rows("orders", order) if row["sk"].startswith("off_"))
    all_fail(sim, "TransactWriteItems")

    answer = call("POST", f"/o/{link_token(offer, 'salesman-budi')}/claim")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert "coba lagi sebentar" in answer.text


@pytest.mark.parametrize(
    ("later", "status"), [(-timedelta(minutes=5), 200), (timedelta(days=30), 200), (timedelta(days=30, seconds=2), 401)]
)
def test_who_signed_in_is_known_wherever_the_clock_is_a_little_behind_and_for_thirty_days(
    sim: Full, later: timedelta, status: int
) -> None:
    """A function whose clock was behind took a fresh token for a forged one; and tokens went by another clock than
    everything else, so no simulated month ever ended one."""
    said = token("agent-lia")

    sim.now += later

    assert call("GET", "/api/me", token=said).status == status
