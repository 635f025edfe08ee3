from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.kit.money import Money
from chalicelib.pricing.model import (
    Adjustment,
    PriceEntry,
)
from chalicelib.pricing.quote import included_tax
from tests.catalog.build import a_channel, a_product
from tests.pricing.build import NOW, a_price, a_promotion, quote_cart, rupiah

COMBINABLE = (
    a_promotion("p", rate="0.1", combinable=True),
    a_promotion("q", kind="amount", rate="0", amount_minor=1000, combinable=True),
)
TEA, SUGAR = a_price("TEH", 12500), a_price("GULA", 17000)


def test_the_total_is_the_sum_of_lines_and_freight():
    quote = quote_cart({"TEH": 3, "GULA": 1}, prices=[TEA, SUGAR], freight=9000)

    assert [(line.sku, line.name, line.quantity, line.unit_price, line.total) for line in quote.lines] == [
        ("TEH", "Teh", 3, rupiah(12500), rupiah(37500)),
        ("GULA", "Gula", 1, rupiah(17000), rupiah(17000)),
    ]
    assert quote.currency == "IDR"
    assert (quote.freight, quote.total, quote.coupons_used) == (rupiah(9000), rupiah(63500), ())


def test_tax_is_included_in_the_price():
    quote = quote_cart(
        {"TEH": 3, "BUKU": 1},
        prices=[TEA, a_price("BUKU", 40000)],
        products=[a_product("BUKU", tax_rate="0")],
    )

    assert [line.tax for line in quote.lines] == [rupiah(3716), rupiah(0)]
    assert quote.tax_included == rupiah(3716)
    assert included_tax(Money(111, "IDR"), "0.11") == rupiah(11)


def test_a_line_has_its_cost_if_the_product_has_one():
    quote = quote_cart({"TEH": 3, "GULA": 1}, prices=[TEA, SUGAR], products=[a_product("TEH", cost_minor=8000)])

    assert [line.cost for line in quote.lines] == [rupiah(24000), None]
    assert "cost" not in quote.lines[0].to_json()


def test_the_most_specific_price_applies():
    tea = a_price(
        "TEH",
        12500,
        PriceEntry(12000, min_quantity=12),
        PriceEntry(13000, channel="marketplace"),
        PriceEntry(11000, price_list="grosir"),
        PriceEntry(10500, price_list="grosir", min_quantity=24),
    )

    def price_of(quantity: int, **kwargs: object) -> int:
        return quote_cart({"TEH": quantity}, prices=[tea], **kwargs).lines[0].unit_price.minor

    assert price_of(1) == 12500
    assert price_of(12) == 12000
    assert price_of(1, channel="marketplace") == 13000
    assert price_of(1, price_group="grosir") == 11000
    assert price_of(23, price_group="grosir") == 11000
    assert price_of(24, price_group="grosir", channel="marketplace") == 10500
    assert price_of(1, channel=a_channel("sfa", price_list="grosir")) == 11000
    assert price_of(1, price_group="anggota") == 12500


def test_three_units_cost_three_times_the_price_on_the_label():
    tea = a_price("TEH", 12345)

    quote = quote_cart({"TEH": 3}, prices=[tea], promotions=[a_promotion(rate="0.10")])

    line = quote.lines[0]
    assert line.unit_price == rupiah(12345)
    assert line.adjustments == (Adjustment("promo", "Promo", rupiah(-3705), "promotion"),)
    assert line.total == rupiah(11110) * 3


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({"kind": "amount", "rate": "0", "amount_minor": 500}, 12000),
        ({"kind": "amount", "rate": "0", "amount_minor": 99999}, 0),
        ({"kind": "price", "rate": "0", "amount_minor": 10000}, 10000),
        ({"kind": "price", "rate": "0", "amount_minor": 20000}, 12500),
        ({"kind": "percent", "rate": "1"}, 0),
    ],
)
def test_a_promotion_lowers_a_unit_price_never_below_zero(fields: dict, total: int):
    promotion = a_promotion(skus=("TEH",), **fields)

    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion]).total == rupiah(total)


def test_a_promotion_applies_only_to_its_goods():
    promotion = a_promotion(categories=("teh",))
    tea = a_product("TEH", category="teh")

    quote = quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], products=[tea], promotions=[promotion])

    assert [line.total.minor for line in quote.lines] == [11250, 17000]


def test_a_promotion_applies_from_its_start_until_just_before_its_end():
    promotion = a_promotion(starts_at=NOW, ends_at=NOW + timedelta(hours=1))

    def total(at_minute: int) -> int:
        at = NOW + timedelta(minutes=at_minute)
        return quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion], now=at).total.minor

    assert [total(-1), total(0), total(59), total(60)] == [12500, 11250, 11250, 12500]


