"""Reading the catalog: one product, one page of a list, or all of it for builds and exports."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog.model import CHANNELS, Channel, Product, found_by, sells
from chalicelib.catalog.store import (
    BarcodeRow,
    ChannelRow,
    ProductRow,
    as_channel,
    as_product,
    product_key,
)
from chalicelib.kit import db
from chalicelib.kit.errors import NotFound

SEARCHED_AT_ONCE = 100
MOST_ROUNDS = 5  # a page costs at most this many queries, however little is found; the cursor goes on from there


def products(
    q: str = "",
    category: str = "",
    channel: Channel | None = None,
    limit: int = 24,
    after: dict[str, Any] | None = None,
) -> tuple[list[Product], dict[str, Any] | None]:
    """By name. A page may hold fewer than `limit`, even none, and still have a next one."""
    found: list[Product] = []
    for _ in range(MOST_ROUNDS):
        page = _page(category, SEARCHED_AT_ONCE if q else limit - len(found), after)
        for row in page.items:
            candidate = as_product(row)
            after = _place_of(row, category)
            if _wanted(candidate, q, channel):
                found.append(candidate)
            if len(found) == limit:
                return found, _unless_last(row, page, after)
        after = page.after
        if after is None:
            break
    return found, after


def _page(category: str, limit: int, after: dict[str, Any] | None) -> db.Page:
    if category:
        return db.query(ProductRow, f"category#{category}", index="by_owner", limit=limit, after=after)
    return db.query(ProductRow, "catalog", index="by_list", limit=limit, after=after)


def _wanted(candidate: Product, q: str, channel: Channel | None) -> bool:
    return (channel is None or sells(channel, candidate)) and (not q or found_by(candidate, q))


def _place_of(row: ProductRow, category: str) -> dict[str, Any]:
    """Where a list was left in the middle of a page, as DynamoDB itself would say it."""
    index = {"owner": {"S": f"category#{category}"}} if category else {"list": {"S": "catalog"}}
    return index | {"listed_at": {"S": row.listed_at}, "pk": {"S": row.pk}, "sk": {"S": row.sk}}


def _unless_last(row: Any, page: db.Page, after: dict[str, Any]) -> dict[str, Any] | None:
    return page.after if row is page.items[-1] else after


def product(sku: str) -> Product:
    row = db.get(ProductRow, f"product#{sku}", "product")
    if row is None:
        raise NotFound()
    return as_product(row)


def by_barcode(barcode: str) -> Product:
    """For scanners: one read to the SKU, one to the product."""
    row = db.get(BarcodeRow, f"barcode#{barcode}", "barcode")
    if row is None:
        raise NotFound()
    return product(row.sku)


def products_of(skus: list[str]) -> dict[str, Product]:
    """Those that exist, withdrawn ones included."""
    rows = db.batch(product_key(sku) for sku in skus)
    return {found.sku: found for found in map(as_product, rows.values())}


def all_products() -> list[Product]:
    """Every product on sale, for builds and exports; doors page instead."""
    return [as_product(row) for row in db.query_all(ProductRow, "catalog", index="by_list")]


def channel(code: str) -> Channel:
    return as_channel(db.get(ChannelRow, "channels", code), code)


def channels() -> list[Channel]:
    """All seven, configured or not."""
    rows = {row.sk: row for row in db.query_all(ChannelRow, "channels")}
    return [as_channel(rows.get(code), code) for code in CHANNELS]
