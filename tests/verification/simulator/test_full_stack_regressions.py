"""Bugs that histories on the full path found in the product, each as its shortest scenario."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.fulfillment.store import build_link_token
from tests.client import call
from tests.shop import TEAPOT, an_order, token
from tests.verification.simulator import full_stack_actions
from tests.verification.simulator.full_stack import FullStackSim


@pytest.fixture
def sim() -> Iterator[FullStackSim]:
    """The shop before its first customer, without faults."""
    start, sim = full_stack_actions.load_initial_tables(), FullStackSim(1)
    sim.store.restore(start)
    with sim.shop():
        yield sim


def place_order(sim: FullStackSim, *lines: tuple[str, int], **kwargs: Any) -> str:
    """Place an order and run all event handlers. Return its id."""
    response = sim.client.post("/api/orders", an_order(*lines, **kwargs), idempotent=True)
    sim.drain()
    return str(response["id"])


def fail_every_send(sim: FullStackSim, operation: str) -> None:
    sim.wire.inject_fault = lambda name: "throttled" if name == operation else ""


def test_a_claim_link_that_is_unavailable_answers_retry_after(sim: FullStackSim) -> None:
    """Seed 115: the claim page answered 503 without Retry-After."""
    order = place_order(sim, (TEAPOT, 2))
    offer = next(row["sk"] for row in sim.rows("orders", order) if row["sk"].startswith("off_"))
    fail_every_send(sim, "TransactWriteItems")

    response = call("POST", f"/o/{build_link_token(offer, 'salesman-budi')}/claim")

    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert "coba lagi sebentar" in response.text


@pytest.mark.parametrize(
    ("elapsed", "status"),
    [(-timedelta(minutes=5), 200), (timedelta(days=30), 200), (timedelta(days=30, seconds=2), 401)],
)
def test_a_session_is_valid_on_a_lagging_clock_and_for_thirty_days(
    sim: FullStackSim, elapsed: timedelta, status: int
) -> None:
    """A function whose clock lagged took a new token for a forged one, and tokens used another clock than the rest."""
    session = token("agent-lia")

    sim.now += elapsed

    assert call("GET", "/api/me", token=session).status == status


def test_a_cash_payment_repeated_much_later_gets_the_same_answer(sim: FullStackSim) -> None:
    """Seed 120: a repeated request was answered with the current state of the order."""
    order = place_order(sim, (TEAPOT, 2), payments=[{"method": "transfer"}])
    path, cashier, key = f"/api/orders/{order}/payments", token("cashier-sinta"), "cash-for-a-waiting-order"
    first = call("POST", path, {"method": "cash"}, token=cashier, key=key)
    sim.client.post(f"/api/orders/{order}/cancel", {"reason": "changed their mind"}, "agent-lia")

    repeated = call("POST", path, {"method": "cash"}, token=cashier, key=key)

    assert (first.status, repeated.status) == (200, 200)
    assert repeated.body == first.body


def test_a_pay_link_repeated_after_its_draft_is_placed_is_the_same(sim: FullStackSim) -> None:
    """Seed 21: the draft was deleted, so the repeated request was answered with 404."""
    body = an_order((TEAPOT, 2), channel="phone", payments=[{"method": "transfer"}])
    draft = sim.client.post("/api/drafts", body, "agent-lia", idempotent=True)["id"]
    path, agent, key = f"/api/drafts/{draft}/pay-link", token("agent-lia"), "the-link-to-this-draft"
    first = call("POST", path, token=agent, key=key)
    sim.client.post(f"/api/drafts/{draft}/submit", None, "agent-lia", idempotent=True)

    repeated = call("POST", path, token=agent, key=key)

    assert (first.status, repeated.status) == (200, 200)
    assert repeated.body == first.body
