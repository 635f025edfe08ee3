from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from chalicelib.kit import clock, db
from chalicelib.kit.errors import StaleVersion
from chalicelib.pricing import find
from chalicelib.pricing.model import (
    Coupon,
    CouponEnded,
    CouponNeedsCustomer,
    CouponSpent,
    UnknownCoupon,
)
from chalicelib.pricing.save import save_promotion
from chalicelib.pricing.store import return_coupon, use_coupon
from tests.pricing.build import NOW, a_coupon, a_promotion


@pytest.fixture(autouse=True)
def fixed_clock(aws: Any) -> None:
    clock.source = lambda: NOW


def save_coupon(**told: Any) -> Coupon:
    save_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon(**told))
    return find.load_coupon("LEBARAN")


def load_use_count() -> int:
    return find.load_coupon("LEBARAN").used


def test_the_cap_holds_though_everybody_read_the_same_count():
    seen_by_all = save_coupon(cap=2)

    db.commit(use_coupon(seen_by_all, None))
    db.commit(use_coupon(seen_by_all, None))
    with pytest.raises(CouponSpent):
        db.commit(use_coupon(seen_by_all, None))

    assert load_use_count() == 2


def test_a_code_without_a_cap_is_counted_all_the_same():
    coupon = save_coupon()

    for _ in range(3):
        db.commit(use_coupon(coupon, None))

    assert load_use_count() == 3


def test_a_code_that_ends_between_quote_and_order_is_refused():
    coupon = save_coupon(ends_at=NOW + timedelta(minutes=1))

    with pytest.raises(CouponEnded):
        db.commit(use_coupon(coupon, None, now=NOW + timedelta(minutes=1)))

    assert load_use_count() == 0


def test_each_customer_has_his_own_limit_and_a_stranger_must_say_who_he_is():
    coupon = save_coupon(per_customer=1, cap=10)
    db.commit(use_coupon(coupon, "cus_sari"))

    with pytest.raises(CouponSpent):
        db.commit(use_coupon(coupon, "cus_sari"))
    with pytest.raises(CouponNeedsCustomer):
        use_coupon(coupon, None)
    db.commit(use_coupon(coupon, "cus_budi"))

    assert load_use_count() == 2


def test_a_cancelled_order_gives_its_use_back():
    coupon = save_coupon(per_customer=1, cap=1)
    db.commit(use_coupon(coupon, "cus_sari"))

    db.commit(return_coupon(coupon, "cus_sari"))

    assert load_use_count() == 0
    db.commit(use_coupon(coupon, "cus_sari"))
    assert load_use_count() == 1


def test_a_use_is_given_back_though_a_limit_was_set_after_it():
    db.commit(use_coupon(save_coupon(), "cus_sari"))
    limited = save_coupon(per_customer=1)

    with pytest.raises(CouponSpent):
        db.commit(use_coupon(limited, "cus_sari"))
    db.commit(return_coupon(limited, "cus_sari"))

    assert load_use_count() == 0


def test_no_more_is_given_back_than_was_used():
    coupon = save_coupon(cap=1)
    db.commit(use_coupon(coupon, None))

    db.commit(return_coupon(coupon, None))
    with pytest.raises(StaleVersion):
        db.commit(return_coupon(coupon, None))

    assert load_use_count() == 0


def test_every_unknown_code_is_named():
    save_coupon()

    with pytest.raises(UnknownCoupon) as refused:
        find.load_coupons(["LEBARAN", "LEBARON", "X"])

    assert refused.value.facts["coupons"] == ["LEBARON", "X"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cap=some.integers(1, 4),
    moves=some.lists(some.tuples(some.sampled_from(["use", "return"]), some.sampled_from("ab")), max_size=15),
)
def test_whatever_comes_a_code_is_held_by_no_more_orders_than_its_cap(cap: int, moves: list[tuple[str, str]]):
    from chalicelib.pricing.store import CouponRow, CouponUseRow

    save_coupon(cap=cap, per_customer=2)
    stale, holding = find.load_coupon("LEBARAN"), []
    for move, customer in moves:
        if move == "use":
            try:
                db.commit(use_coupon(stale, customer))
                holding.append(customer)
            except CouponSpent:
                assert len(holding) == cap or holding.count(customer) == 2
        elif customer in holding:
            db.commit(return_coupon(stale, customer))
            holding.remove(customer)

    assert load_use_count() == len(holding) <= cap
    db.commit([db.delete(CouponRow("coupon#LEBARAN", "coupon"))])
    db.commit([db.delete(CouponUseRow("coupon#LEBARAN", f"customer#{customer}")) for customer in "ab"])
