"""Keeping prices and promotions with their codes; keeping what is there already changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.catalog.model import CHANNELS, Change, changes
from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money
from chalicelib.pricing import find
from chalicelib.pricing.model import (
    Coupon,
    Price,
    PriceEntry,
    PriceKept,
    Promotion,
    PromotionKept,
    check_promotion,
    normal,
)
from chalicelib.pricing.store import (
    CouponRow,
    PriceRow,
    PromotionRow,
    as_coupon,
    as_price,
    as_promotion,
    end_coupon,
    put_price,
    put_promotion,
    set_coupon,
)


@db.decided_anew
def keep_price(sku: str, base: Money, entries: Sequence[PriceEntry], actor: str) -> bool:
    """False when it was so already. A price may come before its product: an import brings both."""
    price = Price(sku, base, tuple(entries))
    _check(price)
    row = db.get(PriceRow, f"price#{sku}", "price")
    before = as_price(row) if row is not None else None
    if before == price:
        return False
    event = PriceKept(sku, changes(before, price))
    entry, head = journal.append_event(price.subject, event, after=row, actor=actor, at=clock.now())
    db.commit([put_price(price, head), entry])
    return True


def _check(price: Price) -> None:
    amounts = [price.base.minor, *(entry.amount_minor for entry in price.entries)]
    wrong = [("base", "prices are not below zero")] if min(amounts) < 0 else []
    unknown = sorted({entry.channel for entry in price.entries if entry.channel} - set(CHANNELS))
    wrong += [("entries", f"{channel}: no such channel") for channel in unknown]
    if wrong:
        raise Invalid(*wrong)


@db.decided_anew
def keep_promotion(promotion: Promotion, actor: str, coupon: Coupon | None = None) -> bool:
    """With its code, if it has one. How often the code was used stays as it is."""
    promotion, coupon = replace(promotion, coupon_only=coupon is not None), _of(promotion, coupon)
    check_promotion(promotion)
    row = db.get(PromotionRow, f"promotion#{promotion.id}", "promotion")
    before = as_promotion(row) if row is not None else None
    code_before = _coupon(row.coupon_code) if row is not None and row.coupon_code else None
    if before == promotion and code_before == coupon:
        return False
    event = PromotionKept(promotion.id, _without_terms(before, promotion), _code_changed(code_before, coupon))
    entry, head = journal.append_event(promotion.subject, event, after=row, actor=actor, at=clock.now())
    kept = put_promotion(promotion, coupon.code if coupon else None, head)
    db.commit([kept, *_codes(code_before, coupon), entry])
    find.forget()
    return True


def _of(promotion: Promotion, coupon: Coupon | None) -> Coupon | None:
    """A code ends with its promotion unless it says otherwise."""
    if coupon is None:
        return None
    ends_at = coupon.ends_at or promotion.ends_at
    return replace(coupon, code=normal(coupon.code), promotion_id=promotion.id, ends_at=ends_at, used=0)


def _coupon(code: str) -> Coupon | None:
    row = db.get(CouponRow, f"coupon#{code}", "coupon")
    return None if row is None else replace(as_coupon(row), used=0)


def _without_terms(before: Promotion | None, after: Promotion) -> dict[str, Change]:
    changed = changes(before, after)
    return {name: each for name, each in changed.items() if name != "terms"}


def _code_changed(before: Coupon | None, after: Coupon | None) -> dict[str, Change]:
    return {} if after is None else changes(before, after)


def _codes(before: Coupon | None, after: Coupon | None) -> list[Write]:
    given_up = before is not None and (after is None or after.code != before.code)
    ended = [end_coupon(before.code, clock.now())] if before is not None and given_up else []
    return ended + ([set_coupon(after)] if after is not None else [])
