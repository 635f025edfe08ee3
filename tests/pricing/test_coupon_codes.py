"""Coupons in a cart: what they take off and why they are refused."""

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


def test_a_code_activates_its_promotion_and_is_named_on_the_line():
    promotion = a_promotion(coupon_only=True)

    without_code = quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion])
    with_code = quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion], coupons=[a_coupon()])

    assert without_code.total == rupiah(12500)
    assert with_code.lines[0].adjustments == (Adjustment("LEBARAN", "Promo", rupiah(-1250), "coupon"),)
    assert with_code.coupons_used == ("LEBARAN",)


def test_a_code_that_a_better_promotion_replaces_is_not_used():
    promotion, better = a_promotion(coupon_only=True), a_promotion("better", rate="0.5")

    quote = quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion, better], coupons=[a_coupon()])

    assert (quote.total, quote.coupons_used) == (rupiah(6250), ())


@pytest.mark.parametrize(
    ("coupon", "refusal", "reason"),
    [
        ({"ends_at": NOW}, CouponEnded, {}),
        ({"starts_at": NOW + timedelta(days=1)}, CouponDoesNotApply, {"reason": "it is not valid yet"}),
        ({"cap": 5, "used": 5}, CouponSpent, {}),
        ({"promotion": "other"}, CouponDoesNotApply, {"reason": "its promotion does not apply here and now"}),
    ],
)
def test_a_code_that_does_not_apply_is_refused_with_the_reason(coupon: dict, refusal: type[Refused], reason: dict):
    with pytest.raises(refusal) as error:
        quote_cart({"TEH": 1}, prices=[TEA], promotions=[a_promotion(coupon_only=True)], coupons=[a_coupon(**coupon)])

    assert error.value.facts == {"coupon": "LEBARAN"} | reason


@pytest.mark.parametrize(
    "minimum", [{"min_total_minor": 100000}, {"skus": ("KOPI",)}, {"skus": ("GULA",), "min_quantity": 2}]
)
def test_a_code_whose_minimum_is_not_reached_is_refused(minimum: dict):
    promotion = a_promotion(coupon_only=True, **minimum)

    with pytest.raises(CouponDoesNotApply) as error:
        quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], promotions=[promotion], coupons=[a_coupon()])

    assert error.value.facts == {"coupon": "LEBARAN", "reason": "it needs a larger quantity or total, or other goods"}
