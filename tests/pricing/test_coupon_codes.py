"""Coupons in a cart: what they take off and why they are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit.errors import Refused
from chalicelib.pricing.model import (
    Adjustment,
    AgreedPrice,
    CartLine,
    CouponDoesNotApply,
    CouponEnded,
    CouponSpent,
    PriceOverride,
    Promotion,
)
from tests.pricing.build import NOW, a_coupon, a_price, a_promotion, quote_cart, rupiah

NOT_STARTED = {"cause": "not_started", "reason": "it is not valid yet"}
NOT_HERE = {"cause": "not_here", "reason": "its promotion does not apply here and now"}
TEA, SUGAR = a_price("TEH", 12500), a_price("GULA", 17000)


def test_a_code_activates_its_promotion_and_is_named_on_the_line():
    promotion = a_promotion(coupon_only=True)

    without_code = quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion])
    with_code = quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion], coupons=[a_coupon()])

    assert without_code.total == rupiah(12500)
    assert with_code.lines[0].adjustments == (Adjustment("LEBARAN", "Promo", rupiah(-1250), "coupon"),)
    assert with_code.coupons_used == ("LEBARAN",)


def test_a_code_that_a_better_promotion_replaces_is_refused():
    promotion, better = a_promotion(coupon_only=True), a_promotion("better", rate="0.5")

    assert find_cause({"TEH": 1}, promotions=[promotion, better]) == "better_discount"


def test_a_code_for_the_order_is_refused_if_a_better_one_for_the_goods_excludes_it():
    on_order = a_promotion(coupon_only=True, kind="amount", amount_minor=100, min_total_minor=1)

    assert find_cause({"TEH": 1}, promotions=[on_order, a_promotion("better")]) == "better_discount"


def test_a_code_is_refused_on_prices_that_were_agreed_or_set_by_hand():
    agreed = CartLine("TEH", 1, agreed=AgreedPrice(rupiah(9000)))
    by_hand = CartLine("TEH", 1, override=PriceOverride(rupiah(9000), "dented"))

    assert find_cause([agreed], promotions=[a_promotion(coupon_only=True)]) == "fixed_prices"
    assert find_cause([by_hand], promotions=[a_promotion(coupon_only=True)]) == "fixed_prices"


def test_a_code_whose_fixed_price_is_not_lower_is_refused():
    promotion = a_promotion(coupon_only=True, kind="price", amount_minor=12500, skus=("TEH",))

    assert find_cause({"TEH": 1}, promotions=[promotion]) == "nothing_to_take_off"


def find_cause(cart: Any, promotions: list[Promotion]) -> str:
    with pytest.raises(CouponDoesNotApply) as error:
        quote_cart(cart, prices=[TEA], promotions=promotions, coupons=[a_coupon()])
    return error.value.facts["cause"]


@pytest.mark.parametrize(
    ("coupon", "refusal", "reason"),
    [
        ({"ends_at": NOW}, CouponEnded, {}),
        ({"starts_at": NOW + timedelta(days=1)}, CouponDoesNotApply, NOT_STARTED),
        ({"cap": 5, "used": 5}, CouponSpent, {}),
        ({"promotion": "other"}, CouponDoesNotApply, NOT_HERE),
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

    reason = "it needs a larger quantity or total, or other goods"
    assert error.value.facts == {"coupon": "LEBARAN", "cause": "minimum_not_reached", "reason": reason}
