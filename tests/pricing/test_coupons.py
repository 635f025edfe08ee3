from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kit import clock, db
from chalicelib.kit.errors import StaleVersion
from chalicelib.pricing import find
from chalicelib.pricing.model import (
    Coupon,
    CouponEnded,
    CouponSpent,
    UnknownCoupon,
)
from chalicelib.pricing.save import save_promotion
from tests.pricing.build import NOW, a_coupon, a_promotion, give_back, use


@pytest.fixture(autouse=True)
def fixed_clock(aws: Any) -> None:
    clock.source = lambda: NOW


def save_coupon(**fields: Any) -> Coupon:
    save_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon(**fields))
    return find.load_coupon("LEBARAN")


def load_use_count() -> int:
    return find.load_coupon("LEBARAN").used


def test_the_cap_holds_for_orders_that_read_the_same_count():
    coupon = save_coupon(cap=2)

    db.commit(use(coupon, None))
    db.commit(use(coupon, None))
    with pytest.raises(CouponSpent):
        db.commit(use(coupon, None))

    assert load_use_count() == 2


def test_uses_of_a_code_without_a_cap_are_counted():
    coupon = save_coupon()

    for _ in range(3):
        db.commit(use(coupon, None))

    assert load_use_count() == 3


def test_a_code_that_ends_between_quote_and_order_is_refused():
    coupon = save_coupon(ends_at=NOW + timedelta(minutes=1))

    with pytest.raises(CouponEnded):
        db.commit(use(coupon, None, now=NOW + timedelta(minutes=1)))

    assert load_use_count() == 0


def test_the_limit_counts_per_customer():
    coupon = save_coupon(per_customer=1, cap=10)
    db.commit(use(coupon, "cus_sari"))

    with pytest.raises(CouponSpent):
        db.commit(use(coupon, "cus_sari"))
    db.commit(use(coupon, "cus_budi"))

    assert load_use_count() == 2


def test_a_cancelled_order_returns_its_use():
    coupon = save_coupon(per_customer=1, cap=1)
    db.commit(use(coupon, "cus_sari"))

    db.commit(give_back(coupon, "cus_sari"))

    assert load_use_count() == 0
    db.commit(use(coupon, "cus_sari"))
    assert load_use_count() == 1


def test_a_use_made_before_a_limit_was_set_can_be_returned():
    db.commit(use(save_coupon(), "cus_sari"))
    limited = save_coupon(per_customer=1)

    with pytest.raises(CouponSpent):
        db.commit(use(limited, "cus_sari"))
    db.commit(give_back(limited, "cus_sari"))

    assert load_use_count() == 0


def test_no_more_uses_are_returned_than_were_made():
    coupon = save_coupon(cap=1)
    db.commit(use(coupon, None))

    db.commit(give_back(coupon, None))
    with pytest.raises(StaleVersion):
        db.commit(give_back(coupon, None))

    assert load_use_count() == 0


def test_every_unknown_code_is_named():
    save_coupon()

    with pytest.raises(UnknownCoupon) as refusal:
        find.load_coupons(["LEBARAN", "LEBARON", "X"])

    assert refusal.value.facts["coupons"] == ["LEBARON", "X"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cap=st.integers(1, 4),
    actions=st.lists(st.tuples(st.sampled_from(["use", "return"]), st.sampled_from("ab")), max_size=15),
)
def test_after_any_uses_and_returns_a_code_is_used_by_no_more_orders_than_its_cap(
    cap: int, actions: list[tuple[str, str]]
):
    from chalicelib.pricing.coupon_uses import CouponUseRow
    from chalicelib.pricing.store import CouponRow

    save_coupon(cap=cap, per_customer=2)
    stale, users = find.load_coupon("LEBARAN"), []
    for action, customer in actions:
        if action == "use":
            try:
                db.commit(use(stale, customer))
                users.append(customer)
            except CouponSpent:
                assert len(users) == cap or users.count(customer) == 2
        elif customer in users:
            db.commit(give_back(stale, customer))
            users.remove(customer)

    assert load_use_count() == len(users) <= cap
    db.commit([db.delete(CouponRow("coupon#LEBARAN", "coupon"))])
    db.commit([db.delete(CouponUseRow(f"coupon-uses#{customer}", "uses")) for customer in "ab"])
