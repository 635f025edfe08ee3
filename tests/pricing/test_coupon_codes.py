"""What a code does to a cart, and why it may do nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.kit.errors import Refused
from chalicelib.pricing.model import (
    Adjustment,
    CouponDoesNotApply,
    CouponEnded,
    CouponSpent,
)
from tests.pricing.build import NOW, a_coupon, a_price, a_promotion, quote_cart, rupiah

TEA, SUGAR = a_price("TEH", 12500), a_price("GULA", 17000)


def test_a_code_opens_its_promotion_and_is_named_on_the_line():
    promotion = a_promotion(coupon_only=True)

    without = quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion])
    told = quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion], coupons=[a_coupon()])

    assert without.total == rupiah(12500)
    assert told.lines[0].adjustments == (Adjustment("LEBARAN", "Promo", rupiah(-1250), "coupon"),)
    assert told.coupons_used == ("LEBARAN",)


def test_a_code_that_something_better_beats_is_not_used_up():
    promotion, better = a_promotion(coupon_only=True), a_promotion("better", rate="0.5")

    told = quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion, better], coupons=[a_coupon()])

    assert (told.total, told.coupons_used) == (rupiah(6250), ())


@pytest.mark.parametrize(
    ("coupon", "refusal", "reason"),
    [
        ({"ends_at": NOW}, CouponEnded, {}),
        ({"starts_at": NOW + timedelta(days=1)}, CouponDoesNotApply, {"reason": "it is not valid yet"}),
        ({"cap": 5, "used": 5}, CouponSpent, {}),
        ({"promotion": "other"}, CouponDoesNotApply, {"reason": "its promotion does not apply here and now"}),
    ],
)
def test_a_code_that_does_not_hold_is_refused_with_its_reason(coupon: dict, refusal: type[Refused], reason: dict):
    with pytest.raises(refusal) as refused:
        quote_cart({"TEH": 1}, prices=[TEA], promotions=[a_promotion(coupon_only=True)], coupons=[a_coupon(**coupon)])

    assert refused.value.facts == {"coupon": "LEBARAN"} | reason


@pytest.mark.parametrize(
    "asks", [{"min_total_minor": 100000}, {"skus": ("KOPI",)}, {"skus": ("GULA",), "min_quantity": 2}]
)
def test_a_code_that_asks_for_more_or_for_other_goods_is_refused(asks: dict):
    promotion = a_promotion(coupon_only=True, **asks)

    with pytest.raises(CouponDoesNotApply) as refused:
        quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], promotions=[promotion], coupons=[a_coupon()])

    assert refused.value.facts == {"coupon": "LEBARAN", "reason": "it needs a larger quantity or total, or other goods"}
