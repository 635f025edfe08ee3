"""Keeping prices and promotions with their codes; keeping what is there already changes nothing."""

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
    """False when it was so already. A price may come before its product: an import brings both."""
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
    wrong = [("base", "prices are not below zero")] if min(amounts) < 0 else []
    unknown = sorted({entry.channel for entry in price.entries if entry.channel} - set(CHANNELS))
    wrong += [("entries", f"{channel}: no such channel") for channel in unknown]
    if wrong:
        raise Invalid(*wrong)


@db.retry_on_conflict
def save_promotion(promotion: Promotion, actor: str, coupon: Coupon | None = None) -> bool:
    """With its code, if it has one. How often the code was used stays as it is."""
    promotion, coupon = replace(promotion, coupon_only=coupon is not None), _normalize_coupon(promotion, coupon)
    check_promotion(promotion)
    row = db.get(PromotionRow, f"promotion#{promotion.id}", "promotion")
    before = row_to_promotion(row) if row is not None else None
    code_before = _find_coupon(row.coupon_code) if row is not None and row.coupon_code else None
    if before == promotion and code_before == coupon:
        return False
    event = PromotionSaved(promotion.id, _diff_without_terms(before, promotion), _diff_coupons(code_before, coupon))
    entry, head = journal.append_event(promotion.subject, event, after=row, actor=actor, at=clock.now())
    kept = put_promotion(promotion, coupon.code if coupon else None, head)
    db.commit([kept, *_build_coupon_writes(code_before, coupon), entry])
    find.clear_cache()
    return True


def _normalize_coupon(promotion: Promotion, coupon: Coupon | None) -> Coupon | None:
    """A code ends with its promotion unless it says otherwise."""
    if coupon is None:
        return None
    ends_at = coupon.ends_at or promotion.ends_at
    return replace(coupon, code=normalize_code(coupon.code), promotion_id=promotion.id, ends_at=ends_at, used=0)


def _find_coupon(code: str) -> Coupon | None:
    row = db.get(CouponRow, f"coupon#{code}", "coupon")
    return None if row is None else replace(row_to_coupon(row), used=0)


def _diff_without_terms(before: Promotion | None, after: Promotion) -> dict[str, FieldChange]:
    changed = diff_records(before, after)
    return {name: each for name, each in changed.items() if name != "terms"}


def _diff_coupons(before: Coupon | None, after: Coupon | None) -> dict[str, FieldChange]:
    return {} if after is None else diff_records(before, after)


def _build_coupon_writes(before: Coupon | None, after: Coupon | None) -> list[Write]:
    given_up = before is not None and (after is None or after.code != before.code)
    ended = [end_coupon(before.code, clock.now())] if before is not None and given_up else []
    return ended + ([set_coupon(after)] if after is not None else [])
