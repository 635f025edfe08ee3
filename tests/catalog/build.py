"""Products and channels that speak only of what matters to a test."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog.model import Channel, Product
from chalicelib.catalog.save import save_product


def a_product(sku: str = "TEH", **told: Any) -> Product:
    return Product(**{"sku": sku, "name": sku.title(), "category": "minuman", "currency": "IDR"} | told)


def a_channel(code: str = "web", **told: Any) -> Channel:
    return Channel(code, **told)


def save_products(*products: Product) -> None:
    for product in products:
        save_product(product, actor="owner-ratna")
