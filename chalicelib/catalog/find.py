"""Read products and channels: one product, one page of a list, or all products for builds and exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from chalicelib.catalog.model import CHANNELS, Channel, Product, UnknownCategory, UnknownSku, can_sell
from chalicelib.catalog.search import has_all_words, has_name_words
from chalicelib.catalog.store import (
    BarcodeRow,
    ChannelRow,
    ProductRow,
    product_key,
    row_to_channel,
    row_to_product,
)
from chalicelib.kit import db
from chalicelib.kit.errors import NotFound
from chalicelib.kit.search_text import split_words

SEARCH_PAGE_SIZE = 100
MAX_QUERIES = 5  # per page with a match, so a search with few matches may return a short page and a cursor
WIDE = "wide"  # in the cursor of a search whose words are in no product's name


@dataclass(frozen=True)
class ProductFilter:
    """Which products a list has. `is_match` compares a product with the words of a search."""

    q: str
    category: str
    channel: Channel | None
    is_match: Callable[[Product, str], bool] = has_name_words

    def includes(self, product: Product) -> bool:
        is_sold = self.channel is None or can_sell(self.channel, product)
        return is_sold and (not self.q or self.is_match(product, self.q))


def list_products(
    q: str = "",
    category: str = "",
    channel: Channel | None = None,
    limit: int = 24,
    after: dict[str, Any] | None = None,
) -> tuple[list[Product], dict[str, Any] | None]:
    """Return one page of products by name and the cursor of the next page, None at the end.

    Categories and descriptions match a search only when no product's name or code does. A page may have fewer than
    `limit` products and still have a next one; an empty page has none.
    """
    if q.strip() and not split_words(q):
        return [], None  # punctuation only
    names = ProductFilter(q.strip(), category, channel)
    wide = replace(names, is_match=has_all_words)
    if after and WIDE in after:
        return _list_wide(wide, limit, {name: value for name, value in after.items() if name != WIDE})
    products, rest = _list_matches(names, limit, after)
    return (products, rest) if products or after or not q else _list_wide(wide, limit, None)


def _list_wide(
    wanted: ProductFilter, limit: int, after: dict[str, Any] | None
) -> tuple[list[Product], dict[str, Any] | None]:
    products, rest = _list_matches(wanted, limit, after)
    return products, rest | {WIDE: True} if rest else None


def _list_matches(
    wanted: ProductFilter, limit: int, after: dict[str, Any] | None
) -> tuple[list[Product], dict[str, Any] | None]:
    products: list[Product] = []
    for number in count():
        if products and number >= MAX_QUERIES:
            break
        page = _query_page(wanted.category, SEARCH_PAGE_SIZE if wanted.q else limit - len(products), after)
        for row in page.items:
            candidate = row_to_product(row)
            after = _row_to_cursor(row, wanted.category)
            if wanted.includes(candidate):
                products.append(candidate)
            if len(products) == limit:
                return products, _next_cursor(row, page, after)
        after = page.after
        if after is None:
            break
    return products, after


def _query_page(category: str, limit: int, after: dict[str, Any] | None) -> db.Page:
    if category:
        return db.query(ProductRow, f"category#{category}", index="by_owner", limit=limit, after=after)
    return db.query(ProductRow, "catalog", index="by_list", limit=limit, after=after)


def _row_to_cursor(row: ProductRow, category: str) -> dict[str, Any]:
    """Return the cursor after this row, in the form of DynamoDB's LastEvaluatedKey."""
    index = {"owner": {"S": f"category#{category}"}} if category else {"list": {"S": "catalog"}}
    return index | {"listed_at": {"S": row.listed_at}, "pk": {"S": row.pk}, "sk": {"S": row.sk}}


def _next_cursor(row: Any, page: db.Page, after: dict[str, Any]) -> dict[str, Any] | None:
    return page.after if row is page.items[-1] else after


def load_product(sku: str) -> Product:
    """Return a product, also a withdrawn one. Raises NotFound."""
    row = db.get(ProductRow, f"product#{sku}", "product")
    if row is None:
        raise NotFound()
    return row_to_product(row)


def load_product_by_barcode(barcode: str) -> Product:
    """Return the product with this barcode, with two reads. Raises NotFound."""
    row = db.get(BarcodeRow, f"barcode#{barcode}", "barcode")
    if row is None:
        raise NotFound()
    return load_product(row.sku)


def load_products(skus: list[str]) -> dict[str, Product]:
    """Return the products that exist by SKU, withdrawn ones included."""
    rows = db.batch(product_key(sku) for sku in skus)
    return {product.sku: product for product in map(row_to_product, rows.values())}


def check_skus_exist(skus: Sequence[str], field: str = "lines") -> None:
    """Raise UnknownSku that names every unknown SKU."""
    products = load_products(list(skus))
    if unknown := [sku for sku in skus if sku not in products]:
        raise UnknownSku(unknown, field)


def check_categories_exist(categories: Sequence[str]) -> None:
    """Raise UnknownCategory that names every category without a product. The index lags by less than a second."""
    pages = {name: db.query(ProductRow, f"category#{name}", index="by_owner", limit=1) for name in categories}
    if unknown := [name for name, page in pages.items() if not page.items]:
        raise UnknownCategory(unknown)


def list_all_products() -> list[Product]:
    """Return every product on sale, for builds and exports; endpoints use `list_products`."""
    return [row_to_product(row) for row in db.query_all(ProductRow, "catalog", index="by_list")]


def load_channel(code: str) -> Channel:
    """Return a channel's configuration, the default one if it was never configured."""
    return row_to_channel(db.get(ChannelRow, "channels", code), code)


def list_channels() -> list[Channel]:
    """Return the configuration of every channel, in the order of CHANNELS."""
    rows = {row.sk: row for row in db.query_all(ChannelRow, "channels")}
    return [row_to_channel(rows.get(code), code) for code in CHANNELS]
