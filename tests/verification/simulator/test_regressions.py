"""Bugs that simulated histories found in the product, each as its shortest scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.customers import find as customers
from chalicelib.fulfillment.claim import claim
from chalicelib.fulfillment.reject import reject
from chalicelib.fulfillment.reroute import reroute, retry_stranded
from chalicelib.fulfillment.store import is_stranded
from chalicelib.orders import confirm_payment
from chalicelib.orders.cancel import cancel
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.place import place
from chalicelib.payments.collect import collect
from chalicelib.payments.find import list_receivables_of_customer
from chalicelib.payments.lifecycle import cash_to_collect
from chalicelib.payments.store import load_payments
from chalicelib.places.save import save_staff
from infra.invariants.check import check_snapshot
from tests.fulfillment.build import deliver_events, latest_offer, list_statuses, place_order, place_order_without_events
from tests.shop import CUP, RARE, STAFF, TEAPOT, add_stock, level, principal_of
from tests.verification.simulator import weighted_actions
from tests.verification.simulator.action_helpers import SHIP_TO_SARI, agent_principal, rupiah
from tests.verification.simulator.sim import Sim

TRANSFER = [{"method": "transfer"}]


@pytest.fixture
def sim() -> Iterator[Sim]:
    with Sim(1).shop() as sim:
        sim.memory.restore(weighted_actions.load_initial_tables())
        yield sim


def assert_invariants_hold(sim: Sim) -> None:
    assert str(check_snapshot(sim.build_snapshot(quiet=False))) == "everything holds"


def load_payments_of(order_id: str) -> Any:
    return load_payments(confirm_payment.store.find_order(order_id).payment_ids)  # type: ignore[union-attr]


def test_a_transfer_confirmed_after_a_cash_payment_is_refunded(sim: Sim) -> None:
    """Seed 374: the second payment was posted to an order that was already paid."""
    order_id = place_order_without_events((CUP, 2), payments=TRANSFER)
    confirm_payment.pay_in_cash(principal_of("cashier-sinta"), order_id)

    order, _ = confirm_payment.confirm(principal_of("finance-maya"), load_payments_of(order_id)[0].id)

    assert (order.status, order.payment_status) == ("placed", "paid")
    assert sim.build_snapshot(quiet=False).postings[f"refund_owed:{order_id}"] == -25_000
    assert_invariants_hold(sim)


def test_an_overpayment_is_owed_back_once_when_the_order_is_cancelled(sim: Sim) -> None:
    """Seed 37: cancelling owed a refund of all payments, including the refund that was already owed."""
    order_id = place_order_without_events((CUP, 2), payments=TRANSFER)
    confirm_payment.pay_in_cash(principal_of("cashier-sinta"), order_id)
    confirm_payment.confirm(principal_of("finance-maya"), load_payments_of(order_id)[0].id)

    cancel(principal_of("agent-lia"), order_id, "changed their mind")

    assert sim.build_snapshot(quiet=False).postings[f"refund_owed:{order_id}"] == -50_000
    assert_invariants_hold(sim)


def test_a_claim_cancels_a_fulfillment_assigned_after_the_offer_was_made(
    sim: Sim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A late payment assigned the order to another warehouse while the offer was open, so two deliveries were made."""
    monkeypatch.setenv("SATUKANAL_TRANSFER_HOLD_MINUTES", "5")
    order_id = place_order((TEAPOT, 2), payments=TRANSFER)
    sim.now += timedelta(minutes=6)
    place_order((TEAPOT, 9))
    add_stock(TEAPOT, "wh-sidoarjo", 2)
    confirm_payment.confirm(principal_of("finance-maya"), load_payments_of(order_id)[0].id)
    deliver_events(order_id)
    assert list_statuses(order_id) == [("wh-surabaya", "cancelled"), ("wh-sidoarjo", "assigned")]

    claim("salesman-budi", latest_offer(order_id).id)

    assert list_statuses(order_id)[1:] == [("wh-sidoarjo", "cancelled"), ("van-budi", "accepted")]
    assert_invariants_hold(sim)


def test_rerouting_an_order_before_it_is_routed_allocates_its_units_once(sim: Sim) -> None:
    """Seed 82: the units allocated on placement were not released before others were allocated."""
    order_id = place_order_without_events((CUP, 2))

    assert reroute(order_id, "asked") is False

    assert level(CUP)["allocated"] == 2
    assert_invariants_hold(sim)
    deliver_events(order_id)
    assert list_statuses(order_id) == [("wh-surabaya", "assigned")]


