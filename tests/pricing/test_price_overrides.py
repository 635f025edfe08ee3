"""Agreed and overridden prices, and carts that cannot be sold."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.catalog.model import ChannelOff, NotPublished, UnknownSku
from chalicelib.kit.money import Money
from chalicelib.pricing.model import (
    Adjustment,
    AgreedPrice,
    CartLine,
    NoPrice,
    Price,
    PriceOverride,
)
from chalicelib.pricing.quote import Cart, PriceBook, quote
from tests.catalog.build import a_channel, a_product
from tests.pricing.build import a_market, a_price, a_promotion, quote_cart, rupiah

COMBINABLE = (
    a_promotion("p", rate="0.1", combinable=True),
    a_promotion("q", kind="amount", rate="0", amount_minor=1000, combinable=True),
)
TEA = a_price("TEH", 12500)


def test_an_agreed_price_is_used_unchanged_and_rounded_once():
    agreed = AgreedPrice(Money(1460, "USD"), Decimal("0.15"))
    cart_line = CartLine("TEH", 25, agreed=agreed)
    book = PriceBook({"TEH": a_product("TEH", tax_rate="0")}, {}, [a_promotion(rate="0.5")])
    market = a_market(a_channel("marketplace"), currency="USD")

    quoted = quote(Cart([cart_line], [], Money(0, "USD")), book, market)

    line = quoted.lines[0]
    assert (line.unit_price.minor, line.total.minor) == (1460, 31025)
    assert [(adjustment.kind, adjustment.amount.minor) for adjustment in line.adjustments] == [("agreed", -5475)]


@pytest.mark.parametrize("rate", ["0", "0.1"])
def test_no_promotion_applies_to_an_agreed_price_not_even_a_combinable_one(rate: str):
    cart_line = CartLine("TEH", 1, agreed=AgreedPrice(rupiah(10000), Decimal(rate)))
    net = 10000 - int(10000 * Decimal(rate))

    quoted = quote_cart([cart_line], prices=[], promotions=[*COMBINABLE])

    off = (Adjustment("agreed", "Agreed elsewhere", rupiah(net - 10000), "agreed"),)
    assert quoted.lines[0].adjustments == (off if net < 10000 else ())
    assert quoted.total == rupiah(net)


def test_an_order_discount_without_a_minimum_does_not_lower_agreed_prices():
    cart_line = CartLine("TEH", 1, agreed=AgreedPrice(rupiah(10000)))
    off = a_promotion(kind="amount", rate="0", amount_minor=1000, min_quantity=0)

    assert quote_cart([cart_line], prices=[], promotions=[off]).total == rupiah(10000)


def test_half_a_minor_unit_of_an_agreed_line_is_rounded_up():
    cart_line = CartLine("TEH", 1, agreed=AgreedPrice(rupiah(1010), Decimal("0.05")))

    assert quote_cart([cart_line], prices=[]).total == rupiah(960)  # 959.5


def test_an_overridden_price_is_kept_with_its_reason_and_no_promotion_applies():
    cart_line = CartLine("TEH", 2, override=PriceOverride(rupiah(10000), "kemasan penyok"))

    quoted = quote_cart([cart_line], prices=[TEA], promotions=[a_promotion(rate="0.5"), *COMBINABLE])

    assert quoted.lines[0].adjustments == (Adjustment("override", "kemasan penyok", rupiah(-5000), "override"),)
    assert quoted.total == rupiah(20000)


def test_a_price_below_zero_cannot_be_created():
    with pytest.raises(ValueError, match="below zero"):
        AgreedPrice(rupiah(-1))
    with pytest.raises(ValueError, match="below zero"):
        AgreedPrice(rupiah(1), Decimal("1.01"))
    with pytest.raises(ValueError, match="below zero"):
        PriceOverride(rupiah(-1), "x")


def test_every_sku_that_cannot_be_sold_is_named():
    cart = Cart([CartLine("TEH", 1), CartLine("A", 1), CartLine("B", 1)], [], rupiah(0))
    products = {sku: a_product(sku, channels=("pos",)) for sku in ("TEH", "A", "B")}

    with pytest.raises(UnknownSku) as unknown:
        quote(cart, PriceBook({"TEH": products["TEH"]}, {}, []), a_market(a_channel("web")))
    with pytest.raises(NotPublished) as withheld:
        quote(cart, PriceBook(products, {}, []), a_market(a_channel("web")))
    with pytest.raises(NoPrice) as unpriced:
        quote(cart, PriceBook(products, {"TEH": TEA}, []), a_market(a_channel("pos")))

    assert unknown.value.facts["skus"] == ["A", "B"]
    assert withheld.value.facts == {"skus": ["TEH", "A", "B"], "channel": "web"}
    assert unpriced.value.facts == {"skus": ["A", "B"], "currency": "IDR"}


def test_a_price_in_another_currency_does_not_count():
    tea = Price("TEH", Money(100, "USD"))

    with pytest.raises(NoPrice) as refusal:
        quote_cart({"TEH": 1}, prices=[tea])

    assert refusal.value.facts == {"skus": ["TEH"], "currency": "IDR"}


def test_a_channel_that_is_switched_off_quotes_nothing():
    with pytest.raises(ChannelOff):
        quote_cart({"TEH": 1}, prices=[TEA], channel=a_channel("web", active=False))
