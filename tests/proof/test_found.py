"""What simulated histories found in the shop, each as the shortest story that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.orders import settle
from chalicelib.orders.cancel import cancel
from infra import invariants
from tests.fulfillment.build import placed_only
from tests.proof import actors
from tests.proof.sim import Sim
from tests.shop import CUP, who

TRANSFER = [{"method": "transfer"}]


@pytest.fixture
def sim() -> Iterator[Sim]:
    with Sim(1).shop() as sim:
        sim.memory.put_back(actors.opened())
        yield sim


def everything_holds(sim: Sim) -> None:
    assert str(invariants.judge(sim.world(quiet=False))) == "everything holds"


def payments_of(order_id: str) -> Any:
    return settle.load_payments(settle.store.load(order_id).payment_ids)  # type: ignore[union-attr]


def test_who_paid_in_cash_what_he_had_sent_to_the_bank_gets_it_back(sim: Sim) -> None:
    """Seed 374: the second sum was booked against an order that owed nothing any more."""
    order_id = placed_only((CUP, 2), payments=TRANSFER)
    settle.pay_in_cash(who("cashier-sinta"), order_id)

    order, _ = settle.confirm(who("finance-maya"), payments_of(order_id)[0].id)

    assert (order.status, order.payment_status) == ("placed", "paid")
    assert sim.world(quiet=False).postings[f"refund_owed:{order_id}"] == -25_000
    everything_holds(sim)


def test_what_was_paid_too_much_is_owed_back_once_though_the_order_ends(sim: Sim) -> None:
    """Seed 37: cancelling owed all that had come in, also what was owed back already."""
    order_id = placed_only((CUP, 2), payments=TRANSFER)
    settle.pay_in_cash(who("cashier-sinta"), order_id)
    settle.confirm(who("finance-maya"), payments_of(order_id)[0].id)

    cancel(who("agent-lia"), order_id, "changed his mind")

    assert sim.world(quiet=False).postings[f"refund_owed:{order_id}"] == -50_000
    everything_holds(sim)
