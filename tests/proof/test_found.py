"""What simulated histories found in the shop, each as the shortest story that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.fulfillment.claim import claim
from chalicelib.fulfillment.reject import reject
from chalicelib.fulfillment.reroute import reroute, try_stranded
from chalicelib.fulfillment.store import is_stranded
from chalicelib.orders import settle
from chalicelib.orders.cancel import cancel
from chalicelib.orders.command import PlaceOrder, Tender, Wanted
from chalicelib.orders.place import place
from infra import invariants
from tests.fulfillment.build import listen, placed, placed_only, the_offer, works
from tests.proof import actors
from tests.proof.deeds import TO_SARI, agent, rupiah
from tests.proof.sim import Sim
from tests.shop import CUP, RARE, TEAPOT, level, put, who

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


def test_a_claim_sends_home_whoever_took_over_since_the_offer_was_made(
    sim: Sim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late money had moved the work to another house while the offer was out: the goods were brought twice."""
    monkeypatch.setenv("SATUKANAL_TRANSFER_HOLD_MINUTES", "5")
    order_id = placed((TEAPOT, 2), payments=TRANSFER)
    sim.now += timedelta(minutes=6)
    placed((TEAPOT, 9))
    put(TEAPOT, "wh-sidoarjo", 2)
    settle.confirm(who("finance-maya"), payments_of(order_id)[0].id)
    listen(order_id)
    assert works(order_id) == [("wh-surabaya", "cancelled"), ("wh-sidoarjo", "assigned")]

    claim("salesman-budi", the_offer(order_id).id)

    assert works(order_id)[1:] == [("wh-sidoarjo", "cancelled"), ("van-budi", "accepted")]
    everything_holds(sim)


def test_who_asks_to_route_an_order_again_before_it_was_routed_takes_no_goods_twice(sim: Sim) -> None:
    """Seed 82: the units that placing had allocated stayed so, and others were allocated beside them."""
    order_id = placed_only((CUP, 2))

    assert reroute(order_id, "asked") is False

    assert level(CUP)["allocated"] == 2
    everything_holds(sim)
    listen(order_id)
    assert works(order_id) == [("wh-surabaya", "assigned")]


def half_on_credit() -> str:
    """Two cups for 25,000: ten thousand on account, the rest by transfer."""
    paying = [Tender("credit", rupiah(10_000)), Tender("transfer")]
    lines = [Wanted(CUP, 2)]
    return str(place(PlaceOrder("phone", lines, TO_SARI, paying, agent(), customer_id="cus_makmur"))["id"])


def test_what_is_too_much_beside_a_credit_is_owed_back_once_though_the_order_ends(sim: Sim) -> None:
    """Seed 287: only what came in was compared with what was asked, not what the customer owed still."""
    order_id = half_on_credit()
    transfer = payments_of(order_id)[1].id
    settle.pay_in_cash(who("cashier-sinta"), order_id)
    settle.confirm(who("finance-maya"), transfer)
    everything_holds(sim)

    cancel(agent(), order_id, "changed his mind")

    assert sim.world(quiet=False).postings[f"refund_owed:{order_id}"] == -30_000
    everything_holds(sim)


def test_an_order_is_not_paid_while_what_came_in_too_much_stands_for_a_credit(sim: Sim) -> None:
    order_id = half_on_credit()
    transfer = payments_of(order_id)[1].id
    settle.pay_in_cash(who("cashier-sinta"), order_id)

    order, _ = settle.confirm(who("finance-maya"), transfer)

    assert order.payment_status == "partly_paid"


def test_who_cancels_while_another_does_is_told_that_it_is_done(sim: Sim) -> None:
    """Seed 19: the units that the other had given back already answered first, with a refusal."""
    order_id = placed_only((CUP, 2))
    rivals = [lambda: cancel(agent(), order_id, "twice")]
    sim.memory.faults = lambda send: rivals.pop()() and "" if send == "transact" and rivals else ""  # type: ignore[func-returns-value]

    order, _ = cancel(agent(), order_id, "changed his mind")

    assert (order.status, order.reason, rivals) == ("cancelled", "twice", [])
    everything_holds(sim)


def two_rare_ones_from_two_houses() -> str:
    """One lies in the first warehouse and one in the store; both are held until tomorrow."""
    order_id = placed_only((RARE, 2), payments=TRANSFER)
    listen(order_id)
    assert works(order_id) == [("wh-surabaya", "assigned"), ("store-tunjungan", "assigned")]
    return order_id


def test_an_order_routed_again_does_not_take_its_own_lapsed_hold(sim: Sim) -> None:
    """Seed 1000: ending the hold and making it anew were one item twice in a transaction, so nothing was routed."""
    order_id = two_rare_ones_from_two_houses()
    sim.now += timedelta(hours=25)

    reject(who("warehouse-joko"), f"ful_{order_id[4:]}-1", reason="too_busy")
    listen(order_id)

    assert works(order_id) == [("wh-surabaya", "rejected"), ("store-tunjungan", "assigned")]
    assert is_stranded(order_id)
    everything_holds(sim)


def test_an_order_on_hold_is_not_routed_to_where_it_holds_such_goods_already(sim: Sim) -> None:
    """Its second hold there would be the first one's row: the routing lost against itself for ever."""
    order_id = two_rare_ones_from_two_houses()
    put(RARE, "store-tunjungan", 1)

    reject(who("warehouse-joko"), f"ful_{order_id[4:]}-1", reason="too_busy")
    listen(order_id)
    assert is_stranded(order_id)
    put(RARE, "wh-sidoarjo", 1)
    try_stranded()

    assert works(order_id)[1:] == [("store-tunjungan", "assigned"), ("wh-sidoarjo", "assigned")]
    everything_holds(sim)


def test_late_money_takes_nothing_from_its_own_holds(sim: Sim) -> None:
    """By reading on: what is left of an order's lapsed holds was ended once as kept and once as taken."""
    order_id = two_rare_ones_from_two_houses()
    sim.now += timedelta(hours=25)
    placed_only((RARE, 1))

    order, _ = settle.confirm(who("finance-maya"), payments_of(order_id)[0].id)

    assert (order.status, order.payment_status) == ("cancelled", "paid")
    everything_holds(sim)
