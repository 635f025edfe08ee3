"""Prices, promotions, coupons and carts with default values; a test names only the fields it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.catalog.model import Channel, Product
from chalicelib.kit.db import Write
from chalicelib.kit.money import Money
from chalicelib.pricing import coupon_uses, store
from chalicelib.pricing.model import CartLine, Coupon, Price, PriceEntry, Promotion, Quote
from chalicelib.pricing.quote import Cart, Market, PriceBook, quote
from tests.catalog.build import a_product

NOW = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
TERMS = {"id": "Berlaku untuk semua.", "en": "For everyone."}


def rupiah(minor: int) -> Money:
    return Money(minor, "IDR")


def a_price(sku: str, base: int, *entries: PriceEntry) -> Price:
    return Price(sku, rupiah(base), entries)


def a_promotion(id: str = "promo", **fields: Any) -> Promotion:
    defaults: dict[str, Any] = {
        "name": id.title(),
        "kind": "percent",
        "rate": "0.10",
        "currency": "IDR",
        "terms": TERMS,
    }
    return Promotion(**defaults | {"id": id, "starts_at": NOW - timedelta(days=1)} | fields)


def a_coupon(code: str = "LEBARAN", promotion: str = "promo", **fields: Any) -> Coupon:
    return Coupon(**{"code": code, "promotion_id": promotion, "starts_at": NOW - timedelta(days=1)} | fields)


def use(coupon: Coupon, customer_id: str | None = None, now: datetime | None = None) -> list[Write]:
    """Return the writes of one use, by a customer if one is named."""
    by_person = [coupon_uses.use_coupons(customer_id, {coupon.code: coupon.per_customer})] if customer_id else []
    return [store.use_coupon(coupon, now), *by_person]


def give_back(coupon: Coupon, customer_id: str | None = None) -> list[Write]:
    by_person = [coupon_uses.return_coupons(customer_id, [coupon.code])] if customer_id else []
    return [store.return_coupon(coupon), *by_person]


def a_market(
    channel: Channel | None = None, price_group: str = "", now: datetime = NOW, currency: str = "IDR"
) -> Market:
    return Market(channel or Channel("web"), price_group, now, currency)


def quote_cart(  # noqa: PLR0913 - a test names only the arguments it is about
    cart: Mapping[str, int] | Sequence[CartLine],
    *,
    prices: Sequence[Price],
    products: Sequence[Product] = (),
    promotions: Sequence[Promotion] = (),
    coupons: Sequence[Coupon] = (),
    channel: Channel | str = "web",
    price_group: str = "",
    now: datetime = NOW,
    freight: int = 0,
) -> Quote:
    """Return the quote of a cart. SKUs without a product get a default one."""
    lines = [CartLine(sku, quantity) for sku, quantity in cart.items()] if isinstance(cart, Mapping) else cart
    by_sku = {line.sku: a_product(line.sku) for line in lines} | {product.sku: product for product in products}
    market = a_market(channel if isinstance(channel, Channel) else Channel(channel), price_group, now)
    book = PriceBook(by_sku, {price.sku: price for price in prices}, promotions)
    return quote(Cart(lines, coupons, rupiah(freight)), book, market)
