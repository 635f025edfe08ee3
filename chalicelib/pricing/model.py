"""Prices, promotions, coupons and quotes; `quote` decides which of them hold and makes totals of them."""

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


@dataclass(frozen=True)
class PriceEntry:
    """A price for some only: a price list's, a channel's, from a quantity on. Empty means: for all."""

    amount_minor: int
    price_list: str = ""
    channel: str = ""
    min_quantity: int = 1


@dataclass(frozen=True)
class Price:
    sku: str
    base: Money
    entries: tuple[PriceEntry, ...] = ()

    @property
    def subject(self) -> str:
        return f"price#{self.sku}"


@dataclass(frozen=True)
class Promotion:
    """`percent` takes `rate` off, `amount` takes `amount_minor` off, `price` sells at `amount_minor`.

    With SKUs or categories, and for a plain percent, it lowers unit prices; else it lowers the whole order. One that is
    not `combinable` stands alone on the goods it touches.
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
        named = bool(self.skus or self.categories)
        return self.kind == "price" or named or (self.kind == "percent" and not self.min_total_minor)


@dataclass(frozen=True)
class Coupon:
    """A code that opens a promotion. `cap` is for all together, `per_customer` for each; None is no limit."""

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
    """A price made elsewhere, with a marketplace or in an older system: taken as it is."""

    unit_price: Money
    discount_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.unit_price.minor < 0 or not 0 <= self.discount_rate <= 1:
            raise ValueError(f"an agreed price cannot be below nothing: {self}")


@dataclass(frozen=True)
class PriceOverride:
    """A unit price set by hand, by someone who may, with his reason."""

    unit_price: Money
    reason: str

    def __post_init__(self) -> None:
        if self.unit_price.minor < 0:
            raise ValueError(f"a price set by hand cannot be below nothing: {self}")


@dataclass(frozen=True)
class CartLine:
    sku: str
    quantity: int
    agreed: AgreedPrice | None = None
    override: PriceOverride | None = None


@dataclass(frozen=True)
class Adjustment:
    """One reason for a difference: `kind` is promotion, coupon, agreed or override; a negative amount is cheaper."""

    code: str
    says: str
    amount: Money
    kind: str

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "says": self.says, "kind": self.kind, "amount": self.amount.to_json()}


@dataclass(frozen=True)
class QuotedLine:
    """unit_price × quantity + adjustments = total, to the minor unit; `tax` is the part included in it."""

    sku: str
    name: str
    quantity: int
    unit_price: Money
    adjustments: tuple[Adjustment, ...]
    total: Money
    tax: Money
    cost: Money | None = None

    def to_json(self) -> dict[str, Any]:
        """What the buyer may see: not what the goods cost us."""
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
    lines: tuple[QuotedLine, ...]
    freight: Money
    tax_included: Money
    total: Money
    currency: str
    coupons_used: tuple[str, ...] = ()


def is_running(promotion: Promotion | Coupon, now: datetime) -> bool:
    """Its end is the first instant at which it no longer holds."""
    return promotion.starts_at <= now and (promotion.ends_at is None or now < promotion.ends_at)


def check_promotion(promotion: Promotion) -> None:
    wrong: list[tuple[str, str]] = []
    if promotion.kind not in PROMOTION_KINDS:
        wrong.append(("kind", f"is none of {', '.join(PROMOTION_KINDS)}"))
    if promotion.kind == "percent" and not 0 < Decimal(promotion.rate) <= 1:
        wrong.append(("rate", "must be a fraction above 0 and at most 1, such as 0.10"))
    if promotion.kind == "amount" and promotion.amount_minor <= 0:
        wrong.append(("amount_minor", "must be above 0"))
    if not promotion.currency and (promotion.kind != "percent" or promotion.min_total_minor):
        wrong.append(("currency", "is needed wherever an amount of money is named"))
    if promotion.kind == "price" and not (promotion.skus or promotion.categories):
        wrong.append(("skus", "a fixed price needs to name its goods"))
    if unknown := sorted(set(promotion.channels) - set(CHANNELS)):
        wrong.append(("channels", f"{', '.join(unknown)}: no such channel"))
    if promotion.ends_at is not None and promotion.ends_at <= promotion.starts_at:
        wrong.append(("ends_at", "is not after starts_at"))
    if not promotion.terms.get("id") or not promotion.terms.get("en"):
        wrong.append(("terms", "are needed in Indonesian and in English"))
    if wrong:
        raise Invalid(*wrong)


def normalize_code(code: str) -> str:
    """Codes are printed, read out and typed: case and outer blanks do not matter."""
    return code.strip().upper()


class NoPrice(Refused):
    message = "No price in {currency} is set for {skus}."


class UnknownCoupon(Invalid):
    message = "We know no code {coupons}; check its spelling."

    def __init__(self, coupons: Sequence[str]) -> None:
        super().__init__(*((f"coupons.{code}", "no such code") for code in coupons), coupons=list(coupons))


class CouponEnded(Refused):
    message = "Code {coupon} is no longer valid."


class CouponSpent(Refused):
    message = "Code {coupon} has been used as often as it may be."


class CouponDoesNotApply(Refused):
    message = "Code {coupon} does not apply to this cart: {reason}."


class CouponNeedsCustomer(Refused):
    message = "Code {coupon} is limited for each customer; say who is buying."


class CodeTaken(Refused):
    message = "Code {coupon} already opens promotion {promotion}."


@dataclass(frozen=True)
class PriceSaved(Event):
    """A product's prices were set."""

    sku: str
    changed: dict[str, FieldChange]


@dataclass(frozen=True)
class PromotionSaved(Event):
    """A promotion or its code was made or changed."""

    promotion_id: str
    changed: dict[str, FieldChange]  # by name, without its terms, which are long
    coupon: dict[str, FieldChange] = field(default_factory=dict)  # the fields of its code that changed, by name
