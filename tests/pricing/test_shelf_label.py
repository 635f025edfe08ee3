"""Price labels: the price of one unit, without coupons and minimums."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.pricing.model import Adjustment, PriceEntry, Promotion
from chalicelib.pricing.quote import quote_one_unit
from tests.catalog.build import a_channel, a_product
from tests.pricing.build import NOW, a_market, a_price, a_promotion, rupiah

TEA = a_price(
    *("TEH", 12500),
    PriceEntry(12000, min_quantity=2),
    PriceEntry(11000, price_list="grosir"),
    PriceEntry(13000, channel="marketplace"),
)


def label_price(*promotions: Promotion, channel: str = "web", group: str = "", now: datetime = NOW) -> int:
    return quote_one_unit(a_product("TEH"), TEA, promotions, a_market(a_channel(channel), group, now)).total.minor


def test_a_label_shows_the_price_of_one_unit_with_its_adjustments():
    line = quote_one_unit(a_product("TEH"), TEA, [a_promotion()], a_market())

    assert (line.sku, line.quantity, line.unit_price, line.total) == ("TEH", 1, rupiah(12500), rupiah(11250))
    assert line.adjustments == (Adjustment("promo", "Promo", rupiah(-1250), "promotion"),)


def test_a_label_depends_on_channel_and_price_group():
    assert [label_price(), label_price(group="grosir"), label_price(channel="marketplace")] == [12500, 11000, 13000]


def test_a_label_leaves_out_promotions_that_need_a_code_or_a_larger_cart():
    assert label_price(a_promotion(coupon_only=True)) == 12500
    assert label_price(a_promotion(skus=("TEH",), min_total_minor=1)) == 12500
    assert label_price(a_promotion(min_quantity=2)) == 12500
    assert label_price(a_promotion(kind="amount", amount_minor=1000)) == 12500


def test_a_label_shows_only_promotions_of_its_channel_price_group_time_and_currency():
    assert label_price(a_promotion(channels=("pos",))) == 12500
    assert label_price(a_promotion(channels=("pos",)), channel="pos") == 11250
    assert label_price(a_promotion(price_groups=("anggota",))) == 12500
    assert label_price(a_promotion(price_groups=("anggota",)), group="anggota") == 11250
    assert label_price(a_promotion(ends_at=NOW + timedelta(hours=1)), now=NOW + timedelta(hours=1)) == 12500
    assert label_price(a_promotion(currency="USD")) == 12500
