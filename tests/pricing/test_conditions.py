"""Each condition of the room's writes, term by term."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.pricing import store
from chalicelib.pricing.model import CodeTaken, Coupon, CouponEnded, CouponSpent
from tests.conditional_writes import assert_commits, assert_refused, memory  # noqa: F401
from tests.pricing.build import NOW, a_coupon

pytestmark = pytest.mark.usefixtures("memory")


def save_coupon(**told: Any) -> Coupon:
    coupon = a_coupon(**told)
    assert_commits(store.set_coupon(coupon))
    return coupon


def load_use_count(coupon: Coupon) -> int:
    key = store.coupon_key(coupon.code)
    return store.row_to_coupon(db.get(key.row, key.pk, key.sk)).used


def test_a_code_that_was_never_kept_is_not_used():
    assert_refused(*store.use_coupon(a_coupon(), None, NOW), by=CouponEnded)


def test_a_code_is_used_up_to_its_cap():
    coupon = save_coupon(cap=2)

    assert_commits(*store.use_coupon(coupon, None, NOW))
    assert_commits(*store.use_coupon(coupon, None, NOW))
    assert_refused(*store.use_coupon(coupon, None, NOW), by=CouponSpent)

    assert load_use_count(coupon) == 2


def test_a_code_is_used_until_just_before_its_end_and_one_without_an_end_for_ever():
    ends, lasts = save_coupon(ends_at=NOW), save_coupon(code="SELALU")

    assert_commits(*store.use_coupon(ends, None, NOW - timedelta(milliseconds=1)))
    assert_commits(*store.use_coupon(lasts, None, NOW + timedelta(days=9999)))
    assert_refused(*store.use_coupon(ends, None, NOW), by=CouponEnded)


def test_a_customer_uses_a_code_up_to_his_own_limit_and_without_one_as_often_as_he_likes():
    limited, free = save_coupon(per_customer=2), save_coupon(code="SELALU")

    for _ in range(2):
        assert_commits(*store.use_coupon(limited, "cus_1", NOW))
    for _ in range(3):
        assert_commits(*store.use_coupon(free, "cus_1", NOW))
    assert_refused(*store.use_coupon(limited, "cus_1", NOW), by=CouponSpent)
    assert_commits(*store.use_coupon(limited, "cus_2", NOW))


def test_no_use_is_given_back_that_was_not_made():
    coupon = save_coupon()
    assert_refused(*store.return_coupon(coupon, None))
    assert_commits(*store.use_coupon(coupon, "cus_1", NOW))

    assert_refused(*store.return_coupon(coupon, "cus_2"))
    assert_commits(*store.return_coupon(coupon, "cus_1"))
    assert_commits(*store.use_coupon(coupon, None, NOW))
    assert_refused(*store.return_coupon(coupon, "cus_1"))

    assert load_use_count(coupon) == 1


def test_a_code_opens_the_promotion_that_has_it():
    coupon = save_coupon()

    assert_refused(store.set_coupon(a_coupon(promotion="other")), by=CodeTaken)

    assert_commits(store.set_coupon(coupon))


def test_only_a_code_that_there_is_can_be_ended():
    assert_refused(store.end_coupon("LEBARAN", NOW))
    coupon = save_coupon()

    assert_commits(store.end_coupon("LEBARAN", NOW))

    assert_refused(*store.use_coupon(coupon, None, NOW), by=CouponEnded)
