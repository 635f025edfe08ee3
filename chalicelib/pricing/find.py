"""Read prices, promotions and coupons, and build listings: products with their price in a channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.catalog.model import Channel, Product
from chalicelib.kit import clock, config, db
from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.pricing.model import Coupon, Price, Promotion, QuotedLine, UnknownCoupon, is_running, normalize_code
from chalicelib.pricing.quote import Market, quote_one_unit
from chalicelib.pricing.store import (
    NO_END,
    CouponRow,
    PriceRow,
    PromotionRow,
    coupon_key,
    price_key,
    promotion_key,
    row_to_coupon,
    row_to_price,
    row_to_promotion,
)

CACHE_LIFETIME = timedelta(seconds=60)


@dataclass
class PromotionCache:
    """Promotions that had not ended when they were loaded, valid until `until`; None means expired."""

    rows: Sequence[Promotion] = ()
    until: datetime | None = None


_cache = PromotionCache()


def list_running_promotions(now: datetime, coupons: Iterable[Coupon] = ()) -> list[Promotion]:
    """Return the promotions that run at `now`, up to 60 s old. The promotions of `coupons` are always included."""
    promotions = {promotion.id: promotion for promotion in _load_unended_promotions()}
    missing = {coupon.promotion_id for coupon in coupons} - promotions.keys()
    loaded = map(row_to_promotion, db.batch(map(promotion_key, missing)).values())
    promotions |= {promotion.id: promotion for promotion in loaded}
    return [promotion for promotion in promotions.values() if is_running(promotion, now)]


def _load_unended_promotions() -> Sequence[Promotion]:
    now = clock.now()
    if _cache.until is None or not now < _cache.until <= now + CACHE_LIFETIME:
        between = (clock.iso(now), NO_END + "~")
        rows = db.query_all(PromotionRow, "promotions", index="by_list", between=between)
        _cache.rows, _cache.until = [row_to_promotion(row) for row in rows], now + CACHE_LIFETIME
    return _cache.rows


def clear_cache() -> None:
    _cache.until = None


def swap_cache(cache: PromotionCache) -> PromotionCache:
    """Use another cache and return the previous one, to simulate several processes in one."""
    global _cache
    before, _cache = _cache, cache
    return before


def load_promotion(promotion_id: str) -> Promotion:
    """Return a promotion. Raises NotFound."""
    return load_promotion_with_code(promotion_id)[0]


def load_promotion_with_code(promotion_id: str) -> tuple[Promotion, str]:
    """Return a promotion and its coupon code, empty if it has none. Raises NotFound."""
    row = db.get(PromotionRow, f"promotion#{promotion_id}", "promotion")
    if row is None:
        raise NotFound()
    return row_to_promotion(row), row.coupon_code or ""


def list_promotions(after: dict[str, Any] | None) -> tuple[list[tuple[Promotion, str]], dict[str, Any] | None]:
    """Return one page of all promotions with their codes, latest end first, and the cursor of the next page."""
    page = db.query(PromotionRow, "promotions", index="by_list", newest_first=True, limit=50, after=after)
    return [(row_to_promotion(row), row.coupon_code or "") for row in page.items], page.after


def load_prices(skus: Iterable[str]) -> dict[str, Price]:
    """Return the prices that are set, by SKU."""
    rows = db.batch(price_key(sku) for sku in skus)
    return {price.sku: price for price in map(row_to_price, rows.values())}


def load_price(sku: str) -> Price:
    row = db.get(PriceRow, f"price#{sku}", "price")
    if row is None:
        raise NotFound()
    return row_to_price(row)


def load_coupons(codes: Sequence[str]) -> list[Coupon]:
    """Return the coupons in the order of their codes. Raises UnknownCoupon with every unknown code."""
    keys = {normalize_code(code): coupon_key(code) for code in codes}
    rows: dict[db.Key, CouponRow] = db.batch(keys.values())
    if unknown := [code for code, key in keys.items() if key not in rows]:
        raise UnknownCoupon(unknown)
    return [row_to_coupon(rows[key]) for key in keys.values()]


def load_coupon(code: str) -> Coupon:
    key = coupon_key(code)
    row = db.get(CouponRow, key.pk, key.sk)
    if row is None:
        raise NotFound()
    return row_to_coupon(row)


@dataclass(frozen=True)
class Listing:
    """A product with the current price of one unit in one channel."""

    product: Product
    line: QuotedLine

    @property
    def price(self) -> Money:
        return self.line.total

    @property
    def regular_price(self) -> Money | None:
        return self.line.unit_price if self.line.total < self.line.unit_price else None

    def to_json(self) -> dict[str, Any]:
        """Return everything that a price label shows; the purchase cost is left out."""
        product = self.product
        body: dict[str, Any] = {
            "sku": product.sku,
            "name": product.name,
            "category": product.category,
            "description": product.description,
            "barcode": product.barcode,
            "price": self.price.to_json(),
            "was": self.regular_price.to_json() if self.regular_price else None,
            "adjustments": [adjustment.to_json() for adjustment in self.line.adjustments],
            "tax_rate": product.tax_rate,
            "weight_grams": product.weight_grams,
        }
        optional = {"image": product.image, "channels": list(product.channels), "variant_of": product.variant_of}
        optional |= {"complements": list(product.complements), "alternatives": list(product.alternatives)}
        return body | {name: value for name, value in optional.items() if value}


def build_listings(products: Sequence[Product], channel: Channel, price_group: str = "") -> list[Listing]:
    """Return the products with the prices that carts get in this channel, without products that have no price."""
    now = clock.now()
    promotions = list_running_promotions(now)
    prices = load_prices(product.sku for product in products)
    market = Market(channel, price_group, now, config.currency())
    return [
        Listing(product, quote_one_unit(product, prices[product.sku], promotions, market))
        for product in products
        if product.sku in prices
    ]
