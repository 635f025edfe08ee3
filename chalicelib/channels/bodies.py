"""Request bodies of quotes, drafts and orders. All channels use the same form."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from chalicelib.catalog.model import CHANNELS
from chalicelib.kit import config
from chalicelib.kit.countries import CountryCode
from chalicelib.kit.json_dates import Instant
from chalicelib.kit.web import Body
from chalicelib.payments.model import MAX_PAYMENTS_PER_ORDER

Short = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x08\x0b-\x1f]*$")]
Amount = Annotated[int, Field(ge=0, le=10**12)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class MoneyBody(Body):
    amount: Amount
    currency: Currency


class AgreedBody(Body):
    """A price agreed outside this system. Only a channel key and the owner may send it."""

    unit_price: MoneyBody
    discount_rate: Annotated[Decimal, Field(ge=0, le=1, max_digits=9, allow_inf_nan=False)] = Decimal(0)


class OverrideBody(Body):
    unit_price: MoneyBody
    reason: Annotated[str, StringConstraints(min_length=3, max_length=200)]


class LineBody(Body):
    sku: Short
    quantity: Annotated[int, Field(ge=1, le=100_000)]
    agreed: AgreedBody | None = None
    override: OverrideBody | None = None


class CustomerBody(Body):
    """Either the `id` of a known customer, from staff, or a name and contact details."""

    id: Annotated[str, StringConstraints(max_length=64)] = ""
    name: Text = ""
    phone: Annotated[str, StringConstraints(max_length=40)] = ""
    email: Annotated[str, StringConstraints(max_length=200)] = ""


class PositionBody(Body):
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class AddressBody(Body):
    street: Text = ""
    city: Text = ""
    postcode: Annotated[str, StringConstraints(max_length=16)] = ""
    country: CountryCode = Field(default_factory=config.country)
    position: PositionBody | None = None


class DeliveryBody(Body):
    method: Literal["ship", "pickup", "handover"]
    location: Annotated[str, StringConstraints(max_length=64)] | None = None
    address: AddressBody | None = None


class TenderBody(Body):
    method: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    amount: MoneyBody | None = None
    reason: Text = ""


class CartBody(Body):
    channel: str
    placement: Annotated[str, StringConstraints(max_length=64)] = ""
    customer: CustomerBody | None = None
    lines: Annotated[list[LineBody], Field(min_length=1, max_length=200)]
    coupons: Annotated[list[Short], Field(max_length=5)] = []
    delivery: DeliveryBody | None = None
    location: Annotated[str, StringConstraints(max_length=64)] = ""
    backorder: bool = False
    language: Literal["id", "en"] | None = None  # of messages to the customer

    @field_validator("channel")
    @classmethod
    def check_channel(cls, channel: str) -> str:
        if channel not in CHANNELS:
            raise ValueError(f"is none of {', '.join(CHANNELS)}")
        return channel


class QuoteBody(CartBody):
    pass


class PlaceOrderBody(CartBody):
    payments: Annotated[list[TenderBody], Field(max_length=MAX_PAYMENTS_PER_ORDER)] = []
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    placed_at: Instant | None = None
    freight: MoneyBody | None = None
    expected_total: MoneyBody | None = None
    ref: Annotated[str, StringConstraints(max_length=64)] = ""
    actor: Annotated[str, StringConstraints(max_length=64)] = ""
    cart: Annotated[str, StringConstraints(max_length=4000)] = ""
