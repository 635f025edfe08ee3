"""Save prices, and promotions with their coupons. Saving an equal record changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.catalog.model import CHANNELS, FieldChange, diff_records
from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money
from chalicelib.pricing import find
from chalicelib.pricing.model import (
    Coupon,
    Price,
    PriceEntry,
    PriceSaved,
    Promotion,
    PromotionSaved,
    check_promotion,
    normalize_code,
)
from chalicelib.pricing.store import (
    CouponRow,
    PriceRow,
    PromotionRow,
    end_coupon,
    put_price,
    put_promotion,
    row_to_coupon,
    row_to_price,
    row_to_promotion,
    set_coupon,
)


@db.retry_on_conflict
def save_price(sku: str, base: Money, entries: Sequence[PriceEntry], actor: str) -> bool:
    """Save the price and return True, or False if it is equal already. Raises Invalid.

    The product need not exist yet, because an import may read prices before products.
    """
    price = Price(sku, base, tuple(entries))
    _check_price(price)
    row = db.get(PriceRow, f"price#{sku}", "price")
    before = row_to_price(row) if row is not None else None
    if before == price:
        return False
    event = PriceSaved(sku, diff_records(before, price))
    entry, head = journal.append_event(price.subject, event, after=row, actor=actor, at=clock.now())
    db.commit([put_price(price, head), entry])
    return True


def _check_price(price: Price) -> None:
    amounts = [price.base.minor, *(entry.amount_minor for entry in price.entries)]
    errors = [("base", "prices must not be below zero")] if min(amounts) < 0 else []
    unknown = sorted({entry.channel for entry in price.entries if entry.channel} - set(CHANNELS))
    errors += [("entries", f"{channel}: no such channel") for channel in unknown]
    if errors:
        raise Invalid(*errors)


@db.retry_on_conflict
def save_promotion(promotion: Promotion, actor: str, coupon: Coupon | None = None) -> bool:
    """Save a promotion with its coupon and return True, or False if both are equal already.

    The number of uses of an existing coupon is not changed. Raises Invalid or CodeTaken.
    """
    promotion, coupon = replace(promotion, coupon_only=coupon is not None), _normalize_coupon(promotion, coupon)
    check_promotion(promotion)
    row = db.get(PromotionRow, f"promotion#{promotion.id}", "promotion")
    before = row_to_promotion(row) if row is not None else None
    coupon_before = _find_coupon(row.coupon_code) if row is not None and row.coupon_code else None
    if before == promotion and coupon_before == coupon:
        return False
    event = PromotionSaved(promotion.id, _diff_without_terms(before, promotion), _diff_coupons(coupon_before, coupon))
    entry, head = journal.append_event(promotion.subject, event, after=row, actor=actor, at=clock.now())
    promotion_write = put_promotion(promotion, coupon.code if coupon else None, head)
    db.commit([promotion_write, *_build_coupon_writes(coupon_before, coupon), entry])
    find.clear_cache()
    return True


def _normalize_coupon(promotion: Promotion, coupon: Coupon | None) -> Coupon | None:
    """Normalize the code, link it to the promotion and end it with the promotion unless it has its own end."""
    if coupon is None:
        return None
    ends_at = coupon.ends_at or promotion.ends_at
    return replace(coupon, code=normalize_code(coupon.code), promotion_id=promotion.id, ends_at=ends_at, used=0)


def _find_coupon(code: str) -> Coupon | None:
    row = db.get(CouponRow, f"coupon#{code}", "coupon")
    return None if row is None else replace(row_to_coupon(row), used=0)


def _diff_without_terms(before: Promotion | None, after: Promotion) -> dict[str, FieldChange]:
    changed = diff_records(before, after)
    return {name: change for name, change in changed.items() if name != "terms"}


def _diff_coupons(before: Coupon | None, after: Coupon | None) -> dict[str, FieldChange]:
    return {} if after is None else diff_records(before, after)


def _build_coupon_writes(before: Coupon | None, after: Coupon | None) -> list[Write]:
    is_replaced = before is not None and (after is None or after.code != before.code)
    ended = [end_coupon(before.code, clock.now())] if before is not None and is_replaced else []
    return ended + ([set_coupon(after)] if after is not None else [])
