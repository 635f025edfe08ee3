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
from chalicelib.pricing.model import Coupon, Price, Promotion, QuotedLine, UnknownCoupon, normal, runs
from chalicelib.pricing.quote import Market, price_one
from chalicelib.pricing.store import (
    FOR_EVER,
    CouponRow,
    PriceRow,
    PromotionRow,
    as_coupon,
    as_price,
    as_promotion,
    coupon_key,
    price_key,
    promotion_key,
)

FRESH = timedelta(seconds=60)


@dataclass
class Remembered:
    rows: Sequence[Promotion] = ()
    until: datetime | None = None


_known = Remembered()


def promotions(now: datetime, opened_by: Iterable[Coupon] = ()) -> list[Promotion]:
    """Those that run at `now`; the list is at most 60 s old. Promotions of the coupons given are in it at once."""
    found = {each.id: each for each in _unended()}
    missing = {coupon.promotion_id for coupon in opened_by} - found.keys()
    found |= {each.id: each for each in map(as_promotion, db.batch(map(promotion_key, missing)).values())}
    return [each for each in found.values() if runs(each, now)]


def _unended() -> Sequence[Promotion]:
    at = clock.now()
    if _known.until is None or not at < _known.until <= at + FRESH:
        between = (clock.iso(at), FOR_EVER + "~")
        rows = db.query_all(PromotionRow, "promotions", index="by_list", between=between)
        _known.rows, _known.until = [as_promotion(row) for row in rows], at + FRESH
    return _known.rows


def forget() -> None:
    _known.until = None


def restore(known: Remembered) -> Remembered:
    """Remember what `known` holds from now on; returns what was remembered before. For several processes in one."""
    global _known
    before, _known = _known, known
    return before


def promotion(promotion_id: str) -> Promotion:
    return promotion_with_code(promotion_id)[0]


def promotion_with_code(promotion_id: str) -> tuple[Promotion, str]:
    row = db.get(PromotionRow, f"promotion#{promotion_id}", "promotion")
    if row is None:
        raise NotFound()
    return as_promotion(row), row.coupon_code or ""


def kept_promotions(after: dict[str, Any] | None) -> tuple[list[tuple[Promotion, str]], dict[str, Any] | None]:
    """All that were ever kept, those that end last first, each with its code."""
    page = db.query(PromotionRow, "promotions", index="by_list", newest_first=True, limit=50, after=after)
    return [(as_promotion(row), row.coupon_code or "") for row in page.items], page.after


def prices(skus: Iterable[str]) -> dict[str, Price]:
    """Those that are set."""
    rows = db.batch(price_key(sku) for sku in skus)
    return {found.sku: found for found in map(as_price, rows.values())}


def price(sku: str) -> Price:
    row = db.get(PriceRow, f"price#{sku}", "price")
    if row is None:
        raise NotFound()
    return as_price(row)


def coupons(codes: Sequence[str]) -> list[Coupon]:
    """Refuses all the unknown ones together."""
    keys = {normal(code): coupon_key(code) for code in codes}
    rows: dict[db.Key, CouponRow] = db.batch(keys.values())
    if unknown := [code for code, key in keys.items() if key not in rows]:
        raise UnknownCoupon(unknown)
    return [as_coupon(rows[key]) for key in keys.values()]


def coupon(code: str) -> Coupon:
    key = coupon_key(code)
    row = db.get(CouponRow, key.pk, key.sk)
    if row is None:
        raise NotFound()
    return as_coupon(row)


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

    def as_json(self) -> dict[str, Any]:
        """Everything a shelf label says; not what the goods cost us."""
        product = self.product
        shown: dict[str, Any] = {
            "sku": product.sku,
            "name": product.name,
            "category": product.category,
            "description": product.description,
            "barcode": product.barcode,
            "price": self.price.as_json(),
            "was": self.was.as_json() if self.was else None,
            "adjustments": [each.as_json() for each in self.line.adjustments],
            "tax_rate": product.tax_rate,
            "weight_grams": product.weight_grams,
        }
        extra = {"image": product.image, "channels": list(product.channels), "variant_of": product.variant_of}
        extra |= {"complements": list(product.complements), "alternatives": list(product.alternatives)}
        return shown | {name: value for name, value in extra.items() if value}


def listing(products: Sequence[Product], channel: Channel, price_group: str = "") -> list[Listing]:
    """By the same engine as carts. A product without a price is not shown: nobody could buy it."""
    now = clock.now()
    running = promotions(now)
    found = prices(product.sku for product in products)
    priced = [(each, found[each.sku]) for each in products if each.sku in found]
    market = Market(channel, price_group, now, config.currency())
    return [Listing(each, price_one(each, cost, running, market)) for each, cost in priced]
