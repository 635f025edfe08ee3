"""Which prices, promotions and codes apply, and which are invalid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.catalog.model import Channel
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money
from chalicelib.pricing.model import (
    Adjustment,
    AgreedPrice,
    CouponDoesNotApply,
    CouponEnded,
    CouponSpent,
    PriceEntry,
    PriceOverride,
    Promotion,
    QuotedLine,
    UnknownCoupon,
    check_promotion,
    normalize_code,
)
from chalicelib.pricing.quote import check_coupon, choose_unit_price, is_covered, is_offered_in
from tests.catalog.build import a_channel, a_product
from tests.pricing.build import NOW, a_coupon, a_market, a_price, a_promotion, rupiah

WEB = a_channel()


def unit_price_for(*entries: PriceEntry, quantity: int = 1, channel: Channel = WEB, group: str = "") -> int:
    return choose_unit_price(a_price("TEH", 12500, *entries), quantity, a_market(channel, group)).minor


def test_a_channel_price_precedes_the_price_list_of_the_channel_and_that_one_for_all():
    for_all, of_list, of_channel = PriceEntry(11000), PriceEntry(12000, "grosir"), PriceEntry(13000, channel="web")
    wholesale = a_channel(price_list="grosir")

    assert unit_price_for(for_all, of_list, of_channel, channel=wholesale) == 13000
    assert unit_price_for(for_all, of_list, channel=wholesale) == 12000
    assert unit_price_for(of_list, for_all, channel=wholesale) == 12000
    assert unit_price_for(for_all, of_list, channel=wholesale, group="anggota") == 12000
    assert unit_price_for(for_all, channel=wholesale, group="anggota") == 11000


def test_the_customers_price_list_precedes_any_channel_and_higher_tiers_precede_lower():
    of_customer, of_channel = PriceEntry(12000, "grosir"), PriceEntry(11000, channel="web")

    assert unit_price_for(of_channel, of_customer, group="grosir") == 12000
    assert (
        unit_price_for(PriceEntry(9000, "grosir", min_quantity=12), of_customer, quantity=11, group="grosir") == 12000
    )
    assert (
        unit_price_for(of_customer, PriceEntry(12400, "grosir", min_quantity=12), quantity=12, group="grosir") == 12400
    )


def test_of_two_equally_specific_prices_the_lower_applies():
    assert (
        unit_price_for(PriceEntry(12000), PriceEntry(11000))
        == unit_price_for(PriceEntry(11000), PriceEntry(12000))
        == 11000
    )


def test_prices_of_other_channels_and_lists_do_not_apply():
    assert unit_price_for(PriceEntry(1, channel="pos"), PriceEntry(2, "grosir")) == 12500


@pytest.mark.parametrize(
    ("fields", "is_per_unit"),
    [
        ({"kind": "percent"}, True),
        ({"kind": "percent", "min_total_minor": 1}, False),
        ({"kind": "percent", "min_total_minor": 1, "skus": ("TEH",)}, True),
        ({"kind": "amount"}, False),
        ({"kind": "amount", "skus": ("TEH",)}, True),
        ({"kind": "amount", "categories": ("teh",)}, True),
        ({"kind": "price"}, True),
    ],
)
def test_a_promotion_is_per_unit_if_it_names_goods_or_is_a_percent_without_minimum_total(
    fields: dict[str, Any], is_per_unit: bool
):
    assert a_promotion(**fields).is_per_unit is is_per_unit


def test_a_promotion_covers_its_skus_and_categories_or_everything_if_it_has_none():
    tea, book = a_product("TEH", category="teh"), a_product("BUKU", category="buku")

    assert [is_covered(a_promotion(), product) for product in (tea, book)] == [True, True]
    assert [is_covered(a_promotion(skus=("TEH",)), product) for product in (tea, book)] == [True, False]
    assert [is_covered(a_promotion(categories=("buku",)), product) for product in (tea, book)] == [False, True]
    assert [is_covered(a_promotion(skus=("TEH",), categories=("buku",)), product) for product in (tea, book)] == [
        True,
        True,
    ]


def test_a_promotion_in_another_currency_is_not_offered():
    assert is_offered_in(a_promotion(currency="IDR"), a_market(WEB))
    assert is_offered_in(a_promotion(currency=""), a_market(WEB))
    assert not is_offered_in(a_promotion(currency="USD"), a_market(WEB))


def test_a_code_is_valid_from_its_start_until_just_before_its_end_and_up_to_its_cap():
    code = a_coupon(starts_at=NOW, ends_at=NOW + timedelta(hours=1), cap=5, used=4)

    assert check_coupon(code, NOW) is None
    assert check_coupon(a_coupon(used=10**6), NOW) is None
    with pytest.raises(CouponDoesNotApply) as early:
        check_coupon(code, NOW - timedelta(seconds=1))
    with pytest.raises(CouponEnded) as late:
        check_coupon(code, NOW + timedelta(hours=1))
    with pytest.raises(CouponSpent) as spent:
        check_coupon(replace(code, used=5), NOW)

    assert early.value.facts == {"coupon": "LEBARAN", "cause": "not_started", "reason": "it is not valid yet"}
    assert late.value.facts == spent.value.facts == {"coupon": "LEBARAN"}


RATE = ("rate", "must be a fraction above 0 and at most 1, such as 0.10")
AMOUNT = ("amount_minor", "must be above 0")
CURRENCY = ("currency", "is needed wherever an amount of money is named")
TERMS = ("terms", "are needed in Indonesian and in English")
INVALID: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"kind": "gift"}, [("kind", "is none of percent, amount, price")]),
    ({"rate": "0"}, [RATE]),
    ({"rate": "1.01"}, [RATE]),
    ({"kind": "amount", "amount_minor": 0}, [AMOUNT]),
    ({"kind": "amount", "amount_minor": 1, "currency": ""}, [CURRENCY]),
    ({"currency": "", "min_total_minor": 1}, [CURRENCY]),
    ({"kind": "price"}, [("skus", "a fixed price needs to name its goods")]),
    ({"channels": ("web", "radio", "fax")}, [("channels", "fax, radio: no such channel")]),
    ({"ends_at": NOW - timedelta(days=1)}, [("ends_at", "is not after starts_at")]),
    ({"terms": {"id": "Untuk semua."}}, [TERMS]),
    ({"terms": {"en": "For all."}}, [TERMS]),
    ({"kind": "amount", "rate": "9", "currency": "", "terms": {}}, [AMOUNT, CURRENCY, TERMS]),
]
VALID: list[dict[str, Any]] = [
    {"rate": "0.001"},
    {"rate": "1"},
    {"currency": ""},
    {"kind": "amount", "rate": "0", "amount_minor": 1},
    {"kind": "price", "rate": "0", "skus": ("TEH",)},
    {"kind": "price", "rate": "0", "categories": ("teh",)},
    {"channels": ("web", "pos")},
    {"ends_at": NOW - timedelta(days=1) + timedelta(milliseconds=1)},
]


@pytest.mark.parametrize(("fields", "errors"), INVALID)
def test_an_invalid_promotion_is_refused_with_every_error(fields, errors):
    with pytest.raises(Invalid) as refusal:
        check_promotion(a_promotion(**fields))

    assert refusal.value.errors == [{"field": field, "says": says} for field, says in errors]


@pytest.mark.parametrize("fields", VALID)
def test_a_promotion_at_its_limits_is_valid(fields):
    promotion: Promotion = a_promotion(**fields)

    assert check_promotion(promotion) is None


def test_a_code_is_normalized_to_capitals_without_blanks():
    assert normalize_code(" leBaran\n") == "LEBARAN"


def test_every_unknown_code_is_an_error_of_its_field():
    refusal = UnknownCoupon(["A", "B"])

    assert refusal.errors == [
        {"field": "coupons.A", "says": "no such code"},
        {"field": "coupons.B", "says": "no such code"},
    ]
    assert refusal.facts["coupons"] == ["A", "B"]


def test_an_agreed_price_or_an_override_may_be_zero_and_a_discount_may_be_total():
    assert AgreedPrice(rupiah(0)).unit_price == PriceOverride(rupiah(0), "hadiah").unit_price == rupiah(0)
    assert AgreedPrice(rupiah(1), Decimal(1)).discount_rate == 1


def test_a_quoted_line_as_json_has_no_cost():
    off = Adjustment("LEBARAN", "Lebaran", rupiah(-2500), "coupon")
    line = QuotedLine("TEH", "Teh", 2, rupiah(12500), (off,), rupiah(22500), rupiah(2230), cost=Money(9, "IDR"))

    assert line.to_json() == {
        "sku": "TEH",
        "name": "Teh",
        "quantity": 2,
        "unit_price": {"amount": 12500, "currency": "IDR"},
        "adjustments": [
            {
                "code": "LEBARAN",
                "says": "Lebaran",
                "kind": "coupon",
                "amount": {"amount": -2500, "currency": "IDR"},
            }
        ],
        "total": {"amount": 22500, "currency": "IDR"},
        "tax": {"amount": 2230, "currency": "IDR"},
    }
