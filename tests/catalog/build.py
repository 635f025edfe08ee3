"""Products and channels that speak only of what matters to a test."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog.keep import keep_product
from chalicelib.catalog.model import Channel, Product


def a_product(sku: str = "TEH", **told: Any) -> Product:
    return Product(**{"sku": sku, "name": sku.title(), "category": "minuman", "currency": "IDR"} | told)


def a_channel(code: str = "web", **told: Any) -> Channel:
    return Channel(code, **told)


def kept(*products: Product) -> None:
    for product in products:
        keep_product(product, actor="owner-ratna")
