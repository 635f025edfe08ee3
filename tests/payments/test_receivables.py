"""Ageing of receivables and their settlement. Pure."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.payments import receivables
from chalicelib.payments.model import (
    CollectInParts,
    MoreThanOwed,
    Receivable,
)
from tests.payments.build import TODAY, a_payment, a_receivable, rupiah

AGE_CASES = [
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


@pytest.mark.parametrize("days, bucket, overdue", AGE_CASES)
def test_receivables_are_overdue_from_the_day_after_their_due_date(days, bucket, overdue):
    due_on = TODAY - timedelta(days=days)

    assert (receivables.age_bucket(due_on, TODAY), receivables.overdue_days(due_on, TODAY)) == (bucket, overdue)


def test_ageing_equals_a_hand_computed_fixture():
    receivables_by_age = [
        a_receivable(100, date(2026, 11, 22)),
        a_receivable(200, date(2026, 11, 1)),
        a_receivable(400, date(2026, 10, 1), settled=150),
        a_receivable(800, date(2026, 8, 25)),
        a_receivable(1600, date(2026, 1, 1)),
        a_receivable(50, date(2020, 1, 1), settled=50),
    ]

    ageing = receivables.build_ageing(receivables_by_age, TODAY, "IDR")

    assert {name: money.minor for name, money in ageing.buckets.items()} == {
        "current": 100,
        "1-30": 200,
        "31-60": 250,
        "61-90": 800,
        "over_90": 1600,
    }
    assert (ageing.owed, ageing.overdue, ageing.overdue_days) == (rupiah(2950), rupiah(2850), 325)


def test_receivables_of_one_bucket_add_up_and_settled_ones_do_not_count():
    late = [a_receivable(minor, date(2026, 11, 1)) for minor in (100, 200)]

    assert receivables.build_ageing(late, TODAY, "IDR").buckets["1-30"] == rupiah(300)
    assert receivables.build_ageing([], TODAY, "IDR") == receivables.Ageing(
        *(rupiah(0), rupiah(0), 0, dict.fromkeys(receivables.AGE_BUCKETS, rupiah(0)))
    )


def test_credit_falls_due_after_its_terms():
    assert receivables.due_date(date(2026, 11, 22), 14) == date(2026, 12, 6)


@pytest.mark.parametrize("paid, status", [(0, "open"), (1, "partially_settled"), (100, "settled")])
def test_a_receivable_has_the_id_and_status_of_its_payment(paid, status):
    credit = a_payment("credit", 100, customer_id="cus_1", captured=rupiah(paid), due_on=TODAY)

    receivable = receivables.payment_to_receivable(credit)

    assert receivable == Receivable("rcv_1", "cus_1", "ord_1", "pay_1", rupiah(100), rupiah(paid), TODAY, status)


def test_a_payment_without_due_date_has_no_receivable():
    with pytest.raises(ValueError, match="pay_1 is not a credit payment"):
        receivables.payment_to_receivable(a_payment("cash"))


def test_a_partial_settlement_leaves_the_rest_open():
    receivable = a_receivable(300, settled=100)

    assert receivables.apply_settlement(receivable, rupiah(150)) == replace(
        receivable, settled=rupiah(250), status="partially_settled"
    )
    assert receivables.apply_settlement(receivable, rupiah(200)) == replace(
        receivable, settled=rupiah(300), status="settled"
    )


def test_a_payment_settles_the_oldest_receivable_first():
    new, old = a_receivable(500, date(2026, 12, 1), "rcv_new"), a_receivable(300, date(2026, 10, 1), "rcv_old")

    assert receivables.settle_oldest_first([new, old], rupiah(400)) == [(old, rupiah(300)), (new, rupiah(100))]


def test_more_than_is_owed_is_refused():
    with pytest.raises(MoreThanOwed) as refused:
        receivables.settle_oldest_first([a_receivable(300, settled=100)], rupiah(201))

    assert refused.value.facts == {"owed": rupiah(200), "wanted": rupiah(201)}


def test_a_collection_of_too_many_receivables_states_the_amount_that_fits():
    owed = [a_receivable(10, TODAY, f"rcv_{number:02}") for number in range(30)]

    with pytest.raises(CollectInParts) as refused:
        receivables.settle_oldest_first(owed, rupiah(300))

    assert refused.value.facts == {"most": 25, "amount": rupiah(250)}
    assert len(receivables.settle_oldest_first(owed, rupiah(250))) == 25


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20), st.data())
def test_settlements_sum_to_the_payment_and_never_exceed_a_receivable(amounts, data):
    owed = [a_receivable(minor, TODAY, f"rcv_{number:02}") for number, minor in enumerate(amounts)]
    paid = data.draw(st.integers(1, sum(amounts)))

    parts = receivables.settle_oldest_first(owed, rupiah(paid))

    assert sum(part.minor for _, part in parts) == paid
    assert all(0 < part.minor <= receivable.left.minor for receivable, part in parts)
    assert [receivable.left for receivable, _ in parts[:-1]] == [part for _, part in parts[:-1]]
