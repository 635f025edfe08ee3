"""The double entry behind tenders, and what is owed back. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import total
from chalicelib.payments import pay, post
from chalicelib.payments.model import (
    METHODS,
    MOST_PAYMENTS,
    Posting,
    Shift,
)
from chalicelib.payments.pay import PaymentTerms
from tests.payments.build import TODAY, a_payment, rupiah

IDS = [f"pay_{number}" for number in range(MOST_PAYMENTS)]
DRAWER = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(0))


TOO_MUCH = [
    (0, [a_payment("cod", 50)]),
    (0, [a_payment("cash", 60), a_payment("credit", 40)]),
    (0, [a_payment("cash", 100), a_payment("transfer", 100)]),
    (1, [a_payment("cash", 101)]),
    (30, [a_payment("cash", 100), a_payment("credit", 30, status="captured", captured=rupiah(30))]),
    (20, [a_payment("cash", 100, refunded=rupiah(30)), a_payment("cash", 50)]),
]


@pytest.mark.parametrize("beyond, payments", TOO_MUCH)
def test_what_came_in_beyond_what_the_order_asks_is_too_much(beyond, payments):
    assert pay.too_much(rupiah(100), payments) == beyond


def test_an_order_that_ends_owes_back_what_it_still_has_and_what_was_not_owed_back_before():
    both = [a_payment("cash", 100), a_payment("transfer", 100, status="captured", captured=rupiah(100))]

    assert post.owed_at_end(rupiah(100), [a_payment("cash", 100, refunded=rupiah(30))]) == 70
    assert post.owed_at_end(rupiah(100), both) == 100


tender = st.tuples(st.sampled_from(sorted(METHODS)), st.integers(1, 10**9))


def payments_of(tenders):
    whole = rupiah(sum(minor for _, minor in tenders))
    given = [(method, rupiah(minor)) for method, minor in tenders]
    terms = PaymentTerms("ord_1", shift=DRAWER, customer_id="cus_1", due_on=TODAY, channel="pos")
    return whole, pay.build_payments(terms, given, whole, IDS)


def sums(postings):
    accounts = {}
    for posting in postings:
        accounts[posting.account] = accounts.get(posting.account, 0) + posting.minor
    return {account: minor for account, minor in accounts.items() if minor}


@given(st.lists(tender, min_size=1, max_size=MOST_PAYMENTS), st.data())
def test_every_entry_of_an_orders_life_balances_and_a_dead_order_holds_exactly_what_it_owes_back(tenders, data):
    whole, payments = payments_of(tenders)
    entries = [post.placement("ord_1", whole, payments)]
    for index, payment in enumerate(payments):
        if payment.method in ("cod", "transfer") and data.draw(st.booleans()):
            payments[index] = pay.captured(payment, actor="x", shift=DRAWER if payment.method == "cod" else None)
            entries.append(post.capture(payments[index]))
        elif payment.method == "credit":
            paid = rupiah(data.draw(st.integers(0, payment.amount.minor)))
            payments[index] = pay.settled(payment, paid) if paid else payment
            entries.append([Posting("bank", paid.minor), Posting("receivable:cus_1", -paid.minor)])
    owing = whole - total((each.captured for each in payments), "IDR")
    alive = sums(posting for entry in entries for posting in entry)
    assert alive.get("order:ord_1", 0) + alive.get("receivable:cus_1", 0) == owing.minor

    entries.append(post.end("ord_1", whole, payments))

    books = sums(posting for entry in entries for posting in entry)
    assert all(sum(posting.minor for posting in entry) == 0 for entry in entries)
    assert "order:ord_1" not in books and "receivable:cus_1" not in books and "sales" not in books
    assert -books.get("refund_owed:ord_1", 0) == sum(each.captured.minor for each in payments)


def test_money_that_comes_after_the_end_is_owed_back_at_once():
    late = pay.moved(a_payment("transfer", 100, status="expired"), "captured")

    assert post.late(late, []) == (Posting("bank", 100), Posting("refund_owed:ord_1", -100))
    assert post.too_late(late, []) == 100


def test_late_money_takes_the_place_of_a_debt_and_of_cash_at_the_door_before_any_of_it_is_owed_back():
    late = pay.moved(a_payment("transfer", 100, status="cancelled"), "captured")
    debt, door = a_payment("credit", 30, customer_id="cus_1"), a_payment("cod", 20)

    assert post.too_late(late, [(debt, rupiah(30)), (door, rupiah(20))]) == 50
    assert post.late(late, [(debt, rupiah(30)), (door, rupiah(20))]) == (
        Posting("bank", 100),
        Posting("order:ord_1", -20),
        Posting("receivable:cus_1", -30),
        Posting("refund_owed:ord_1", -50),
    )
    assert post.late(late, [(debt, rupiah(100))]) == (Posting("bank", 100), Posting("receivable:cus_1", -100))


def test_only_what_came_in_is_entered_and_a_credit_as_a_whole():
    part = pay.moved(a_payment("transfer", 100), "captured", captured=rupiah(40))

    assert post.capture(part) == (Posting("bank", 40), Posting("order:ord_1", -40))
    assert post.capture(a_payment("credit", 100, customer_id="cus_1")) == (
        Posting("receivable:cus_1", 100),
        Posting("order:ord_1", -100),
    )


def test_an_entry_that_does_not_balance_is_a_bug():
    with pytest.raises(ValueError, match=r"do not balance: \{'bank': 1\}"):
        post.merged([Posting("bank", 1)])