def place_half_on_credit(credit_minor: int = 10_000) -> str:
    """Order two cups for 25,000: `credit_minor` on credit, the rest by transfer. Return the order's id."""
    tenders = [Tender("credit", rupiah(credit_minor)), Tender("transfer")]
    lines = [RequestedLine(CUP, 2)]
    return str(
        place(PlaceOrder("phone", lines, SHIP_TO_SARI, tenders, agent_principal(), customer_id="cus_makmur"))["id"]
    )


def pay_twice(order_id: str) -> Any:
    """Pay in cash while a bank transfer is under way, then confirm the transfer."""
    transfer = next(payment.id for payment in load_payments_of(order_id) if payment.method == "transfer")
    confirm_payment.pay_in_cash(principal_of("cashier-sinta"), order_id)
    order, _ = confirm_payment.confirm(principal_of("finance-maya"), transfer)
    return order


def remaining_credit_of_makmur() -> int:
    credit = customers.find_credit("cus_makmur")
    assert credit is not None
    return credit.left.minor


def test_an_overpayment_settles_the_receivable_of_the_order_first(sim: Sim) -> None:
    """Seed 287: a receivable of 10,000 stayed open while a refund of 15,000 was owed."""
    limit = remaining_credit_of_makmur()
    order_id = place_half_on_credit()
    assert remaining_credit_of_makmur() == limit - 10_000

    order = pay_twice(order_id)

    postings = sim.build_snapshot(quiet=False).postings
    assert order.payment_status == "paid"
    assert [(payment.method, payment.status) for payment in load_payments_of(order_id)] == [
        ("credit", "cancelled"),
        ("transfer", "captured"),
        ("cash", "captured"),
    ]
    assert (list_receivables_of_customer("cus_makmur"), postings.get("receivable:cus_makmur", 0)) == ([], 0)
    assert (remaining_credit_of_makmur(), postings[f"refund_owed:{order_id}"]) == (limit, -5_000)
    assert_invariants_hold(sim)


def test_a_late_payment_confirmed_twice_settles_a_receivable_once(sim: Sim) -> None:
    order_id = place_half_on_credit()
    pay_twice(order_id)
    before = sim.memory.snapshot()

    confirm_payment.confirm(principal_of("finance-maya"), load_payments_of(order_id)[1].id)

    assert sim.memory.snapshot() == before


def test_a_late_payment_settles_only_the_rest_of_a_partly_settled_receivable(sim: Sim) -> None:
    """4,000 of 10,000 were collected, so the late payment of 15,000 settles 6,000 and 9,000 are refunded."""
    order_id = place_half_on_credit()
    collect(principal_of("finance-maya"), "cus_makmur", rupiah(4_000), "transfer")

    order = pay_twice(order_id)

    debt = load_payments_of(order_id)[0]
    assert (debt.status, debt.amount, debt.captured) == ("captured", rupiah(4_000), rupiah(4_000))
    assert (order.payment_status, list_receivables_of_customer("cus_makmur")) == ("paid", [])
    assert sim.build_snapshot(quiet=False).postings[f"refund_owed:{order_id}"] == -9_000
    assert_invariants_hold(sim)


def test_a_late_payment_below_the_receivable_leaves_the_rest_open(sim: Sim) -> None:
    """16,000 of 25,000 are on credit, 9,000 are paid by transfer and again in cash."""
    order_id = place_half_on_credit(16_000)

    order = pay_twice(order_id)

    [debt] = list_receivables_of_customer("cus_makmur")
    assert (debt.amount, debt.left, debt.status) == (rupiah(7_000), rupiah(7_000), "open")
    assert order.payment_status == "partly_paid"
    assert f"refund_owed:{order_id}" not in sim.build_snapshot(quiet=False).postings
    assert_invariants_hold(sim)


def test_a_courier_collects_nothing_that_a_late_payment_covers(sim: Sim) -> None:
    """10,000 are due on delivery, and 15,000 by a transfer that arrives after it was replaced by cash."""
    payments = [{"method": "cod", "amount": {"amount": 10_000, "currency": "IDR"}}, *TRANSFER]
    order_id = place_order_without_events((CUP, 2), payments=payments)

    order = pay_twice(order_id)

    assert (order.payment_status, cash_to_collect(load_payments_of(order_id), "IDR")) == ("paid", rupiah(0))
    assert sim.build_snapshot(quiet=False).postings[f"refund_owed:{order_id}"] == -5_000
    assert_invariants_hold(sim)


