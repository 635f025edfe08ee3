"""Endpoints that save products and channels; pricing has those that show products with their prices."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chalicelib.catalog import find
from chalicelib.catalog.model import CHANNELS, PAYMENT_METHOD_CODES, Channel, Product, UnknownPaymentMethod
from chalicelib.catalog.save import configure_channel, save_product
from chalicelib.kit import config
from chalicelib.kit.currency import check_currency
from chalicelib.kit.errors import NotFound
from chalicelib.kit.web import Body, Call, Routes

endpoints = Routes(__name__)

Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
ShortText = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
ShardCounts = Annotated[dict[Code, Annotated[int, Field(ge=1, le=64)]], Field(max_length=50)]


class ProductBody(Body):
    """The whole record: fields that are left out become empty."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
    category: ShortText = ""
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(default_factory=config.currency)
    description: Annotated[str, StringConstraints(max_length=4000)] = ""
    barcode: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{0,48}$")] = ""
    tax_rate: Annotated[str, StringConstraints(pattern=r"^0(\.[0-9]{1,6})?$")] = "0.11"
    channels: Annotated[list[Code], Field(max_length=len(CHANNELS))] = []
    weight_grams: Count = 0
    reorder_level: Count = 0
    cost_minor: Annotated[int, Field(ge=0, le=10**12)] | None = None
    shelves: ShardCounts = {}
    active: bool = True
    image: Annotated[str, StringConstraints(pattern=r"^(https://[!-~]{1,280}|/[!-~]{0,280})?$")] = ""
    variant_of: Annotated[str, StringConstraints(max_length=64)] = ""
    complements: Annotated[list[Code], Field(max_length=20)] = []
    alternatives: Annotated[list[Code], Field(max_length=20)] = []


class ChannelBody(Body):
    """The whole configuration: an empty list means all."""

    active: bool = True
    price_list: Annotated[str, StringConstraints(max_length=64)] = ""
    tenders: Annotated[list[Code], Field(max_length=20)] = []
    categories: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=80)]], Field(max_length=50)
    ] = []
    safety_units: Count = 0


PRODUCT_EXAMPLE = {"name": "Teh Melati Kebun Pagi 25 kantong", "category": "Teh", "tax_rate": "0.11", "channels": []}
CHANNEL_EXAMPLE = {"active": True, "tenders": ["transfer", "cod"], "safety_units": 1}


@endpoints.put("/catalog/products/{sku}", body=ProductBody, example=PRODUCT_EXAMPLE)
def put_product(call: Call, sku: str) -> dict[str, Any]:
    """Save the whole record of a product. Every channel shows the change on its next request."""
    check_currency(call.body.currency)
    fields = call.body.model_dump()
    for name in ("channels", "complements", "alternatives"):
        fields[name] = tuple(fields[name])
    product = Product(sku=sku, **fields)
    _check_related_skus(product)
    save_product(product, call.principal.actor)
    return {"sku": sku, **call.body.model_dump()}


def _check_related_skus(product: Product) -> None:
    """Check that the products to which this one refers exist; it may refer to itself."""
    related = {"complements": product.complements, "alternatives": product.alternatives}
    related["variant_of"] = (product.variant_of,) if product.variant_of else ()
    for field, skus in related.items():
        find.check_skus_exist([sku for sku in skus if sku != product.sku], field)


@endpoints.get("/channels")
def list_channels(call: Call) -> dict[str, Any]:
    """List the configuration of every channel."""
    return {"items": [channel_to_json(channel) for channel in find.list_channels()], "next": None}


@endpoints.put("/channels/{code}", body=ChannelBody, example=CHANNEL_EXAMPLE)
def put_channel(call: Call, code: str) -> dict[str, Any]:
    """Switch a channel on or off, or limit what it sells. Orders already placed are not affected."""
    if code not in CHANNELS:
        raise NotFound()
    body = call.body
    channel = Channel(
        code, body.active, body.price_list, tuple(body.tenders), tuple(body.categories), safety_units=body.safety_units
    )
    if unknown := [method for method in body.tenders if method not in PAYMENT_METHOD_CODES]:
        raise UnknownPaymentMethod(unknown)
    find.check_categories_exist([name for name in body.categories if name not in find.load_channel(code).categories])
    configure_channel(channel, call.principal.actor)
    return channel_to_json(channel)


def channel_to_json(channel: Channel) -> dict[str, Any]:
    return {
        "code": channel.code,
        "active": channel.active,
        "price_list": channel.price_list,
        "tenders": list(channel.tenders),
        "categories": list(channel.categories),
        "safety_units": channel.safety_units,
    }