def test_a_promotion_may_be_limited_to_channels_or_price_groups():
    counter, members = a_promotion(channels=("pos",)), a_promotion(price_groups=("anggota",))

    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[counter]).total == rupiah(12500)
    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[counter], channel="pos").total == rupiah(11250)
    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[members]).total == rupiah(12500)
    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[members], price_group="anggota").total == rupiah(11250)


def test_a_minimum_quantity_counts_all_goods_of_the_promotion():
    three = a_promotion(skus=("TEH", "GULA"), min_quantity=3)

    assert quote_cart({"TEH": 2}, prices=[TEA], promotions=[three]).total == rupiah(25000)
    assert quote_cart({"TEH": 2, "GULA": 1}, prices=[TEA, SUGAR], promotions=[three]).total == rupiah(37800)


def test_other_goods_do_not_count_toward_a_minimum():
    three = a_promotion(skus=("TEH",), min_quantity=3)

    assert quote_cart({"TEH": 2, "GULA": 5}, prices=[TEA, SUGAR], promotions=[three]).total == rupiah(110000)


def test_the_best_of_several_exclusive_promotions_applies():
    small, large = a_promotion("small", rate="0.05"), a_promotion("large", rate="0.20")

    quote = quote_cart({"TEH": 1}, prices=[TEA], promotions=[small, large])

    assert [adjustment.code for adjustment in quote.lines[0].adjustments] == ["large"]
    assert quote.total == rupiah(10000)


def test_combinable_promotions_apply_one_after_the_other():
    first, second = a_promotion("a", combinable=True), a_promotion("b", combinable=True)

    quote = quote_cart({"TEH": 2}, prices=[TEA], promotions=[second, first])

    adjustments = [(adjustment.code, adjustment.amount.minor) for adjustment in quote.lines[0].adjustments]
    assert adjustments == [("a", -2500), ("b", -2250)]
    assert quote.total == rupiah(20250)


def test_an_order_discount_is_split_to_the_last_rupiah():
    off = a_promotion(kind="amount", rate="0", amount_minor=10000, min_total_minor=30000)

    quote = quote_cart({"TEH": 1, "GULA": 1, "A": 1}, prices=[TEA, SUGAR, a_price("A", 500)], promotions=[off])

    shares = [line.adjustments[0].amount.minor for line in quote.lines]
    assert shares == [-4167, -5667, -166]
    assert sum(shares) == -10000
    assert quote.total == rupiah(20000)


def test_combinable_order_discounts_apply_one_after_the_other():
    tenth = a_promotion("a", rate="0.1", min_total_minor=1, combinable=True)

    quote = quote_cart({"TEH": 1}, prices=[TEA], promotions=[tenth, COMBINABLE[1]])

    adjustments = [(adjustment.code, adjustment.amount.minor) for adjustment in quote.lines[0].adjustments]
    assert adjustments == [("a", -1250), ("q", -1000)]


def test_an_exclusive_order_discount_is_not_added_to_others():
    tea = a_promotion("tea", rate="0.1", skus=("TEH",), combinable=True)
    exclusive = a_promotion("a", kind="amount", rate="0", amount_minor=2000)

    quote = quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], promotions=[tea, exclusive, COMBINABLE[1]])

    assert [line.total.minor for line in quote.lines] == [11250, 15000]


def test_free_goods_get_no_share_of_a_discount():
    gift = a_price("HADIAH", 0)

    quote = quote_cart({"TEH": 1, "HADIAH": 1}, prices=[TEA, gift], promotions=[COMBINABLE[1]])

    assert [len(line.adjustments) for line in quote.lines] == [1, 0]


def test_an_order_discount_needs_its_minimum_total():
    off = a_promotion(kind="amount", rate="0", amount_minor=10000, min_total_minor=30000)

    assert quote_cart({"TEH": 2}, prices=[TEA], promotions=[off]).total == rupiah(25000)


def test_a_discount_larger_than_the_order_leaves_only_the_freight():
    off = a_promotion(kind="amount", rate="0", amount_minor=10**9)

    quote = quote_cart({"TEH": 1, "GULA": 2}, prices=[TEA, SUGAR], promotions=[off], freight=9000)

    assert [line.total.minor for line in quote.lines] == [0, 0]
    assert quote.total == rupiah(9000)


def test_an_exclusive_order_discount_skips_lowered_goods():
    sale = a_promotion("sale", kind="price", rate="0", amount_minor=9000, skus=("TEH",))
    order = a_promotion("order", kind="amount", rate="0", amount_minor=2000)

    quote = quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], promotions=[sale, order])

    assert [[adjustment.code for adjustment in line.adjustments] for line in quote.lines] == [["sale"], ["order"]]
    assert [line.total.minor for line in quote.lines] == [9000, 15000]


def test_no_promotion_applies_after_an_exclusive_one():
    sale = a_promotion("sale", rate="0.5", skus=("TEH",))

    quote = quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], promotions=[sale, COMBINABLE[1]])

    assert [line.total.minor for line in quote.lines] == [6250, 16000]
