"""Double-entry postings of payments, and refunds owed. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import total
from chalicelib.payments import lifecycle, postings
from chalicelib.payments.lifecycle import PaymentContext
from chalicelib.payments.model import (
    MAX_PAYMENTS_PER_ORDER,
    PAYMENT_METHODS,
    Posting,
    Shift,
)
from tests.payments.build import TODAY, a_payment, rupiah

IDS = [f"pay_{number}" for number in range(MAX_PAYMENTS_PER_ORDER)]
A_SHIFT = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(0))


OVERPAID_CASES = [
    (0, [a_payment("cod", 50)]),
    (0, [a_payment("cash", 60), a_payment("credit", 40)]),
    (0, [a_payment("cash", 100), a_payment("transfer", 100)]),
    (1, [a_payment("cash", 101)]),
    (30, [a_payment("cash", 100), a_payment("credit", 30, status="captured", captured=rupiah(30))]),
    (20, [a_payment("cash", 100, refunded=rupiah(30)), a_payment("cash", 50)]),
]


@pytest.mark.parametrize("overpaid, payments", OVERPAID_CASES)
def test_captures_beyond_the_order_total_are_overpaid(overpaid, payments):
    assert lifecycle.overpaid_minor(rupiah(100), payments) == overpaid


def test_an_ended_order_owes_a_refund_of_captures_not_yet_owed_back():
    both = [a_payment("cash", 100), a_payment("transfer", 100, status="captured", captured=rupiah(100))]

    assert postings.refund_owed_minor(rupiah(100), [a_payment("cash", 100, refunded=rupiah(30))]) == 70
    assert postings.refund_owed_minor(rupiah(100), both) == 100


tender = st.tuples(st.sampled_from(sorted(PAYMENT_METHODS)), st.integers(1, 10**9))


def build_payments(tenders):
    order_total = rupiah(sum(minor for _, minor in tenders))
    requested = [(method, rupiah(minor)) for method, minor in tenders]
    context = PaymentContext("ord_1", shift=A_SHIFT, customer_id="cus_1", due_on=TODAY, channel="pos")
    return order_total, lifecycle.build_payments(context, requested, order_total, IDS)


def sum_by_account(postings):
    accounts = {}
    for posting in postings:
        accounts[posting.account] = accounts.get(posting.account, 0) + posting.minor
    return {account: minor for account, minor in accounts.items() if minor}


@given(st.lists(tender, min_size=1, max_size=MAX_PAYMENTS_PER_ORDER), st.data())
def test_every_entry_of_an_order_balances_and_an_ended_order_holds_exactly_its_refund_owed(tenders, data):
    order_total, payments = build_payments(tenders)
    entries = [postings.build_placement("ord_1", order_total, payments)]
    for index, payment in enumerate(payments):
        if payment.method in ("cod", "transfer") and data.draw(st.booleans()):
            payments[index] = lifecycle.capture(payment, actor="x", shift=A_SHIFT if payment.method == "cod" else None)
            entries.append(postings.build_capture(payments[index]))
        elif payment.method == "credit":
            paid = rupiah(data.draw(st.integers(0, payment.amount.minor)))
            payments[index] = lifecycle.settle(payment, paid) if paid else payment
            entries.append([Posting("bank", paid.minor), Posting("receivable:cus_1", -paid.minor)])
    outstanding = order_total - total((payment.captured for payment in payments), "IDR")
    balances = sum_by_account(posting for entry in entries for posting in entry)
    assert balances.get("order:ord_1", 0) + balances.get("receivable:cus_1", 0) == outstanding.minor

    owed = postings.refund_owed_minor(order_total, payments)
    entries.append(postings.build_order_end("ord_1", order_total, payments, owed))

    final = sum_by_account(posting for entry in entries for posting in entry)
    assert all(sum(posting.minor for posting in entry) == 0 for entry in entries)
    assert "order:ord_1" not in final and "receivable:cus_1" not in final and "sales" not in final
    assert -final.get("refund_owed:ord_1", 0) == sum(payment.captured.minor for payment in payments)


def test_a_capture_after_the_orders_end_is_owed_back():
    late = lifecycle.transition(a_payment("transfer", 100, status="expired"), "captured")

    assert postings.build_surplus_capture(late, late.captured, []) == (
        Posting("bank", 100),
        Posting("refund_owed:ord_1", -100),
    )
    assert postings.uncovered_minor(late.captured, []) == 100


def test_a_late_capture_covers_credit_and_cod_before_a_refund_is_owed():
    late = lifecycle.transition(a_payment("transfer", 100, status="cancelled"), "captured")
    credit, cod = a_payment("credit", 30, customer_id="cus_1"), a_payment("cod", 20)

    assert postings.uncovered_minor(late.captured, [(credit, rupiah(30)), (cod, rupiah(20))]) == 50
    assert postings.build_surplus_capture(late, late.captured, [(credit, rupiah(30)), (cod, rupiah(20))]) == (
        Posting("bank", 100),
        Posting("order:ord_1", -20),
        Posting("receivable:cus_1", -30),
        Posting("refund_owed:ord_1", -50),
    )
    assert postings.build_surplus_capture(late, late.captured, [(credit, rupiah(100))]) == (
        Posting("bank", 100),
        Posting("receivable:cus_1", -100),
    )


def test_what_arrived_beyond_the_amount_due_is_owed_back_and_the_rest_pays_the_order():
    transfer = lifecycle.transition(a_payment("transfer", 130), "captured")

    assert postings.build_surplus_capture(transfer, rupiah(30), []) == (
        Posting("bank", 130),
        Posting("order:ord_1", -100),
        Posting("refund_owed:ord_1", -30),
    )


def test_the_surplus_of_a_capture_is_owed_back_with_the_rest_when_its_order_ends_at_once():
    captured = lifecycle.transition(a_payment("transfer", 130), "captured")
    overpaid_before = a_payment("cash", 120)

    assert postings.refund_owed_minor(rupiah(100), [captured], captured) == 130
    assert postings.refund_owed_minor(rupiah(100), [captured]) == 100
    assert postings.refund_owed_minor(rupiah(100), [overpaid_before, captured], captured) == 230


def test_a_capture_posts_the_captured_amount_and_credit_the_full_amount():
    part = lifecycle.transition(a_payment("transfer", 100), "captured", captured=rupiah(40))

    assert postings.build_capture(part) == (Posting("bank", 40), Posting("order:ord_1", -40))
    assert postings.build_capture(a_payment("credit", 100, customer_id="cus_1")) == (
        Posting("receivable:cus_1", 100),
        Posting("order:ord_1", -100),
    )


def test_cancelled_goods_reduce_the_sale_and_what_was_paid_for_them_is_owed_back():
    credit, cod = a_payment("credit", 100, customer_id="cus_1"), a_payment("cod", 20)

    assert postings.build_reduction("ord_1", rupiah(70), [(credit, rupiah(30)), (cod, rupiah(15))]) == (
        Posting("sales", 70),
        Posting("order:ord_1", -15),
        Posting("refund_owed:ord_1", -25),
        Posting("receivable:cus_1", -30),
    )
    assert postings.build_reduction("ord_1", rupiah(70), []) == (
        Posting("sales", 70),
        Posting("refund_owed:ord_1", -70),
    )


@pytest.mark.parametrize("till, account", [("", "bank"), ("till-1", "till:till-1")])
def test_a_refund_is_paid_from_the_bank_or_a_till(till, account):
    assert postings.build_refund("ord_1", rupiah(70), till) == (
        Posting("refund_owed:ord_1", 70),
        Posting(account, -70),
    )
    assert postings.build_refund("ord_1", rupiah(70))[1] == Posting("bank", -70)


def test_unbalanced_postings_raise_value_error():
    with pytest.raises(ValueError, match=r"do not balance: \{'bank': 1\}"):
        postings.merge_postings([Posting("bank", 1)])
