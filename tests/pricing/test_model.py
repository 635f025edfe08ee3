"""Which prices, promotions and codes hold, and what is wrong with those that cannot be kept."""

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
from chalicelib.pricing.quote import check_coupon, is_covered, is_offered_in, unit_price
from tests.catalog.build import a_channel, a_product
from tests.pricing.build import NOW, a_coupon, a_market, a_price, a_promotion, rupiah

WEB = a_channel()


def unit_price_for(*entries: PriceEntry, quantity: int = 1, channel: Channel = WEB, group: str = "") -> int:
    return unit_price(a_price("TEH", 12500, *entries), quantity, a_market(channel, group)).minor


def test_a_price_of_a_channel_goes_before_one_of_a_list_and_that_before_one_for_all():
    for_all, listed, here = PriceEntry(11000), PriceEntry(12000, "grosir"), PriceEntry(13000, channel="web")
    wholesale = a_channel(price_list="grosir")

    assert unit_price_for(for_all, listed, here, channel=wholesale) == 13000
    assert unit_price_for(for_all, listed, channel=wholesale) == 12000
    assert unit_price_for(listed, for_all, channel=wholesale) == 12000
    assert unit_price_for(for_all, listed, channel=wholesale, group="anggota") == 12000
    assert unit_price_for(for_all, channel=wholesale, group="anggota") == 11000


def test_a_customers_own_list_goes_before_any_channel_and_higher_tiers_before_lower():
    own, here = PriceEntry(12000, "grosir"), PriceEntry(11000, channel="web")

    assert unit_price_for(here, own, group="grosir") == 12000
    assert unit_price_for(PriceEntry(9000, "grosir", min_quantity=12), own, quantity=11, group="grosir") == 12000
    assert unit_price_for(own, PriceEntry(12400, "grosir", min_quantity=12), quantity=12, group="grosir") == 12400


def test_of_two_prices_that_say_the_same_the_lower_holds():
    assert (
        unit_price_for(PriceEntry(12000), PriceEntry(11000))
        == unit_price_for(PriceEntry(11000), PriceEntry(12000))
        == 11000
    )


def test_prices_of_other_channels_and_lists_do_not_hold():
    assert unit_price_for(PriceEntry(1, channel="pos"), PriceEntry(2, "grosir")) == 12500


@pytest.mark.parametrize(
    ("told", "on_units"),
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
def test_a_promotion_lowers_units_when_it_names_goods_or_is_a_plain_percent(told: dict[str, Any], on_units: bool):
    assert a_promotion(**told).is_per_unit is on_units


def test_a_promotion_covers_what_it_names_by_sku_or_category_and_without_names_everything():
    tea, book = a_product("TEH", category="teh"), a_product("BUKU", category="buku")

    assert [is_covered(a_promotion(), each) for each in (tea, book)] == [True, True]
    assert [is_covered(a_promotion(skus=("TEH",)), each) for each in (tea, book)] == [True, False]
    assert [is_covered(a_promotion(categories=("buku",)), each) for each in (tea, book)] == [False, True]
    assert [is_covered(a_promotion(skus=("TEH",), categories=("buku",)), each) for each in (tea, book)] == [True, True]


def test_a_promotion_in_another_currency_does_not_hold_here():
    assert is_offered_in(a_promotion(currency="IDR"), a_market(WEB))
    assert is_offered_in(a_promotion(currency=""), a_market(WEB))
    assert not is_offered_in(a_promotion(currency="USD"), a_market(WEB))


def test_a_code_holds_from_its_start_until_just_before_its_end_and_up_to_its_cap():
    code = a_coupon(starts_at=NOW, ends_at=NOW + timedelta(hours=1), cap=5, used=4)

    assert check_coupon(code, NOW) is None
    assert check_coupon(a_coupon(used=10**6), NOW) is None
    with pytest.raises(CouponDoesNotApply) as early:
        check_coupon(code, NOW - timedelta(seconds=1))
    with pytest.raises(CouponEnded) as late:
        check_coupon(code, NOW + timedelta(hours=1))
    with pytest.raises(CouponSpent) as spent:
        check_coupon(replace(code, used=5), NOW)

    assert early.value.facts == {"coupon": "LEBARAN", "reason": "it is not valid yet"}
    assert late.value.facts == spent.value.facts == {"coupon": "LEBARAN"}


RATE = ("rate", "must be a fraction above 0 and at most 1, such as 0.10")
AMOUNT = ("amount_minor", "must be above 0")
CURRENCY = ("currency", "is needed wherever an amount of money is named")
TERMS = ("terms", "are needed in Indonesian and in English")
WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
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
RIGHT: list[dict[str, Any]] = [
    {"rate": "0.001"},
    {"rate": "1"},
    {"currency": ""},
    {"kind": "amount", "rate": "0", "amount_minor": 1},
    {"kind": "price", "rate": "0", "skus": ("TEH",)},
    {"kind": "price", "rate": "0", "categories": ("teh",)},
    {"channels": ("web", "pos")},
    {"ends_at": NOW - timedelta(days=1) + timedelta(milliseconds=1)},
]


@pytest.mark.parametrize(("told", "wrong"), WRONG)
def test_a_promotion_that_makes_no_sense_is_told_everything_that_is_wrong(told, wrong):
    with pytest.raises(Invalid) as refused:
        check_promotion(a_promotion(**told))

    assert refused.value.errors == [{"field": field, "says": says} for field, says in wrong]


@pytest.mark.parametrize("told", RIGHT)
def test_a_promotion_that_makes_sense_may_go_to_its_limits(told):
    promotion: Promotion = a_promotion(**told)

    assert check_promotion(promotion) is None


def test_codes_are_printed_in_capitals_and_typed_as_it_comes():
    assert normalize_code(" leBaran\n") == "LEBARAN"


def test_every_unknown_code_is_named_by_its_field():
    refused = UnknownCoupon(["A", "B"])

    assert refused.errors == [
        {"field": "coupons.A", "says": "no such code"},
        {"field": "coupons.B", "says": "no such code"},
    ]
    assert refused.facts["coupons"] == ["A", "B"]


def test_a_price_of_nothing_can_be_agreed_or_set_by_hand_and_a_discount_may_be_all_of_it():
    assert AgreedPrice(rupiah(0)).unit_price == PriceOverride(rupiah(0), "hadiah").unit_price == rupiah(0)
    assert AgreedPrice(rupiah(1), Decimal(1)).discount_rate == 1


def test_a_quoted_line_tells_the_buyer_all_but_what_it_cost_us():
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
