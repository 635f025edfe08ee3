"""The table `catalog`: products, their barcodes and the configuration of channels."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.catalog.model import BarcodeTaken, Channel, Product
from chalicelib.kit import db, journal
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.journal import Head


class ProductRow(IndexedRow):
    """A product. A withdrawn one has neither `list` nor `owner`, so lists do not read it."""

    Meta = db.table("catalog")

    name = UnicodeAttribute()
    category = UnicodeAttribute()
    currency = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    barcode = UnicodeAttribute(default="")
    tax_rate = UnicodeAttribute()
    channels = JSONAttribute()
    weight_grams = NumberAttribute(default=0)
    reorder_level = NumberAttribute(default=0)
    cost_minor = NumberAttribute(null=True)
    shelves = JSONAttribute()
    active = BooleanAttribute(default=True)
    image = UnicodeAttribute(default="")
    variant_of = UnicodeAttribute(default="")
    related = JSONAttribute(null=True)
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


class BarcodeRow(Row):
    Meta = db.table("catalog")

    sku = UnicodeAttribute()


class ChannelRow(Row):
    Meta = db.table("catalog")

    active = BooleanAttribute()
    price_list = UnicodeAttribute()
    tenders = JSONAttribute()
    categories = JSONAttribute()
    safety_units = NumberAttribute()
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


def product_key(sku: str) -> Key:
    return Key(ProductRow, f"product#{sku}", "product")


def channel_key(code: str) -> Key:
    return Key(ChannelRow, "channels", code)


def row_to_product(row: Any) -> Product:
    related = row.related or [[], []]
    return Product(
        sku=row.pk.removeprefix("product#"),
        name=row.name,
        category=row.category,
        currency=row.currency,
        description=row.description,
        barcode=row.barcode,
        tax_rate=row.tax_rate,
        channels=tuple(row.channels),
        weight_grams=int(row.weight_grams),
        reorder_level=int(row.reorder_level),
        cost_minor=None if row.cost_minor is None else int(row.cost_minor),
        shelves=dict(row.shelves),
        active=row.active,
        image=row.image,
        variant_of=row.variant_of,
        complements=tuple(related[0]),
        alternatives=tuple(related[1]),
    )


def row_to_channel(row: Any, code: str) -> Channel:
    """Return a channel; one without a row is active and sells everything."""
    if row is None:
        return Channel(code)
    return Channel(
        code, row.active, row.price_list, tuple(row.tenders), tuple(row.categories), safety_units=int(row.safety_units)
    )


def put_product(product: Product, head: Head) -> Write:
    """Return the write that replaces the version read. Fails with StaleVersion if another one was saved meanwhile."""
    row = ProductRow(
        f"product#{product.sku}",
        "product",
        list="catalog" if product.active else None,
        owner=f"category#{product.category}" if product.active else None,
        listed_at=product_sort_key(product),
        name=product.name,
        category=product.category,
        currency=product.currency,
        description=product.description,
        barcode=product.barcode,
        tax_rate=product.tax_rate,
        channels=list(product.channels),
        weight_grams=product.weight_grams,
        reorder_level=product.reorder_level,
        cost_minor=product.cost_minor,
        shelves=product.shelves,
        active=product.active,
        image=product.image,
        variant_of=product.variant_of,
        related=[list(product.complements), list(product.alternatives)],
        **vars(head),
    )
    return journal.put_version(row)


def put_channel(channel: Channel, head: Head) -> Write:
    row = ChannelRow(
        "channels",
        channel.code,
        active=channel.active,
        price_list=channel.price_list,
        tenders=list(channel.tenders),
        categories=list(channel.categories),
        safety_units=channel.safety_units,
        **vars(head),
    )
    return journal.put_version(row)


def claim_barcode(product: Product) -> Write:
    """Return the write that assigns the barcode to the product. Fails with BarcodeTaken."""
    row = BarcodeRow(f"barcode#{product.barcode}", "barcode", sku=product.sku)
    free = BarcodeRow.pk.does_not_exist() | (BarcodeRow.sku == product.sku)
    return db.put(row, when=free, refusal=lambda existing: _build_barcode_refusal(product, existing))


def _build_barcode_refusal(product: Product, existing: Any) -> BarcodeTaken:
    return BarcodeTaken(barcode=product.barcode, sku=existing.sku)


def release_barcode(product: Product) -> Write:
    return db.delete(BarcodeRow(f"barcode#{product.barcode}", "barcode"))


def product_sort_key(product: Product) -> str:
    """Sort by name, then by SKU among products of the same name."""
    return f"{product.name}#{product.sku}"
