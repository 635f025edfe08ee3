"""Prices, promotions, coupons, cart lines and quotes. Pure; `quote.py` prices carts with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.catalog.model import CHANNELS, FieldChange
from chalicelib.kit.errors import Invalid, Refused
from chalicelib.kit.events import Event
from chalicelib.kit.money import Money

PROMOTION_KINDS = ("percent", "amount", "price")
NO_EFFECT_REASONS = {  # why a coupon takes nothing off, by the `cause` that pages show in their own words
    "not_started": "it is not valid yet",
    "not_here": "its promotion does not apply here and now",
    "minimum_not_reached": "it needs a larger quantity or total, or other goods",
    "fixed_prices": "the prices of its goods were agreed elsewhere or set by hand",
    "better_discount": "another discount on its goods is better, and both cannot be combined",
    "nothing_to_take_off": "its goods cost no more than it would make them",
}


@dataclass(frozen=True)
class PriceEntry:
    """A price limited to a price list, a channel or a minimum quantity. An empty list or channel means any."""

    amount_minor: int
    price_list: str = ""
    channel: str = ""
    min_quantity: int = 1


@dataclass(frozen=True)
class Price:
    """The prices of one SKU for one unit, including tax; `base` applies where no entry does."""

    sku: str
    base: Money
    entries: tuple[PriceEntry, ...] = ()

    @property
    def subject(self) -> str:
        return f"price#{self.sku}"


@dataclass(frozen=True)
class Promotion:
    """A discount: kind `percent` takes off `rate`, `amount` takes off `amount_minor`, `price` sells at `amount_minor`.

    It lowers unit prices if it names SKUs or categories, or is a percent without a minimum total; otherwise it lowers
    the order total. A promotion that is not `combinable` is the only one applied to a line.
    """

    id: str
    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime | None = None
    rate: str = "0"
    amount_minor: int = 0
    currency: str = ""
    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    price_groups: tuple[str, ...] = ()
    min_quantity: int = 1
    min_total_minor: int = 0
    coupon_only: bool = False
    combinable: bool = False
    terms: dict[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return f"promotion#{self.id}"

    @property
    def is_per_unit(self) -> bool:
        has_goods = bool(self.skus or self.categories)
        return self.kind == "price" or has_goods or (self.kind == "percent" and not self.min_total_minor)


@dataclass(frozen=True)
class Coupon:
    """A code that activates a promotion. `cap` limits all uses, `per_customer` one customer's; None means no limit."""

    code: str
    promotion_id: str
    starts_at: datetime
    ends_at: datetime | None = None
    cap: int | None = None
    used: int = 0
    per_customer: int | None = None

    @property
    def is_used_up(self) -> bool:
        return self.cap is not None and self.used >= self.cap


@dataclass(frozen=True)
class AgreedPrice:
    """A unit price from a marketplace or an older system, less `discount_rate`. Promotions do not apply to it."""

    unit_price: Money
    discount_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.unit_price.minor < 0 or not 0 <= self.discount_rate <= 1:
            raise ValueError(f"an agreed price cannot be below zero, nor its discount rate outside 0 to 1: {self}")


@dataclass(frozen=True)
class PriceOverride:
    """A unit price set manually by authorized staff, with the reason."""

    unit_price: Money
    reason: str

    def __post_init__(self) -> None:
        if self.unit_price.minor < 0:
            raise ValueError(f"a price override cannot be below zero: {self}")


@dataclass(frozen=True)
class CartLine:
    """A line of the cart to price, with at most one of `agreed` and `override`."""

    sku: str
    quantity: int
    agreed: AgreedPrice | None = None
    override: PriceOverride | None = None


@dataclass(frozen=True)
class Adjustment:
    """One reason why a line's total differs from its list price. A negative amount is a discount.

    `kind` is promotion, coupon, agreed or override; `text` is shown for it.
    """

    code: str
    text: str
    amount: Money
    kind: str

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "says": self.text, "kind": self.kind, "amount": self.amount.to_json()}


