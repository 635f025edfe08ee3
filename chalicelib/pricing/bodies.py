"""Request bodies and queries of pricing's endpoints, with their conversion to the model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.kit import json_dates
from chalicelib.kit.currency import check_currency
from chalicelib.kit.money import Money
from chalicelib.kit.web import Body, Query
from chalicelib.pricing.model import Coupon, PriceEntry, Promotion

Sku = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:~+-]{1,64}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
CouponCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{3,32}$")]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*$")]
ShortTexts = Annotated[list[ShortText], Field(max_length=50)]
Terms = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Instant = Annotated[json_dates.Instant, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]
PositiveCount = Annotated[int, Field(ge=1, le=1_000_000)]


class AmountBody(Body):
    amount: Annotated[int, Field(ge=0, le=10**12)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

    def to_money(self) -> Money:
        check_currency(self.currency)
        return Money(self.amount, self.currency)


class PriceEntryBody(Body):
    amount: Annotated[int, Field(ge=0, le=10**12)]
    price_list: Annotated[str, StringConstraints(max_length=64)] = ""
    channel: Annotated[str, StringConstraints(max_length=20)] = ""
    min_quantity: PositiveCount = 1

    def to_price_entry(self) -> PriceEntry:
        return PriceEntry(self.amount, self.price_list, self.channel, self.min_quantity)


class PriceBody(Body):
    """The base price including tax, and entries that differ by list, channel or quantity, in the same currency."""

    sku: Sku
    price: AmountBody
    entries: Annotated[list[PriceEntryBody], Field(max_length=50)] = []


class CouponBody(Body):
    code: CouponCode
    cap: Annotated[int, Field(ge=1, le=10**9)] | None = None
    per_customer: PositiveCount | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class TermsBody(Body):
    """The terms in Indonesian and in English."""

    id: Terms
    en: Terms


class PromotionBody(Body):
    """A promotion: `rate` is used by kind percent, `amount` by kinds amount and price.

    A promotion with a coupon applies only to carts with its code.
    """

    id: Slug
    name: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*$")]
    kind: Literal["percent", "amount", "price"]
    starts_at: Instant
    ends_at: Instant | None = None
    rate: Annotated[str, StringConstraints(pattern=r"^(0(\.[0-9]{1,6})?|1)$")] = "0"
    amount: AmountBody | None = None
    min_total: AmountBody | None = None
    min_quantity: PositiveCount = 1
    skus: Annotated[list[Sku], Field(max_length=200)] = []
    categories: ShortTexts = []
    channels: ShortTexts = []
    price_groups: ShortTexts = []
    combinable: bool = False
    terms: TermsBody
    coupon: CouponBody | None = None

    def to_promotion(self) -> Promotion:
        return Promotion(
            id=self.id,
            name=self.name,
            kind=self.kind,
            starts_at=truncate_to_milliseconds(self.starts_at),
            ends_at=self.ends_at and truncate_to_milliseconds(self.ends_at),
            rate=self.rate,
            amount_minor=self.amount.amount if self.amount else 0,
            currency=self._currency(),
            skus=tuple(self.skus),
            categories=tuple(self.categories),
            channels=tuple(self.channels),
            price_groups=tuple(self.price_groups),
            min_quantity=self.min_quantity,
            min_total_minor=self.min_total.amount if self.min_total else 0,
            combinable=self.combinable,
            terms=self.terms.model_dump(),
        )

    def _currency(self) -> str:
        amounts = [amount.to_money() for amount in (self.amount, self.min_total) if amount]
        return amounts[0].currency if amounts else ""

    def to_coupon(self) -> Coupon | None:
        if self.coupon is None:
            return None
        return Coupon(
            code=self.coupon.code,
            promotion_id=self.id,
            starts_at=truncate_to_milliseconds(self.coupon.starts_at or self.starts_at),
            ends_at=self.coupon.ends_at and truncate_to_milliseconds(self.coupon.ends_at),
            cap=self.coupon.cap,
            per_customer=self.coupon.per_customer,
        )


def truncate_to_milliseconds(instant: datetime) -> datetime:
    """Return the instant in UTC with the stored precision, so that saving it again finds no difference."""
    utc = instant.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


ChannelCode = Annotated[str, StringConstraints(max_length=20)]


class ListingQuery(Query):
    """`channel` is for staff; other callers see their own channel."""

    q: Annotated[str, StringConstraints(max_length=100)] = ""
    category: Annotated[str, StringConstraints(max_length=80)] = ""
    barcode: Annotated[str, StringConstraints(max_length=48)] = ""
    channel: ChannelCode = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 24
    cursor: Annotated[str, StringConstraints(max_length=2000)] = ""


class ProductQuery(Query):
    channel: ChannelCode = ""


class PromotionsQuery(Query):
    cursor: Annotated[str, StringConstraints(max_length=2000)] = ""
