"""What histories on the full path found in the shop, each as the shortest story that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.fulfillment.store import link_token
from tests.client import call
from tests.shop import TEAPOT, an_order, token
from tests.verification.simulator import full_actors
from tests.verification.simulator.full import Full


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


def test_cash_asked_for_again_long_after_is_answered_as_it_was(sim: Full) -> None:
    """Seed 120: whoever asked again under his key was told how the order stood by then."""
    order = ordered(sim, (TEAPOT, 2), payments=[{"method": "transfer"}])
    path, cashier, key = f"/api/orders/{order}/payments", token("cashier-sinta"), "cash-for-a-waiting-order"
    first = call("POST", path, {"method": "cash"}, token=cashier, key=key)
    sim.doors.post(f"/api/orders/{order}/cancel", {"reason": "changed his mind"}, "agent-lia")

    again = call("POST", path, {"method": "cash"}, token=cashier, key=key)

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body


def test_a_pay_link_asked_for_again_once_its_draft_is_placed_is_the_same(sim: Full) -> None:
    """Seed 21: the draft was gone, and so the second answer was 404."""
    body = an_order((TEAPOT, 2), channel="phone", payments=[{"method": "transfer"}])
    draft = sim.doors.post("/api/drafts", body, "agent-lia", keyed=True)["id"]
    path, agent, key = f"/api/drafts/{draft}/pay-link", token("agent-lia"), "the-link-to-this-draft"
    first = call("POST", path, token=agent, key=key)
    sim.doors.post(f"/api/drafts/{draft}/submit", None, "agent-lia", keyed=True)

    again = call("POST", path, token=agent, key=key)

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
