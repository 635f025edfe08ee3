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


def test_a_cart_costs_its_prices_and_the_freight():
    told = quote_cart({"TEH": 3, "GULA": 1}, prices=[TEA, SUGAR], freight=9000)

    assert [(line.sku, line.name, line.quantity, line.unit_price, line.total) for line in told.lines] == [
        ("TEH", "Teh", 3, rupiah(12500), rupiah(37500)),
        ("GULA", "Gula", 1, rupiah(17000), rupiah(17000)),
    ]
    assert told.currency == "IDR"
    assert (told.freight, told.total, told.coupons_used) == (rupiah(9000), rupiah(63500), ())


def test_tax_is_the_part_within_the_price():
    told = quote_cart(
        {"TEH": 3, "BUKU": 1},
        prices=[TEA, a_price("BUKU", 40000)],
        products=[a_product("BUKU", tax_rate="0")],
    )

    assert [line.tax for line in told.lines] == [rupiah(3716), rupiah(0)]
    assert told.tax_included == rupiah(3716)
    assert included_tax(Money(111, "IDR"), "0.11") == rupiah(11)


def test_goods_know_what_they_cost_us_when_we_do():
    told = quote_cart({"TEH": 3, "GULA": 1}, prices=[TEA, SUGAR], products=[a_product("TEH", cost_minor=8000)])

    assert [line.cost for line in told.lines] == [rupiah(24000), None]
    assert "cost" not in told.lines[0].to_json()


def test_the_most_particular_price_wins():
    tea = a_price(
        "TEH",
        12500,
        PriceEntry(12000, min_quantity=12),
        PriceEntry(13000, channel="marketplace"),
        PriceEntry(11000, price_list="grosir"),
        PriceEntry(10500, price_list="grosir", min_quantity=24),
    )

    def each(quantity: int, **said: object) -> int:
        return quote_cart({"TEH": quantity}, prices=[tea], **said).lines[0].unit_price.minor

    assert each(1) == 12500
    assert each(12) == 12000
    assert each(1, channel="marketplace") == 13000
    assert each(1, price_group="grosir") == 11000
    assert each(23, price_group="grosir") == 11000
    assert each(24, price_group="grosir", channel="marketplace") == 10500
    assert each(1, channel=a_channel("sfa", price_list="grosir")) == 11000
    assert each(1, price_group="anggota") == 12500


def test_three_cost_three_times_what_the_shelf_says():
    tea = a_price("TEH", 12345)

    told = quote_cart({"TEH": 3}, prices=[tea], promotions=[a_promotion(rate="0.10")])

    line = told.lines[0]
    assert line.unit_price == rupiah(12345)
    assert line.adjustments == (Adjustment("promo", "Promo", rupiah(-3705), "promotion"),)
    assert line.total == rupiah(11110) * 3


@pytest.mark.parametrize(
    ("told", "total"),
    [
        ({"kind": "amount", "rate": "0", "amount_minor": 500}, 12000),
        ({"kind": "amount", "rate": "0", "amount_minor": 99999}, 0),
        ({"kind": "price", "rate": "0", "amount_minor": 10000}, 10000),
        ({"kind": "price", "rate": "0", "amount_minor": 20000}, 12500),
        ({"kind": "percent", "rate": "1"}, 0),
    ],
)
def test_a_promotion_lowers_a_unit_and_never_below_nothing(told: dict, total: int):
    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[a_promotion(skus=("TEH",), **told)]).total == rupiah(total)


def test_a_promotion_touches_only_what_it_names():
    promotion = a_promotion(categories=("teh",))
    tea = a_product("TEH", category="teh")

    told = quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], products=[tea], promotions=[promotion])

    assert [line.total.minor for line in told.lines] == [11250, 17000]


def test_a_promotion_holds_from_its_start_until_just_before_its_end():
    promotion = a_promotion(starts_at=NOW, ends_at=NOW + timedelta(hours=1))

    def total(at_minute: int) -> int:
        at = NOW + timedelta(minutes=at_minute)
        return quote_cart({"TEH": 1}, prices=[TEA], promotions=[promotion], now=at).total.minor

    assert [total(-1), total(0), total(59), total(60)] == [12500, 11250, 11250, 12500]


def test_a_promotion_may_be_for_some_channels_or_customers_only():
    counter, members = a_promotion(channels=("pos",)), a_promotion(price_groups=("anggota",))

    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[counter]).total == rupiah(12500)
    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[counter], channel="pos").total == rupiah(11250)
    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[members]).total == rupiah(12500)
    assert quote_cart({"TEH": 1}, prices=[TEA], promotions=[members], price_group="anggota").total == rupiah(11250)


