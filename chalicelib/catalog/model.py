"""What a product and a channel are, and which of the two go together."""

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

CHANNELS = ("web", "pos", "sfa", "phone", "social", "whatsapp", "marketplace")

# Keys of levels are written sku@location#shelf, and a SKU stands in paths: so neither @ nor # nor / is in it.
SKU_PATTERN = re.compile(r"[A-Za-z0-9._:~+-]{1,64}")
MAX_LENGTHS = {"name": 200, "category": 80, "description": 4000, "barcode": 48, "image": 300, "variant_of": 64}


@dataclass(frozen=True)
class Product:
    """One SKU. `channels` empty means published everywhere; `shelves` spreads a hot SKU at a location."""

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
    """`tenders` and `categories` empty mean: all of them. `safety_units` are kept back from this channel."""

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
    """Published there, and within the channel's assortment; says nothing of whether the channel is switched on."""
    in_assortment = not channel.categories or product.category in channel.categories
    return in_assortment and is_published(product, channel.code)


def check_sellable(skus: Sequence[str], products: Mapping[str, Product], channel: Channel) -> None:
    """Every SKU that cannot be sold here is named at once, so that a cart is mended in one go."""
    if not channel.active:
        raise ChannelOff(channel=channel.code)
    if unknown := [sku for sku in skus if sku not in products]:
        raise UnknownSku(unknown)
    if withheld := [sku for sku in skus if not can_sell(channel, products[sku])]:
        raise NotPublished(skus=withheld, channel=channel.code)


def check_product(product: Product) -> None:
    """For people and imports alike: what is kept is readable by every room."""
    wrong = [
        (name, f"is over {most} characters") for name, most in MAX_LENGTHS.items() if len(getattr(product, name)) > most
    ]
    if not SKU_PATTERN.fullmatch(product.sku):
        wrong.append(("sku", "needs 1 to 64 letters, digits or . _ : ~ + -"))
    if not product.name.strip():
        wrong.append(("name", "is empty"))
    if not _is_tax_rate(product.tax_rate):
        wrong.append(("tax_rate", "must be a fraction such as 0.11, at least 0 and below 1"))
    if product.currency not in CURRENCIES:
        wrong.append(("currency", f"is none of {', '.join(CURRENCIES)}"))
    if unknown := sorted(set(product.channels) - set(CHANNELS)):
        wrong.append(("channels", f"{', '.join(unknown)}: no such channel; there are {', '.join(CHANNELS)}"))
    wrong += [(name, "is below zero") for name in ("weight_grams", "reorder_level") if getattr(product, name) < 0]
    if product.cost_minor is not None and product.cost_minor < 0:
        wrong.append(("cost", "is below zero"))
    if wrong:
        raise Invalid(*wrong)


def _is_tax_rate(text: str) -> bool:
    try:
        return 0 <= Decimal(text) < 1
    except InvalidOperation:
        return False


# Words that shoppers use for one another; each set is one meaning.
SYNONYMS: tuple[frozenset[str], ...] = (
    frozenset({"laptop", "notebook"}),
    frozenset({"handphone", "hp", "ponsel", "smartphone", "phone"}),
    frozenset({"televisi", "tv", "television"}),
    frozenset({"kulkas", "refrigerator", "fridge"}),
    frozenset({"teh", "tea"}),
    frozenset({"kopi", "coffee"}),
    frozenset({"susu", "milk"}),
    frozenset({"gula", "sugar"}),
    frozenset({"beras", "rice"}),
    frozenset({"minyak", "oil"}),
    frozenset({"sabun", "soap"}),
    frozenset({"sampo", "shampoo"}),
    frozenset({"kecap", "kicap", "ketchup"}),
    frozenset({"mi", "mie", "noodle", "noodles"}),
    frozenset({"air", "water"}),
    frozenset({"biskuit", "biscuit", "biscuits"}),
    frozenset({"cokelat", "coklat", "chocolate"}),
)


def has_all_words(product: Product, q: str) -> bool:
    """Every word of `q` is in it somewhere, or stands there under another name."""
    said = " ".join((product.name, product.description, product.category, product.barcode, product.sku)).casefold()
    words = frozenset(re.findall(r"\w+", said))
    return all(word in said or words & synonyms_of(word) for word in q.casefold().split())


def synonyms_of(word: str) -> frozenset[str]:
    """Synonyms count as whole words only, or `hp` would find every `shp`."""
    return frozenset().union(*(meaning for meaning in SYNONYMS if word in meaning))


class UnknownSku(Invalid):
    message = "We do not sell {skus}; check the codes."

    def __init__(self, skus: list[str]) -> None:
        super().__init__(*((f"lines.{sku}", "no such SKU") for sku in skus), skus=skus)


class NotPublished(Refused):
    message = "Not sold in channel {channel}: {skus}; leave them out."


class ChannelOff(Refused):
    message = "Channel {channel} takes no new orders at the moment."


class BarcodeTaken(Refused):
    message = "Barcode {barcode} already belongs to {sku}; a scan must find one product."


@dataclass(frozen=True)
class FieldChange:
    """What one field of a record was, and what it became."""

    before: Any = None  # absent when it was nothing
    after: Any = None  # absent when it is nothing now


def diff_records(before: Any, after: Any) -> dict[str, FieldChange]:
    """The fields in which two records of one kind differ, JSON-ready; of a first record those that are not empty."""
    old = _to_json_values(asdict(before)) if before is not None else {}
    new = _to_json_values(asdict(after))
    differing = {name: FieldChange(old.get(name), value) for name, value in new.items() if old.get(name) != value}
    return {name: each for name, each in differing.items() if before is not None or each.after not in EMPTY_VALUES}


EMPTY_VALUES: tuple[Any, ...] = ("", (), {}, None)


def _to_json_values(record: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no instants."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in record.items()}


@dataclass(frozen=True)
class ProductSaved(Event):
    """A product was made or changed."""

    sku: str
    changed: dict[str, FieldChange]  # by name; of the description only that it changed


@dataclass(frozen=True)
class ChannelConfigured(Event):
    """A sales channel was switched on or off, or its settings changed."""

    code: str  # the channel
    changed: dict[str, FieldChange]