def test_a_late_payment_and_a_concurrent_collection_settle_a_receivable_once(sim: Sim) -> None:
    """The second commit is retried: after the concurrent collection the whole late payment is refunded."""
    order_id = place_half_on_credit()
    confirm_payment.pay_in_cash(principal_of("cashier-sinta"), order_id)
    rivals = [lambda: collect(principal_of("finance-maya"), "cus_makmur", rupiah(10_000), "transfer")]
    sim.memory.inject_fault = lambda send: str(bool(rivals.pop()()))[:0] if send == "transact" and rivals else ""

    order, _ = confirm_payment.confirm(principal_of("finance-maya"), load_payments_of(order_id)[1].id)

    assert (order.payment_status, rivals) == ("paid", [])
    assert sim.build_snapshot(quiet=False).postings[f"refund_owed:{order_id}"] == -15_000
    assert_invariants_hold(sim)


def test_an_overpayment_beside_credit_is_owed_back_once_when_the_order_is_cancelled(sim: Sim) -> None:
    """Seed 287: the refund was computed from the payments without the open receivable."""
    order_id = place_half_on_credit()
    pay_twice(order_id)

    cancel(agent_principal(), order_id, "changed their mind")

    assert sim.build_snapshot(quiet=False).postings[f"refund_owed:{order_id}"] == -30_000
    assert_invariants_hold(sim)


def test_cancelling_concurrently_answers_that_the_order_is_cancelled(sim: Sim) -> None:
    """Seed 19: the condition on the units, which were released already, failed first and refused the cancellation."""
    order_id = place_order_without_events((CUP, 2))
    rivals = [lambda: cancel(agent_principal(), order_id, "twice")]
    sim.memory.inject_fault = lambda send: rivals.pop()() and "" if send == "transact" and rivals else ""  # type: ignore[func-returns-value]

    order, _ = cancel(agent_principal(), order_id, "changed their mind")

    assert (order.status, order.reason, rivals) == ("cancelled", "twice", [])
    assert_invariants_hold(sim)


def order_from_two_warehouses() -> str:
    """Order two units, one from the warehouse and one from the store, both held until tomorrow."""
    order_id = place_order_without_events((RARE, 2), payments=TRANSFER)
    deliver_events(order_id)
    assert list_statuses(order_id) == [("wh-surabaya", "assigned"), ("store-tunjungan", "assigned")]
    return order_id


def test_an_order_routed_again_does_not_take_its_own_lapsed_hold(sim: Sim) -> None:
    """Seed 1000: deleting and creating the hold named one item twice in a transaction, so the routing failed."""
    order_id = order_from_two_warehouses()
    sim.now += timedelta(hours=25)

    reject(principal_of("warehouse-joko"), f"ful_{order_id[4:]}-1", reason="too_busy")
    deliver_events(order_id)

    assert list_statuses(order_id) == [("wh-surabaya", "rejected"), ("store-tunjungan", "assigned")]
    assert is_stranded(order_id)
    assert_invariants_hold(sim)


def test_a_held_order_is_not_rerouted_to_a_location_that_holds_its_units(sim: Sim) -> None:
    """A second hold at the location would have the key of the first, so every routing failed."""
    order_id = order_from_two_warehouses()
    add_stock(RARE, "store-tunjungan", 1)

    reject(principal_of("warehouse-joko"), f"ful_{order_id[4:]}-1", reason="too_busy")
    deliver_events(order_id)
    assert is_stranded(order_id)
    add_stock(RARE, "wh-sidoarjo", 1)
    retry_stranded()

    assert list_statuses(order_id)[1:] == [("store-tunjungan", "assigned"), ("wh-sidoarjo", "assigned")]
    assert_invariants_hold(sim)


def test_a_late_payment_does_not_reuse_its_own_holds(sim: Sim) -> None:
    """The remaining lapsed holds of the order were deleted twice, as converted and as taken."""
    order_id = order_from_two_warehouses()
    sim.now += timedelta(hours=25)
    place_order_without_events((RARE, 1))

    order, _ = confirm_payment.confirm(principal_of("finance-maya"), load_payments_of(order_id)[0].id)

    assert (order.status, order.payment_status) == ("cancelled", "paid")
    assert_invariants_hold(sim)


def test_a_salesman_inactive_when_an_offer_opened_counts_as_not_notified_after_returning(sim: Sim) -> None:
    """Seed 14501: a mistake of the checker. The offer is still open on the return, but its notification has passed."""
    offer = latest_offer(place_order((TEAPOT, 1)))
    dewi = next(member for member in STAFF if member.id == "salesman-dewi")
    save_staff(replace(dewi, active=False), "owner-ratna")
    sim.drain()

    save_staff(dewi, "owner-ratna")
    sim.drain()

    assert dewi.id in {invitation.staff for invitation in offer.invitations}
    assert sim.now < offer.expires_at
    assert f"staff#{dewi.id}" not in {row["pk"] for row in sim.build_snapshot(quiet=True).notices}
    assert str(check_snapshot(sim.build_snapshot(quiet=True))) == "everything holds"