def test_a_minimum_quantity_counts_all_the_goods_it_names():
    three = a_promotion(skus=("TEH", "GULA"), min_quantity=3)

    assert quote_cart({"TEH": 2}, prices=[TEA], promotions=[three]).total == rupiah(25000)
    assert quote_cart({"TEH": 2, "GULA": 1}, prices=[TEA, SUGAR], promotions=[three]).total == rupiah(37800)


def test_goods_it_does_not_name_do_not_help_to_reach_a_minimum():
    three = a_promotion(skus=("TEH",), min_quantity=3)

    assert quote_cart({"TEH": 2, "GULA": 5}, prices=[TEA, SUGAR], promotions=[three]).total == rupiah(110000)


def test_of_promotions_that_stand_alone_the_buyer_gets_the_best():
    small, large = a_promotion("small", rate="0.05"), a_promotion("large", rate="0.20")

    told = quote_cart({"TEH": 1}, prices=[TEA], promotions=[small, large])

    assert [each.code for each in told.lines[0].adjustments] == ["large"]
    assert told.total == rupiah(10000)


def test_combinable_promotions_add_up_one_after_the_other():
    first, second = a_promotion("a", combinable=True), a_promotion("b", combinable=True)

    told = quote_cart({"TEH": 2}, prices=[TEA], promotions=[second, first])

    assert [(each.code, each.amount.minor) for each in told.lines[0].adjustments] == [("a", -2500), ("b", -2250)]
    assert told.total == rupiah(20250)


def test_a_discount_on_the_order_is_shared_out_to_the_last_rupiah():
    off = a_promotion(kind="amount", rate="0", amount_minor=10000, min_total_minor=30000)

    told = quote_cart({"TEH": 1, "GULA": 1, "A": 1}, prices=[TEA, SUGAR, a_price("A", 500)], promotions=[off])

    shares = [line.adjustments[0].amount.minor for line in told.lines]
    assert shares == [-4167, -5667, -166]
    assert sum(shares) == -10000
    assert told.total == rupiah(20000)


def test_combinable_discounts_on_the_order_are_taken_one_after_the_other():
    tenth = a_promotion("a", rate="0.1", min_total_minor=1, combinable=True)

    told = quote_cart({"TEH": 1}, prices=[TEA], promotions=[tenth, COMBINABLE[1]])

    assert [(each.code, each.amount.minor) for each in told.lines[0].adjustments] == [("a", -1250), ("q", -1000)]


def test_a_discount_on_the_order_that_stands_alone_is_not_put_on_top_of_others():
    tea = a_promotion("tea", rate="0.1", skus=("TEH",), combinable=True)
    alone = a_promotion("a", kind="amount", rate="0", amount_minor=2000)

    told = quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], promotions=[tea, alone, COMBINABLE[1]])

    assert [line.total.minor for line in told.lines] == [11250, 15000]


def test_goods_that_cost_nothing_get_no_share_of_a_discount():
    gift = a_price("HADIAH", 0)

    told = quote_cart({"TEH": 1, "HADIAH": 1}, prices=[TEA, gift], promotions=[COMBINABLE[1]])

    assert [len(line.adjustments) for line in told.lines] == [1, 0]


def test_a_discount_on_the_order_needs_its_minimum():
    off = a_promotion(kind="amount", rate="0", amount_minor=10000, min_total_minor=30000)

    assert quote_cart({"TEH": 2}, prices=[TEA], promotions=[off]).total == rupiah(25000)


def test_a_discount_larger_than_the_order_leaves_nothing_to_pay_but_the_freight():
    off = a_promotion(kind="amount", rate="0", amount_minor=10**9)

    told = quote_cart({"TEH": 1, "GULA": 2}, prices=[TEA, SUGAR], promotions=[off], freight=9000)

    assert [line.total.minor for line in told.lines] == [0, 0]
    assert told.total == rupiah(9000)


def test_an_order_discount_that_stands_alone_passes_over_lowered_goods():
    sale = a_promotion("sale", kind="price", rate="0", amount_minor=9000, skus=("TEH",))
    order = a_promotion("order", kind="amount", rate="0", amount_minor=2000)

    told = quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], promotions=[sale, order])

    assert [[each.code for each in line.adjustments] for line in told.lines] == [["sale"], ["order"]]
    assert [line.total.minor for line in told.lines] == [9000, 15000]


def test_goods_lowered_by_a_promotion_that_stands_alone_are_closed_to_all_others():
    sale = a_promotion("sale", rate="0.5", skus=("TEH",))

    told = quote_cart({"TEH": 1, "GULA": 1}, prices=[TEA, SUGAR], promotions=[sale, COMBINABLE[1]])

    assert [line.total.minor for line in told.lines] == [6250, 16000]
