"""Each condition of the room's writes, term by term."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.pricing import store
from chalicelib.pricing.model import CodeTaken, Coupon, CouponEnded, CouponSpent
from tests.conditions import lands, memory, refused  # noqa: F401
from tests.pricing.build import NOW, a_coupon

pytestmark = pytest.mark.usefixtures("memory")


def kept(**told: Any) -> Coupon:
    coupon = a_coupon(**told)
    lands(store.set_coupon(coupon))
    return coupon


def used(coupon: Coupon) -> int:
    key = store.coupon_key(coupon.code)
    return store.as_coupon(db.get(key.row, key.pk, key.sk)).used


def test_a_code_that_was_never_kept_is_not_used():
    refused(*store.use_coupon(a_coupon(), None, NOW), by=CouponEnded)


def test_a_code_is_used_up_to_its_cap():
    coupon = kept(cap=2)

    lands(*store.use_coupon(coupon, None, NOW))
    lands(*store.use_coupon(coupon, None, NOW))
    refused(*store.use_coupon(coupon, None, NOW), by=CouponSpent)

    assert used(coupon) == 2


def test_a_code_is_used_until_just_before_its_end_and_one_without_an_end_for_ever():
    ends, lasts = kept(ends_at=NOW), kept(code="SELALU")

    lands(*store.use_coupon(ends, None, NOW - timedelta(milliseconds=1)))
    lands(*store.use_coupon(lasts, None, NOW + timedelta(days=9999)))
    refused(*store.use_coupon(ends, None, NOW), by=CouponEnded)


def test_a_customer_uses_a_code_up_to_his_own_limit_and_without_one_as_often_as_he_likes():
    limited, free = kept(per_customer=2), kept(code="SELALU")

    for _ in range(2):
        lands(*store.use_coupon(limited, "cus_1", NOW))
    for _ in range(3):
        lands(*store.use_coupon(free, "cus_1", NOW))
    refused(*store.use_coupon(limited, "cus_1", NOW), by=CouponSpent)
    lands(*store.use_coupon(limited, "cus_2", NOW))


def test_no_use_is_given_back_that_was_not_made():
    coupon = kept()
    refused(*store.return_coupon(coupon, None))
    lands(*store.use_coupon(coupon, "cus_1", NOW))

    refused(*store.return_coupon(coupon, "cus_2"))
    lands(*store.return_coupon(coupon, "cus_1"))
    lands(*store.use_coupon(coupon, None, NOW))
    refused(*store.return_coupon(coupon, "cus_1"))

    assert used(coupon) == 1


def test_a_code_opens_the_promotion_that_has_it():
    coupon = kept()

    refused(store.set_coupon(a_coupon(promotion="other")), by=CodeTaken)

    lands(store.set_coupon(coupon))


def test_only_a_code_that_there_is_can_be_ended():
    refused(store.end_coupon("LEBARAN", NOW))
    coupon = kept()

    lands(store.end_coupon("LEBARAN", NOW))

    refused(*store.use_coupon(coupon, None, NOW), by=CouponEnded)
