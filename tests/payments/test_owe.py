"""What customers owe: how old it is, and which of it a payment settles. Pure."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.payments import owe
from chalicelib.payments.model import (
    CollectInParts,
    MoreThanOwed,
    Receivable,
)
from tests.payments.build import TODAY, a_payment, a_receivable, rupiah

AGES = [
    (0, "current", 0),
    (-5, "current", 0),
    (1, "1-30", 1),
    (30, "1-30", 30),
    (31, "31-60", 31),
    (60, "31-60", 60),
    (61, "61-90", 61),
    (90, "61-90", 90),
    (91, "over_90", 91),
    (4000, "over_90", 4000),
]


@pytest.mark.parametrize("days, bucket, overdue", AGES)
def test_debts_age_from_the_day_after_they_fall_due(days, bucket, overdue):
    due_on = TODAY - timedelta(days=days)

    assert (owe.age(due_on, TODAY), owe.overdue_days(due_on, TODAY)) == (bucket, overdue)


def test_ageing_equals_a_hand_computed_fixture():
    owing = [
        a_receivable(100, date(2026, 11, 22)),
        a_receivable(200, date(2026, 11, 1)),
        a_receivable(400, date(2026, 10, 1), settled=150),
        a_receivable(800, date(2026, 8, 25)),
        a_receivable(1600, date(2026, 1, 1)),
        a_receivable(50, date(2020, 1, 1), settled=50),
    ]

    old = owe.ageing(owing, TODAY, "IDR")

    assert {name: money.minor for name, money in old.buckets.items()} == {
        "current": 100,
        "1-30": 200,
        "31-60": 250,
        "61-90": 800,
        "over_90": 1600,
    }
    assert (old.owed, old.overdue, old.overdue_days) == (rupiah(2950), rupiah(2850), 325)


def test_debts_of_one_age_add_up_and_who_owes_nothing_is_not_late():
    late = [a_receivable(minor, date(2026, 11, 1)) for minor in (100, 200)]

    assert owe.ageing(late, TODAY, "IDR").buckets["1-30"] == rupiah(300)
    assert owe.ageing([], TODAY, "IDR") == owe.Ageing(*(rupiah(0), rupiah(0), 0, dict.fromkeys(owe.AGES, rupiah(0))))


def test_credit_falls_due_after_its_terms():
    assert owe.due_date(date(2026, 11, 22), 14) == date(2026, 12, 6)


@pytest.mark.parametrize("paid, status", [(0, "open"), (1, "partially_settled"), (100, "settled")])
def test_a_debt_has_its_tenders_number_and_stands_where_its_tender_does(paid, status):
    credit = a_payment("credit", 100, customer_id="cus_1", captured=rupiah(paid), due_on=TODAY)

    debt = owe.receivable_of(credit)

    assert debt == Receivable("rcv_1", "cus_1", "ord_1", "pay_1", rupiah(100), rupiah(paid), TODAY, status)


def test_a_tender_without_terms_is_no_debt():
    with pytest.raises(ValueError, match="pay_1 is no credit"):
        owe.receivable_of(a_payment("cash"))


def test_paying_a_debt_leaves_the_rest_of_it():
    debt = a_receivable(300, settled=100)

    assert owe.after_paying(debt, rupiah(150)) == replace(debt, settled=rupiah(250), status="partially_settled")
    assert owe.after_paying(debt, rupiah(200)) == replace(debt, settled=rupiah(300), status="settled")


def test_a_payment_settles_the_oldest_debt_first():
    new, old = a_receivable(500, date(2026, 12, 1), "rcv_new"), a_receivable(300, date(2026, 10, 1), "rcv_old")

    assert owe.settle([new, old], rupiah(400)) == [(old, rupiah(300)), (new, rupiah(100))]


def test_more_than_is_owed_is_refused():
    with pytest.raises(MoreThanOwed) as refused:
        owe.settle([a_receivable(300, settled=100)], rupiah(201))

    assert refused.value.facts == {"owed": rupiah(200), "wanted": rupiah(201)}


def test_a_payment_for_more_debts_than_fit_says_how_much_fits():
    owing = [a_receivable(10, TODAY, f"rcv_{number:02}") for number in range(30)]

    with pytest.raises(CollectInParts) as refused:
        owe.settle(owing, rupiah(300))

    assert refused.value.facts == {"most": 25, "amount": rupiah(250)}
    assert len(owe.settle(owing, rupiah(250))) == 25


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20), st.data())
def test_what_is_settled_sums_to_what_was_paid_and_never_exceeds_a_debt(debts, data):
    owing = [a_receivable(minor, TODAY, f"rcv_{number:02}") for number, minor in enumerate(debts)]
    paid = data.draw(st.integers(1, sum(debts)))

    parts = owe.settle(owing, rupiah(paid))

    assert sum(part.minor for _, part in parts) == paid
    assert all(0 < part.minor <= each.left.minor for each, part in parts)
    assert [each.left for each, part in parts[:-1]] == [part for _, part in parts[:-1]]
