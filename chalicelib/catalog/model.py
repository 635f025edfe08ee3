"""Products, channels and which channel may sell which product. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib.kit.errors import Invalid, Refused
from chalicelib.kit.events import Event
from chalicelib.kit.money import CURRENCIES

PAYMENT_METHOD_CODES = ("cash", "cod", "transfer", "credit")  # `payments.model` has their rules
CHANNELS = ("web", "pos", "sfa", "phone", "social", "whatsapp", "marketplace")

# Level keys are sku@location#shard and SKUs occur in URL paths, so a SKU may not contain @, # or /.
SKU_PATTERN = re.compile(r"[A-Za-z0-9._:~+-]{1,64}")
MAX_LENGTHS = {"name": 200, "category": 80, "description": 4000, "barcode": 48, "image": 300, "variant_of": 64}


@dataclass(frozen=True)
class Product:
    """One SKU. Empty `channels` means published in every channel; `shelves` is the shard count by location."""

    sku: str
    name: str
    category: str
    currency: str
    description: str = ""
    barcode: str = ""
    tax_rate: str = "0.11"
    channels: tuple[str, ...] = ()
    weight_grams: int = 0
    reorder_level: int = 0
    cost_minor: int | None = None
    shelves: dict[str, int] = field(default_factory=dict)
    active: bool = True
    image: str = ""
    variant_of: str = ""
    complements: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        return f"product#{self.sku}"


@dataclass(frozen=True)
class Channel:
    """Configuration of a sales channel. Empty `tenders` or `categories` means all.

    `safety_units` is the number of units of every SKU that the channel leaves to others.
    """

    code: str
    active: bool = True
    price_list: str = ""
    tenders: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    safety_units: int = 0

    @property
    def subject(self) -> str:
        return f"channel#{self.code}"


def is_published(product: Product, channel_code: str) -> bool:
    return product.active and (not product.channels or channel_code in product.channels)


def can_sell(channel: Channel, product: Product) -> bool:
    """True if the product is published in the channel and in its assortment. Ignores `channel.active`."""
    in_assortment = not channel.categories or product.category in channel.categories
    return in_assortment and is_published(product, channel.code)


def check_sellable(skus: Sequence[str], products: Mapping[str, Product], channel: Channel) -> None:
    """Raise ChannelOff, or UnknownSku or NotPublished with every SKU concerned."""
    if not channel.active:
        raise ChannelOff(channel=channel.code)
    if unknown := [sku for sku in skus if sku not in products]:
        raise UnknownSku(unknown)
    if withheld := [sku for sku in skus if not can_sell(channel, products[sku])]:
        raise NotPublished(skus=withheld, channel=channel.code)


def check_product(product: Product) -> None:
    """Raise Invalid with every field that cannot be saved."""
    errors = [
        (name, f"is over {limit} characters")
        for name, limit in MAX_LENGTHS.items()
        if len(getattr(product, name)) > limit
    ]
    if not SKU_PATTERN.fullmatch(product.sku):
        errors.append(("sku", "needs 1 to 64 letters, digits or . _ : ~ + -"))
    if not product.name.strip():
        errors.append(("name", "is empty"))
    if not _is_tax_rate(product.tax_rate):
        errors.append(("tax_rate", "must be a fraction such as 0.11, at least 0 and below 1"))
    if product.currency not in CURRENCIES:
        errors.append(("currency", f"must be one of {', '.join(CURRENCIES)}"))
    if unknown := sorted(set(product.channels) - set(CHANNELS)):
        errors.append(("channels", f"{', '.join(unknown)}: no such channel; use {', '.join(CHANNELS)}"))
    errors += [(name, "is below zero") for name in ("weight_grams", "reorder_level") if getattr(product, name) < 0]
    if product.cost_minor is not None and product.cost_minor < 0:
        errors.append(("cost", "is below zero"))
    if errors:
        raise Invalid(*errors)


def _is_tax_rate(text: str) -> bool:
    try:
        return 0 <= Decimal(text) < 1
    except InvalidOperation:
        return False


class UnknownSku(Invalid):
    message = "Unknown SKUs: {skus}; check the codes."

    def __init__(self, skus: list[str], field: str = "lines") -> None:
        super().__init__(*((f"{field}.{sku}", "no such SKU") for sku in skus), skus=skus)


class UnknownCategory(Invalid):
    message = "No product is in {categories}; check the spelling, capitals included."

    def __init__(self, categories: list[str]) -> None:
        errors = (("categories", f"{name}: no product is in it") for name in categories)
        super().__init__(*errors, categories=categories)


class UnknownPaymentMethod(Invalid):
    message = "Unknown payment methods: {unknown}; use {methods}."

    def __init__(self, unknown: list[str]) -> None:
        errors = (("tenders", f"{code}: no such payment method") for code in unknown)
        super().__init__(*errors, unknown=unknown, methods=list(PAYMENT_METHOD_CODES))


class NotPublished(Refused):
    message = "Not sold in channel {channel}: {skus}; remove these lines."


class ChannelOff(Refused):
    message = "Channel {channel} is switched off and takes no new orders."


class BarcodeTaken(Refused):
    message = "Barcode {barcode} already belongs to {sku}; use another one or remove it there."


@dataclass(frozen=True)
class FieldChange:
    """The value of one field of a record before and after a change."""

    before: Any = None  # absent if it had no value
    after: Any = None  # absent if it has no value now


EMPTY_VALUES: tuple[Any, ...] = ("", (), {}, None)


def diff_records(before: Any, after: Any) -> dict[str, FieldChange]:
    """Return the fields in which two records differ, as JSON values.

    For a new record (`before` is None) these are the fields that are not empty.
    """
    old = _to_json_values(asdict(before)) if before is not None else {}
    new = _to_json_values(asdict(after))
    differing = {name: FieldChange(old.get(name), value) for name, value in new.items() if old.get(name) != value}
    return {
        name: change for name, change in differing.items() if before is not None or change.after not in EMPTY_VALUES
    }


def _to_json_values(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in record.items()}


@dataclass(frozen=True)
class ProductSaved(Event):
    """A product was created or changed."""

    sku: str
    changed: dict[str, FieldChange]  # by name; a changed description is listed without its texts


@dataclass(frozen=True)
class ChannelConfigured(Event):
    """A sales channel was switched on or off, or its settings changed."""

    code: str  # the channel
    changed: dict[str, FieldChange]