@dataclass(frozen=True)
class QuotedLine:
    """A priced line: unit_price × quantity + adjustments = total. `total` includes `tax`; `cost` is internal."""

    sku: str
    name: str
    quantity: int
    unit_price: Money
    adjustments: tuple[Adjustment, ...]
    total: Money
    tax: Money
    cost: Money | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the buyer may see; the cost is left out."""
        return {
            "sku": self.sku,
            "name": self.name,
            "quantity": self.quantity,
            "unit_price": self.unit_price.to_json(),
            "adjustments": [adjustment.to_json() for adjustment in self.adjustments],
            "total": self.total.to_json(),
            "tax": self.tax.to_json(),
        }


@dataclass(frozen=True)
class Quote:
    """The priced cart. `total` includes freight and tax; `coupons_used` are the codes that lowered it."""

    lines: tuple[QuotedLine, ...]
    freight: Money
    tax_included: Money
    total: Money
    currency: str
    coupons_used: tuple[str, ...] = ()


def is_running(promotion: Promotion | Coupon, now: datetime) -> bool:
    """True from `starts_at` until just before `ends_at`."""
    return promotion.starts_at <= now and (promotion.ends_at is None or now < promotion.ends_at)


def check_promotion(promotion: Promotion) -> None:
    """Raise Invalid with every field that cannot be saved."""
    errors: list[tuple[str, str]] = []
    if promotion.kind not in PROMOTION_KINDS:
        errors.append(("kind", f"is none of {', '.join(PROMOTION_KINDS)}"))
    if promotion.kind == "percent" and not 0 < Decimal(promotion.rate) <= 1:
        errors.append(("rate", "must be a fraction above 0 and at most 1, such as 0.10"))
    if promotion.kind == "amount" and promotion.amount_minor <= 0:
        errors.append(("amount_minor", "must be above 0"))
    if not promotion.currency and (promotion.kind != "percent" or promotion.min_total_minor):
        errors.append(("currency", "is needed wherever an amount of money is named"))
    if promotion.kind == "price" and not (promotion.skus or promotion.categories):
        errors.append(("skus", "a fixed price needs to name its goods"))
    if unknown := sorted(set(promotion.channels) - set(CHANNELS)):
        errors.append(("channels", f"{', '.join(unknown)}: no such channel"))
    if promotion.ends_at is not None and promotion.ends_at <= promotion.starts_at:
        errors.append(("ends_at", "is not after starts_at"))
    if not promotion.terms.get("id") or not promotion.terms.get("en"):
        errors.append(("terms", "are needed in Indonesian and in English"))
    if errors:
        raise Invalid(*errors)


def normalize_code(code: str) -> str:
    """Return the code in capitals without surrounding blanks, as codes are typed in any form."""
    return code.strip().upper()


class NoPrice(Refused):
    message = "No price in {currency} is set for {skus}."


class UnknownCoupon(Invalid):
    message = "Unknown code: {coupons}; check the spelling."

    def __init__(self, coupons: Sequence[str]) -> None:
        super().__init__(*((f"coupons.{code}", "no such code") for code in coupons), coupons=list(coupons))


class CouponEnded(Refused):
    message = "Code {coupon} is no longer valid."


class CouponSpent(Refused):
    message = "Code {coupon} has reached its limit of uses."


class CouponDoesNotApply(Refused):
    """The coupon takes nothing off this cart. `cause` is a key of NO_EFFECT_REASONS."""

    message = "Code {coupon} does not apply to this cart: {reason}."

    def __init__(self, coupon: str, cause: str) -> None:
        super().__init__(coupon=coupon, cause=cause, reason=NO_EFFECT_REASONS[cause])


class CouponNeedsCustomer(Refused):
    message = "Code {coupon} is limited per customer; identify the customer."


class CodeTaken(Refused):
    message = "Code {coupon} already belongs to promotion {promotion}; choose another code."


@dataclass(frozen=True)
class PriceSaved(Event):
    """The prices of a product were set."""

    sku: str
    changed: dict[str, FieldChange]


@dataclass(frozen=True)
class PromotionSaved(Event):
    """A promotion or its code was created or changed."""

    promotion_id: str
    changed: dict[str, FieldChange]  # by name, without the terms, which are long
    coupon: dict[str, FieldChange] = field(default_factory=dict)  # changed fields of its coupon, by name
