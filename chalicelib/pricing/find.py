"""Reading prices and promotions, and what one product costs in one channel now."""

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
    rows: Sequence[Promotion] = ()
    until: datetime | None = None


_cache = PromotionCache()


def list_running_promotions(now: datetime, coupons: Iterable[Coupon] = ()) -> list[Promotion]:
    """Those that run at `now`; the list is at most 60 s old. Promotions of the coupons given are in it at once."""
    found = {each.id: each for each in _load_unended_promotions()}
    missing = {coupon.promotion_id for coupon in coupons} - found.keys()
    found |= {each.id: each for each in map(row_to_promotion, db.batch(map(promotion_key, missing)).values())}
    return [each for each in found.values() if is_running(each, now)]


def _load_unended_promotions() -> Sequence[Promotion]:
    at = clock.now()
    if _cache.until is None or not at < _cache.until <= at + CACHE_LIFETIME:
        between = (clock.iso(at), NO_END + "~")
        rows = db.query_all(PromotionRow, "promotions", index="by_list", between=between)
        _cache.rows, _cache.until = [row_to_promotion(row) for row in rows], at + CACHE_LIFETIME
    return _cache.rows


def clear_cache() -> None:
    _cache.until = None


def swap_cache(known: PromotionCache) -> PromotionCache:
    """Remember what `known` holds from now on; returns what was remembered before. For several processes in one."""
    global _cache
    before, _cache = _cache, known
    return before


def load_promotion(promotion_id: str) -> Promotion:
    return load_promotion_with_code(promotion_id)[0]


def load_promotion_with_code(promotion_id: str) -> tuple[Promotion, str]:
    row = db.get(PromotionRow, f"promotion#{promotion_id}", "promotion")
    if row is None:
        raise NotFound()
    return row_to_promotion(row), row.coupon_code or ""


def list_promotions(after: dict[str, Any] | None) -> tuple[list[tuple[Promotion, str]], dict[str, Any] | None]:
    """All that were ever kept, those that end last first, each with its code."""
    page = db.query(PromotionRow, "promotions", index="by_list", newest_first=True, limit=50, after=after)
    return [(row_to_promotion(row), row.coupon_code or "") for row in page.items], page.after


def load_prices(skus: Iterable[str]) -> dict[str, Price]:
    """Those that are set."""
    rows = db.batch(price_key(sku) for sku in skus)
    return {found.sku: found for found in map(row_to_price, rows.values())}


def load_price(sku: str) -> Price:
    row = db.get(PriceRow, f"price#{sku}", "price")
    if row is None:
        raise NotFound()
    return row_to_price(row)


def load_coupons(codes: Sequence[str]) -> list[Coupon]:
    """Refuses all the unknown ones together."""
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
    """A product with its price for one unit, in one channel, now."""

    product: Product
    line: QuotedLine

    @property
    def price(self) -> Money:
        return self.line.total

    @property
    def was(self) -> Money | None:
        return self.line.unit_price if self.line.total < self.line.unit_price else None

    def to_json(self) -> dict[str, Any]:
        """Everything a shelf label says; not what the goods cost us."""
        product = self.product
        shown: dict[str, Any] = {
            "sku": product.sku,
            "name": product.name,
            "category": product.category,
            "description": product.description,
            "barcode": product.barcode,
            "price": self.price.to_json(),
            "was": self.was.to_json() if self.was else None,
            "adjustments": [each.to_json() for each in self.line.adjustments],
            "tax_rate": product.tax_rate,
            "weight_grams": product.weight_grams,
        }
        extra = {"image": product.image, "channels": list(product.channels), "variant_of": product.variant_of}
        extra |= {"complements": list(product.complements), "alternatives": list(product.alternatives)}
        return shown | {name: value for name, value in extra.items() if value}


def build_listings(products: Sequence[Product], channel: Channel, price_group: str = "") -> list[Listing]:
    """By the same engine as carts. A product without a price is not shown: nobody could buy it."""
    now = clock.now()
    running = list_running_promotions(now)
    found = load_prices(product.sku for product in products)
    priced = [(each, found[each.sku]) for each in products if each.sku in found]
    market = Market(channel, price_group, now, config.currency())
    return [Listing(each, quote_one_unit(each, cost, running, market)) for each, cost in priced]
