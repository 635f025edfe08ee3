"""What simulated histories found in the shop, each as the shortest story that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.customers import find as customers
from chalicelib.fulfillment.claim import claim
from chalicelib.fulfillment.reject import reject
from chalicelib.fulfillment.reroute import reroute, try_stranded
from chalicelib.fulfillment.store import is_stranded
from chalicelib.orders import confirm_payment
from chalicelib.orders.cancel import cancel
from chalicelib.orders.command import PlaceOrder, Tender, Wanted
from chalicelib.orders.place import place
from chalicelib.payments.collect import collect
from chalicelib.payments.find import receivables_of
from chalicelib.payments.pay import cash_to_collect
from chalicelib.payments.store import load_payments
from chalicelib.places.keep import keep_staff
from infra.invariants.check import judge
from tests.fulfillment.build import listen, placed, placed_only, the_offer, works
from tests.shop import CUP, RARE, STAFF, TEAPOT, level, put, who
from tests.verification.simulator import actors
from tests.verification.simulator.deeds import TO_SARI, agent, rupiah
from tests.verification.simulator.sim import Sim

TRANSFER = [{"method": "transfer"}]


@pytest.fixture
def sim() -> Iterator[Sim]:
    with Sim(1).shop() as sim:
        sim.memory.put_back(actors.opened())
        yield sim


def everything_holds(sim: Sim) -> None:
    assert str(judge(sim.world(quiet=False))) == "everything holds"


def payments_of(order_id: str) -> Any:
    return load_payments(confirm_payment.store.load(order_id).payment_ids)  # type: ignore[union-attr]


def test_who_paid_in_cash_what_he_had_sent_to_the_bank_gets_it_back(sim: Sim) -> None:
    """Seed 374: the second sum was booked against an order that owed nothing any more."""
    order_id = placed_only((CUP, 2), payments=TRANSFER)
    confirm_payment.pay_in_cash(who("cashier-sinta"), order_id)

    order, _ = confirm_payment.confirm(who("finance-maya"), payments_of(order_id)[0].id)

    assert (order.status, order.payment_status) == ("placed", "paid")
    assert sim.world(quiet=False).postings[f"refund_owed:{order_id}"] == -25_000
    everything_holds(sim)


def test_what_was_paid_too_much_is_owed_back_once_though_the_order_ends(sim: Sim) -> None:
    """Seed 37: cancelling owed all that had come in, also what was owed back already."""
    order_id = placed_only((CUP, 2), payments=TRANSFER)
    confirm_payment.pay_in_cash(who("cashier-sinta"), order_id)
    confirm_payment.confirm(who("finance-maya"), payments_of(order_id)[0].id)

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
    confirm_payment.confirm(who("finance-maya"), payments_of(order_id)[0].id)
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


def half_on_credit(minor: int = 10_000) -> str:
    """Two cups for 25,000: ten thousand on account, the rest by transfer."""
    paying = [Tender("credit", rupiah(minor)), Tender("transfer")]
    lines = [Wanted(CUP, 2)]
    return str(place(PlaceOrder("phone", lines, TO_SARI, paying, agent(), customer_id="cus_makmur"))["id"])


def paid_twice(order_id: str) -> Any:
    """He sent the money to the bank, and before it was there he brought cash instead."""
    transfer = next(each.id for each in payments_of(order_id) if each.method == "transfer")
    confirm_payment.pay_in_cash(who("cashier-sinta"), order_id)
    order, _ = confirm_payment.confirm(who("finance-maya"), transfer)
    return order


def left_to_makmur() -> int:
    credit = customers.credit("cus_makmur")
    assert credit is not None
    return credit.left.minor


def test_what_comes_in_too_much_pays_first_what_its_customer_owes_for_the_order(sim: Sim) -> None:
    """Seed 287, and an audit: ten thousand stood open on account while fifteen thousand were owed back to him."""
    limit = left_to_makmur()
    order_id = half_on_credit()
    assert left_to_makmur() == limit - 10_000

    order = paid_twice(order_id)

    booked = sim.world(quiet=False).postings
    assert order.payment_status == "paid"
    assert [(each.method, each.status) for each in payments_of(order_id)] == [
        ("credit", "cancelled"),
        ("transfer", "captured"),
        ("cash", "captured"),
    ]
    assert (receivables_of("cus_makmur"), booked.get("receivable:cus_makmur", 0)) == ([], 0)
    assert (left_to_makmur(), booked[f"refund_owed:{order_id}"]) == (limit, -5_000)
    everything_holds(sim)


def test_late_money_that_is_confirmed_again_pays_a_debt_once(sim: Sim) -> None:
    order_id = half_on_credit()
    paid_twice(order_id)
    before = sim.memory.snapshot()

    confirm_payment.confirm(who("finance-maya"), payments_of(order_id)[1].id)

    assert sim.memory.snapshot() == before


def test_a_debt_paid_in_part_asks_only_for_what_late_money_leaves_of_it(sim: Sim) -> None:
    """Four thousand of it were collected already, so that nine of the fifteen that come late are too much."""
    order_id = half_on_credit()
    collect(who("finance-maya"), "cus_makmur", rupiah(4_000), "transfer")

    order = paid_twice(order_id)

    debt = payments_of(order_id)[0]
    assert (debt.status, debt.amount, debt.captured) == ("captured", rupiah(4_000), rupiah(4_000))
    assert (order.payment_status, receivables_of("cus_makmur")) == ("paid", [])
    assert sim.world(quiet=False).postings[f"refund_owed:{order_id}"] == -9_000
    everything_holds(sim)


def test_late_money_that_is_less_than_the_debt_leaves_the_rest_of_it_open(sim: Sim) -> None:
    """Two cups for 25,000: sixteen thousand on account, nine by transfer, and nine again in cash."""
    order_id = half_on_credit(16_000)

    order = paid_twice(order_id)

    [debt] = receivables_of("cus_makmur")
    assert (debt.amount, debt.left, debt.status) == (rupiah(7_000), rupiah(7_000), "open")
    assert order.payment_status == "partly_paid"
    assert f"refund_owed:{order_id}" not in sim.world(quiet=False).postings
    everything_holds(sim)


def test_a_courier_asks_for_nothing_that_late_money_has_paid(sim: Sim) -> None:
    """Ten thousand were to be paid at the door and fifteen by transfer, which came though cash had come instead."""
    paying = [{"method": "cod", "amount": {"amount": 10_000, "currency": "IDR"}}, *TRANSFER]
    order_id = placed_only((CUP, 2), payments=paying)

    order = paid_twice(order_id)

    assert (order.payment_status, cash_to_collect(payments_of(order_id), "IDR")) == ("paid", rupiah(0))
    assert sim.world(quiet=False).postings[f"refund_owed:{order_id}"] == -5_000
    everything_holds(sim)


def test_late_money_and_a_collection_at_once_pay_a_debt_once(sim: Sim) -> None:
    """Whoever comes second decides anew: what was collected meanwhile leaves more of the late money to be owed back."""
    order_id = half_on_credit()
    confirm_payment.pay_in_cash(who("cashier-sinta"), order_id)
    rivals = [lambda: collect(who("finance-maya"), "cus_makmur", rupiah(10_000), "transfer")]
    sim.memory.faults = lambda send: str(bool(rivals.pop()()))[:0] if send == "transact" and rivals else ""

    order, _ = confirm_payment.confirm(who("finance-maya"), payments_of(order_id)[1].id)

    assert (order.payment_status, rivals) == ("paid", [])
    assert sim.world(quiet=False).postings[f"refund_owed:{order_id}"] == -15_000
    everything_holds(sim)


def test_what_is_too_much_beside_a_credit_is_owed_back_once_though_the_order_ends(sim: Sim) -> None:
    """Seed 287: only what came in was compared with what was asked, not what the customer owed still."""
    order_id = half_on_credit()
    paid_twice(order_id)

    cancel(agent(), order_id, "changed his mind")

    assert sim.world(quiet=False).postings[f"refund_owed:{order_id}"] == -30_000
    everything_holds(sim)


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

    order, _ = confirm_payment.confirm(who("finance-maya"), payments_of(order_id)[0].id)

    assert (order.status, order.payment_status) == ("cancelled", "paid")
    everything_holds(sim)


def test_who_was_away_when_an_offer_was_told_is_not_missed_once_he_is_back(sim: Sim) -> None:
    """Seed 14501: the checker's own mistake. An offer outlasts him who comes back, its news do not."""
    offer = the_offer(placed((TEAPOT, 1)))
    dewi = next(one for one in STAFF if one.id == "salesman-dewi")
    keep_staff(replace(dewi, active=False), "owner-ratna")
    sim.become_quiet()

    keep_staff(dewi, "owner-ratna")
    sim.become_quiet()

    assert dewi.id in {each.staff for each in offer.invited}
    assert sim.now < offer.expires_at
    assert f"staff#{dewi.id}" not in {row["pk"] for row in sim.world(quiet=True).notices}
    assert str(judge(sim.world(quiet=True))) == "everything holds"
