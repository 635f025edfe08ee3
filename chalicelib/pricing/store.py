"""The table `pricing`: prices by SKU, promotions, coupons and the number of uses of each coupon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
    CouponNeedsCustomer,
    CouponSpent,
    Price,
    PriceEntry,
    Promotion,
    normalize_code,
)

NO_END = "9999-12-31T00:00:00.000Z"
NO_LIMIT = 10**9


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


class CouponUseRow(Row):
    """The number of uses of a coupon by one customer, phone number or e-mail address, in the coupon's partition."""

    Meta = db.table("pricing")

    used = NumberAttribute()


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


def use_coupon(
    coupon: Coupon,
    customer_id: str | None,
    now: datetime | None = None,
    *,
    identities: Sequence[str] = (),
    merged_uses: int = 0,
) -> list[Write]:
    """Return the writes that count one use in total, one for the customer and one for each of their `identities`.

    `identities` are keys from `identity_to_use_key`: the limit per customer holds for a phone number or e-mail address,
    whichever customer record it is on. `merged_uses` are uses by customers merged into this one.
    The stored cap is checked, not the one that was read. They fail with CouponSpent or CouponEnded. Raises
    CouponNeedsCustomer if the coupon has a limit per customer and the customer is unknown.
    """
    if coupon.per_customer is not None and not customer_id:
        raise CouponNeedsCustomer(coupon=coupon.code)
    at = now or clock.now()
    under_cap: Condition = CouponRow.cap.does_not_exist() | (CouponRow.used < CouponRow.cap)
    running: Condition = CouponRow.ends_at.does_not_exist() | (CouponRow.ends_at > at)
    when = CouponRow.pk.exists() & under_cap & running
    total_use = db.update(
        _coupon_row(coupon), CouponRow.used.add(1), when=when, refusal=lambda row: _build_use_refusal(coupon, row, at)
    )
    if not customer_id:
        return [total_use]
    limit = coupon.per_customer or NO_LIMIT
    limits = {f"customer#{customer_id}": limit - merged_uses} | dict.fromkeys(identities, limit)
    return [total_use, *_build_customer_use(coupon, limits)]


def _build_customer_use(coupon: Coupon, limits: Mapping[str, int]) -> list[Write]:
    """Return the writes that count the use by a known customer, by key.

    Uses are counted even without a limit: one may be set later, and a returned use must have been counted.
    """
    refusal = CouponSpent(coupon=coupon.code)
    if min(limits.values()) <= 0:
        raise refusal
    unused: Condition = CouponUseRow.pk.does_not_exist()
    return [
        db.update(
            _use_row(coupon, key), CouponUseRow.used.add(1), when=unused | (CouponUseRow.used < limit), refusal=refusal
        )
        for key, limit in limits.items()
    ]


def _build_use_refusal(coupon: Coupon, row: Any, at: datetime) -> Problem:
    if row is None or (row.ends_at is not None and row.ends_at <= at):
        return CouponEnded(coupon=coupon.code)
    return CouponSpent(coupon=coupon.code)


def return_coupon(coupon: Coupon, customer_id: str | None, identities: Sequence[str] = ()) -> list[Write]:
    """Return the writes that give back the use of a cancelled order, also after the coupon has ended."""
    total_use = db.update(_coupon_row(coupon), CouponRow.used.add(-1), when=CouponRow.used > 0)
    if not customer_id:
        return [total_use]
    rows = [_use_row(coupon, key) for key in (f"customer#{customer_id}", *identities)]
    return [total_use, *(db.update(row, CouponUseRow.used.add(-1), when=CouponUseRow.used > 0) for row in rows)]


def count_uses(codes: Sequence[str], customer_ids: Sequence[str]) -> Counter[str]:
    """Return by code how often these customers used each coupon."""
    keys = [Key(CouponUseRow, f"coupon#{code}", f"customer#{name}") for code in codes for name in customer_ids]
    uses: Counter[str] = Counter()
    for key, row in db.batch(keys).items():
        uses[key.pk.removeprefix("coupon#")] += int(row.used)
    return uses


def _use_row(coupon: Coupon, key: str) -> CouponUseRow:
    return CouponUseRow(f"coupon#{coupon.code}", key)


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
