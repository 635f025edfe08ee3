"""The table `pricing`: prices by SKU, promotions, coupons and the number of uses of each coupon.

The same table holds the uses by one person (`coupon_uses`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.errors import Problem
from chalicelib.kit.journal import Head
from chalicelib.kit.money import Money
from chalicelib.kit.row_attributes import InstantAttribute
from chalicelib.pricing.model import (
    CodeTaken,
    Coupon,
    CouponEnded,
    CouponSpent,
    Price,
    PriceEntry,
    Promotion,
    normalize_code,
)

NO_END = "9999-12-31T00:00:00.000Z"


class PriceRow(Row):
    Meta = db.table("pricing")

    base_minor = NumberAttribute()
    currency = UnicodeAttribute()
    entries = JSONAttribute()
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


class PromotionRow(IndexedRow):
    """A promotion, listed by its end so that queries can skip those that have ended."""

    Meta = db.table("pricing")

    name = UnicodeAttribute()
    kind = UnicodeAttribute()
    starts_at = InstantAttribute()
    ends_at = InstantAttribute(null=True)
    rate = UnicodeAttribute()
    amount_minor = NumberAttribute()
    currency = UnicodeAttribute()
    only = JSONAttribute()  # skus, categories, channels, price_groups
    min_quantity = NumberAttribute()
    min_total_minor = NumberAttribute()
    coupon_only = BooleanAttribute()
    combinable = BooleanAttribute()
    terms = JSONAttribute()
    coupon_code = UnicodeAttribute(null=True)
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


class CouponRow(Row):
    Meta = db.table("pricing")

    promotion_id = UnicodeAttribute()
    starts_at = InstantAttribute()
    ends_at = InstantAttribute(null=True)
    cap = NumberAttribute(null=True)
    used = NumberAttribute(default=0)
    per_customer = NumberAttribute(null=True)


def price_key(sku: str) -> Key:
    return Key(PriceRow, f"price#{sku}", "price")


def promotion_key(promotion_id: str) -> Key:
    return Key(PromotionRow, f"promotion#{promotion_id}", "promotion")


def coupon_key(code: str) -> Key:
    return Key(CouponRow, f"coupon#{normalize_code(code)}", "coupon")


def row_to_price(row: Any) -> Price:
    entries = tuple(PriceEntry(*entry) for entry in row.entries)
    return Price(row.pk.removeprefix("price#"), Money(int(row.base_minor), row.currency), entries)


def row_to_promotion(row: Any) -> Promotion:
    skus, categories, channels, price_groups = map(tuple, row.only)
    return Promotion(
        id=row.pk.removeprefix("promotion#"),
        name=row.name,
        kind=row.kind,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        rate=row.rate,
        amount_minor=int(row.amount_minor),
        currency=row.currency,
        skus=skus,
        categories=categories,
        channels=channels,
        price_groups=price_groups,
        min_quantity=int(row.min_quantity),
        min_total_minor=int(row.min_total_minor),
        coupon_only=row.coupon_only,
        combinable=row.combinable,
        terms=dict(row.terms),
    )


def row_to_coupon(row: Any) -> Coupon:
    return Coupon(
        code=row.pk.removeprefix("coupon#"),
        promotion_id=row.promotion_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        cap=None if row.cap is None else int(row.cap),
        used=int(row.used),
        per_customer=None if row.per_customer is None else int(row.per_customer),
    )


def use_coupon(coupon: Coupon, now: datetime | None = None) -> Write:
    """Return the write that counts one use of the coupon by anyone; `coupon_uses` counts those by one person.

    The stored cap is checked, not the one that was read. It fails with CouponSpent or CouponEnded.
    """
    at = now or clock.now()
    under_cap: Condition = CouponRow.cap.does_not_exist() | (CouponRow.used < CouponRow.cap)
    running: Condition = CouponRow.ends_at.does_not_exist() | (CouponRow.ends_at > at)
    when = CouponRow.pk.exists() & under_cap & running
    return db.update(
        _coupon_row(coupon), CouponRow.used.add(1), when=when, refusal=lambda row: _build_use_refusal(coupon, row, at)
    )


def _build_use_refusal(coupon: Coupon, row: Any, at: datetime) -> Problem:
    if row is None or (row.ends_at is not None and row.ends_at <= at):
        return CouponEnded(coupon=coupon.code)
    return CouponSpent(coupon=coupon.code)


def return_coupon(coupon: Coupon) -> Write:
    """Return the write that gives back the use of a cancelled order, also after the coupon has ended."""
    return db.update(_coupon_row(coupon), CouponRow.used.add(-1), when=CouponRow.used > 0)


def _coupon_row(coupon: Coupon) -> CouponRow:
    return CouponRow(f"coupon#{coupon.code}", "coupon")


def put_price(price: Price, head: Head) -> Write:
    entries = [[entry.amount_minor, entry.price_list, entry.channel, entry.min_quantity] for entry in price.entries]
    row = PriceRow(
        f"price#{price.sku}",
        "price",
        base_minor=price.base.minor,
        currency=price.base.currency,
        entries=entries,
        **vars(head),
    )
    return journal.put_version(row)


def put_promotion(promotion: Promotion, coupon_code: str | None, head: Head) -> Write:
    row = PromotionRow(
        f"promotion#{promotion.id}",
        "promotion",
        list="promotions",
        listed_at=promotion_sort_key(promotion),
        name=promotion.name,
        kind=promotion.kind,
        starts_at=promotion.starts_at,
        ends_at=promotion.ends_at,
        rate=promotion.rate,
        amount_minor=promotion.amount_minor,
        currency=promotion.currency,
        only=[promotion.skus, promotion.categories, promotion.channels, promotion.price_groups],
        min_quantity=promotion.min_quantity,
        min_total_minor=promotion.min_total_minor,
        coupon_only=promotion.coupon_only,
        combinable=promotion.combinable,
        terms=promotion.terms,
        coupon_code=coupon_code,
        **vars(head),
    )
    return journal.put_version(row)


def promotion_sort_key(promotion: Promotion) -> str:
    end = clock.iso(promotion.ends_at) if promotion.ends_at else NO_END
    return f"{end}#{promotion.id}"


def set_coupon(coupon: Coupon) -> Write:
    """Return the write that sets the coupon without its number of uses. Fails with CodeTaken."""
    free = CouponRow.pk.does_not_exist() | (CouponRow.promotion_id == coupon.promotion_id)
    return db.update(
        _coupon_row(coupon),
        CouponRow.promotion_id.set(coupon.promotion_id),
        CouponRow.starts_at.set(coupon.starts_at),
        CouponRow.used.set(CouponRow.used | 0),
        _set_or_remove(CouponRow.ends_at, coupon.ends_at),
        _set_or_remove(CouponRow.cap, coupon.cap),
        _set_or_remove(CouponRow.per_customer, coupon.per_customer),
        when=free,
        refusal=lambda existing: CodeTaken(coupon=coupon.code, promotion=existing.promotion_id),
    )


def _set_or_remove(attribute: Any, value: Any) -> Any:
    return attribute.remove() if value is None else attribute.set(value)


def end_coupon(code: str, at: datetime) -> Write:
    """Return the write that ends a coupon. The row stays, because orders may still return their use."""
    return db.update(CouponRow(f"coupon#{code}", "coupon"), CouponRow.ends_at.set(at), when=CouponRow.pk.exists())
