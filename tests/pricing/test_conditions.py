"""Each condition of the package's writes, term by term."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.pricing import coupon_uses, store
from chalicelib.pricing.model import CodeTaken, Coupon, CouponEnded, CouponSpent
from tests.conditional_writes import assert_commits, assert_refused, memory  # noqa: F401
from tests.pricing.build import NOW, a_coupon, give_back, use

pytestmark = pytest.mark.usefixtures("memory")


def save_coupon(**fields: Any) -> Coupon:
    coupon = a_coupon(**fields)
    assert_commits(store.set_coupon(coupon))
    return coupon


def load_use_count(coupon: Coupon) -> int:
    key = store.coupon_key(coupon.code)
    return store.row_to_coupon(db.get(key.row, key.pk, key.sk)).used


def test_a_code_that_does_not_exist_cannot_be_used():
    assert_refused(*use(a_coupon(), None, NOW), by=CouponEnded)


def test_a_code_can_be_used_up_to_its_cap():
    coupon = save_coupon(cap=2)

    assert_commits(*use(coupon, None, NOW))
    assert_commits(*use(coupon, None, NOW))
    assert_refused(*use(coupon, None, NOW), by=CouponSpent)

    assert load_use_count(coupon) == 2


def test_a_code_can_be_used_until_just_before_its_end_and_without_an_end_always():
    with_end, without_end = save_coupon(ends_at=NOW), save_coupon(code="SELALU")

    assert_commits(*use(with_end, None, NOW - timedelta(milliseconds=1)))
    assert_commits(*use(without_end, None, NOW + timedelta(days=9999)))
    assert_refused(*use(with_end, None, NOW), by=CouponEnded)


def test_a_customer_can_use_a_code_up_to_the_limit_per_customer_and_without_one_always():
    limited, unlimited = save_coupon(per_customer=2), save_coupon(code="SELALU")

    for _ in range(2):
        assert_commits(*use(limited, "cus_1", NOW))
    for _ in range(3):
        assert_commits(*use(unlimited, "cus_1", NOW))
    assert_refused(*use(limited, "cus_1", NOW), by=CouponSpent)
    assert_commits(*use(limited, "cus_2", NOW))


def test_several_codes_of_one_customer_are_used_and_returned_together_or_not_at_all():
    limits = {"LEBARAN": 2, "SELALU": None, "SEKALI": 1}
    assert_refused(coupon_uses.return_coupons("cus_1", list(limits)))
    assert_commits(coupon_uses.use_coupons("cus_1", limits))

    spent = assert_refused(coupon_uses.use_coupons("cus_1", limits), by=CouponSpent)

    assert spent.facts == {"coupon": "SEKALI"}
    assert_commits(coupon_uses.use_coupons("cus_1", {"LEBARAN": 2, "SELALU": None}))
    assert_commits(coupon_uses.return_coupons("cus_1", list(limits)))
    assert_refused(coupon_uses.return_coupons("cus_1", list(limits)))
    assert_commits(coupon_uses.return_coupons("cus_1", ["LEBARAN", "SELALU"]))


def test_a_use_that_was_not_made_cannot_be_returned():
    coupon = save_coupon()
    assert_refused(*give_back(coupon, None))
    assert_commits(*use(coupon, "cus_1", NOW))

    assert_refused(*give_back(coupon, "cus_2"))
    assert_commits(*give_back(coupon, "cus_1"))
    assert_commits(*use(coupon, None, NOW))
    assert_refused(*give_back(coupon, "cus_1"))

    assert load_use_count(coupon) == 1


def test_a_code_belongs_to_one_promotion():
    coupon = save_coupon()

    assert_refused(store.set_coupon(a_coupon(promotion="other")), by=CodeTaken)

    assert_commits(store.set_coupon(coupon))


def test_only_an_existing_code_can_be_ended():
    assert_refused(store.end_coupon("LEBARAN", NOW))
    coupon = save_coupon()

    assert_commits(store.end_coupon("LEBARAN", NOW))

    assert_refused(*use(coupon, None, NOW), by=CouponEnded)
