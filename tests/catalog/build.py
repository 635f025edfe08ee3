"""Products and channels with default values; a test names only the fields it is about."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog.model import Channel, Product
from chalicelib.catalog.save import save_product


def a_product(sku: str = "TEH", **fields: Any) -> Product:
    return Product(**{"sku": sku, "name": sku.title(), "category": "minuman", "currency": "IDR"} | fields)


def a_channel(code: str = "web", **fields: Any) -> Channel:
    return Channel(code, **fields)


def save_products(*products: Product) -> None:
    for product in products:
        save_product(product, actor="owner-ratna")
