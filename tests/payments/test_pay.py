"""How tenders begin, move and end, and what an order's payments say of it. Pure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.customers.model import NoCreditTerms
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money
from chalicelib.payments import pay, post
from chalicelib.payments.model import (
    MOST_PAYMENTS,
    MethodUnavailable,
    NoOpenShift,
    PaymentCannotMove,
    Posting,
    Shift,
    bag_of,
)
from chalicelib.payments.pay import PaymentTerms
from tests.payments.build import NOON, a_payment, rupiah

IDS = [f"pay_{number}" for number in range(MOST_PAYMENTS)]
DRAWER = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(0))


def begun(*tenders, whole=1000, **said):
    return pay.build_payments(PaymentTerms("ord_1", **said), tenders, rupiah(whole), IDS)


def test_one_tender_without_an_amount_pays_the_rest():
    cash, transfer = begun(("cash", rupiah(300)), ("transfer", None), shift=DRAWER, reference="SK-1")

    assert (cash.amount, cash.status, cash.captured, cash.till, cash.shift) == (
        *(rupiah(300), "captured", rupiah(300)),
        *("till-1", "shf_1"),
    )
    assert (transfer.amount, transfer.status, transfer.captured, transfer.reference) == (
        *(rupiah(700), "awaiting_proof", rupiah(0)),
        "SK-1",
    )
    assert cash.reference == ""


@pytest.mark.parametrize(
    "tenders, says",
    [
        ([], "send one to 4 of them"),
        ([("cod", rupiah(999))], "they come to Rp999 and the order to Rp1.000"),
        ([("cod", rupiah(1001))], "they come to Rp1.001 and the order to Rp1.000"),
        ([("cod", None), ("transfer", None)], "only one of them may leave its amount out"),
        ([("cod", rupiah(1000)), ("transfer", None)], "they come to Rp1.000 and the order to Rp1.000"),
        ([("cod", rupiah(0)), ("transfer", None)], "each amount is above zero"),
        ([("cod", rupiah(-1)), ("transfer", rupiah(1001))], "each amount is above zero"),
        ([("cod", Money(1000, "USD"))], "this order is paid in IDR"),
        ([("cod", rupiah(100))] * 5, "send one to 4 of them"),
    ],
)
def test_tenders_that_do_not_come_to_the_total_are_refused_with_the_reason(tenders, says):
    with pytest.raises(Invalid) as refused:
        begun(*tenders)

    assert refused.value.errors == [{"field": "payments", "says": says}]


def test_tenders_note_who_took_them_where_and_how_long_they_wait():
    cod, transfer = begun(("cod", rupiah(1)), ("transfer", None), actor="agent-lia", channel="phone", expires_at=NOON)

    assert [(each.actor, each.channel) for each in (cod, transfer)] == [("agent-lia", "phone")] * 2
    assert (cod.expires_at, transfer.expires_at) == (None, NOON)


def test_payments_without_enough_ids_are_a_bug():
    with pytest.raises(ValueError, match="2 payments need as many ids"):
        pay.build_payments(PaymentTerms("ord_1"), [("cod", rupiah(1)), ("transfer", None)], rupiah(2), ["pay_1"])


def test_a_method_without_a_provider_is_named_together_with_those_there_are():
    with pytest.raises(MethodUnavailable) as refused:
        begun(("qris", None))

    assert refused.value.facts == {"method": "qris", "methods": ["cash", "cod", "credit", "transfer"]}


def test_cash_needs_a_drawer_and_credit_needs_terms():
    with pytest.raises(NoOpenShift):
        begun(("cash", None))
    with pytest.raises(NoCreditTerms):
        begun(("credit", None), customer_id="cus_1")


def test_an_order_that_costs_nothing_has_no_payments_and_is_paid():
    assert begun(("cod", None), whole=0) == []
    assert pay.payment_status(rupiah(0), []) == "paid"


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=MOST_PAYMENTS - 1), st.integers(1, 10**9))
def test_any_split_sums_to_the_whole(parts, rest):
    whole = sum(parts) + rest

    payments = begun(*[("cod", rupiah(part)) for part in parts], ("transfer", None), whole=whole)

    assert sum(payment.amount.minor for payment in payments) == whole
    assert [payment.id for payment in payments] == IDS[: len(parts) + 1]


def test_a_payment_moves_only_along_its_table():
    with pytest.raises(PaymentCannotMove) as refused:
        pay.moved(a_payment("cod", status="captured"), "cancelled")

    assert refused.value.facts == {"payment_id": "pay_1", "method": "cod", "status": "captured", "to": "cancelled"}
    assert pay.moved(a_payment("transfer", version=4), "proof_submitted", proof="file_1") == a_payment(
        "transfer", status="proof_submitted", proof="file_1", version=5
    )


def test_a_credit_is_settled_part_by_part_until_nothing_is_open():
    credit = a_payment("credit", 100, version=4)

    part = pay.settled(credit, rupiah(40))
    whole = pay.settled(part, rupiah(60))

    assert part == replace(credit, captured=rupiah(40), version=5)
    assert whole == replace(credit, captured=rupiah(100), status="captured", version=6)


def test_cash_on_delivery_goes_into_the_carriers_bag_when_he_has_no_shift():
    taken = pay.captured(a_payment("cod", 500), actor="courier-agus", shift=bag_of("courier-agus", "IDR"))

    assert (taken.status, taken.captured, taken.till, taken.actor) == (
        *("captured", rupiah(500)),
        *("cod:courier-agus", "courier-agus"),
    )
    assert post.capture(taken) == (Posting("till:cod:courier-agus", 500), Posting("order:ord_1", -500))


STATUS = [
    ("unpaid", [a_payment("transfer", 100)]),
    ("unpaid", [a_payment("cod", 100)]),
    ("pending", [a_payment("transfer", 100, status="proof_submitted")]),
    ("paid", [a_payment("cash", 100)]),
    ("partly_paid", [a_payment("cash", 40), a_payment("transfer", 60)]),
    ("on_credit", [a_payment("credit", 100)]),
    ("partly_paid", [a_payment("credit", 100, captured=rupiah(1))]),
    ("paid", [a_payment("credit", 100, status="captured", captured=rupiah(100))]),
    ("partly_refunded", [a_payment("cash", 100, refunded=rupiah(1))]),
    ("refunded", [a_payment("cash", 100, refunded=rupiah(100))]),
    ("paid", [a_payment("transfer", 100, status="captured", captured=rupiah(100)), a_payment("cash", 100)]),
    ("partly_refunded", [a_payment("cash", 150, refunded=rupiah(99))]),
]


@pytest.mark.parametrize("status, payments", STATUS)
def test_payment_status_is_derived_from_the_ledger(status, payments):
    assert pay.payment_status(rupiah(100), payments) == status


A_DEBT = a_payment("credit", 40, captured=rupiah(10), id="pay_debt")
AT_THE_DOOR = a_payment("cod", 50, id="pay_door")
OWING = [AT_THE_DOOR, a_payment("cash", 10), A_DEBT, a_payment("transfer", 9), a_payment("cod", 7, status="cancelled")]
COVERED = [
    (0, []),
    (29, [(A_DEBT, rupiah(29))]),
    (30, [(A_DEBT, rupiah(30))]),
    (31, [(A_DEBT, rupiah(30)), (AT_THE_DOOR, rupiah(1))]),
    (99, [(A_DEBT, rupiah(30)), (AT_THE_DOOR, rupiah(50))]),
]


@pytest.mark.parametrize("minor, covered", COVERED)
def test_money_that_nobody_expects_any_more_pays_his_debt_first_and_then_what_he_would_pay_at_his_door(minor, covered):
    assert pay.covering(OWING, rupiah(minor)) == covered


def test_a_tender_that_other_money_pays_asks_for_so_much_less_and_at_last_for_nothing():
    less, whole = pay.covered(AT_THE_DOOR, rupiah(20)), pay.covered(AT_THE_DOOR, rupiah(50))
    debt = pay.covered(A_DEBT, rupiah(29))

    assert (less.status, less.amount, less.version) == ("due", rupiah(30), 2)
    assert (whole.status, whole.captured, whole.version) == ("cancelled", rupiah(0), 2)
    assert (debt.status, debt.open, debt.version) == ("on_credit", rupiah(1), 2)
    assert pay.covered(A_DEBT, rupiah(30)) == replace(A_DEBT, amount=rupiah(10), status="captured", version=2)


def test_what_keeps_goods_from_leaving_is_money_that_must_come_first():
    waiting = a_payment("transfer", 60)

    assert pay.unpaid_before_dispatch([a_payment("cash"), a_payment("cod"), waiting, a_payment("credit")]) == [waiting]
    assert pay.unpaid_before_dispatch([pay.moved(waiting, "captured")]) == []
    assert pay.unpaid_before_dispatch([pay.moved(waiting, "cancelled"), a_payment("cash", 60)]) == []


def test_only_what_is_due_at_the_door_is_still_to_be_collected():
    payments = [a_payment("cash", 40), a_payment("cod", 60), a_payment("cod", 7, status="captured")]
    payments += [a_payment("transfer", 9, status="captured", captured=rupiah(9))]

    assert pay.cash_to_collect(payments, "IDR") == rupiah(60)


def test_the_end_of_an_order_leaves_what_came_in_and_cancels_the_rest():
    ended = [pay.ended(each, "expired") for each in (a_payment("cash"), a_payment("cod"), a_payment("transfer"))]

    assert [each.status for each in ended] == ["captured", "cancelled", "expired"]
    assert [pay.ended(each, "expired") for each in ended] == ended
