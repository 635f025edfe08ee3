"""Render the files of a site: each function returns a path and its content.

A full build and an update of one product use the same functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from storefront.listing import Facts, Listing, escape_path_segment, image_path, product_path
from storefront.manifest import SUMMARY, Card, Category, Manifest
from storefront.pages import Pages, template
from storefront.placeholder_image import draw_placeholder_image
from storefront.words import LANGUAGES

Output = tuple[str, bytes]  # the file's path in the site, and its content
NEIGHBOR_COUNT = 4


def home_page(pages: Pages, categories: Sequence[Category]) -> Output:
    return f"{pages.prefix}/index.html", pages.home(categories)


def category_page(pages: Pages, category: Category, categories: Sequence[Category]) -> Output:
    return category_file(pages, category.path), pages.category(category, categories)


def category_file(pages: Pages, path: str) -> str:
    return f"{pages.prefix}{path}index.html"


def product_pages(
    pages: Pages, cards: Sequence[Card], listing_of: Callable[[str], Listing], skus: set[str] | None = None
) -> Iterator[Output]:
    """Yield the product pages of one category, all or those of `skus`. Each shows the next four cards."""
    for position, card in enumerate(cards):
        if skus is None or card.sku in skus:
            related = [cards[other].html for other in next_positions(position, len(cards))]
            yield product_file(pages, card.sku), pages.product(listing_of(card.sku), related)


def product_file(pages: Pages, sku: str) -> str:
    """Return the path of a product's page: a file without a folder, because creating a folder costs more."""
    return f"{pages.prefix}/p/{escape_path_segment(sku)}.html"


def next_positions(position: int, count: int, step: int = 1) -> list[int]:
    """Return the positions of the next four cards of a category, wrapping around; with step -1 the four before."""
    return [(position + step * distance) % count for distance in range(1, min(NEIGHBOR_COUNT, count - 1) + 1)]


def placeholder_image(product: Facts) -> Output:
    return image_path(product["sku"]), draw_placeholder_image(
        product["sku"], product["name"], product.get("category") or ""
    ).encode()


def sitemap(manifest: Manifest, settings: Facts) -> Output:
    language = next(iter(LANGUAGES))
    paths = [category.path for category in manifest.categories(language)]
    paths += [product_path(sku) for sku in manifest.skus(language)]
    roots = [settings["base_url"].rstrip("/") + prefix for prefix in LANGUAGES.values()]
    text = template("shop/sitemap.xml").render(roots=roots, paths=["/", "/tentang/", *paths])
    return "/sitemap.xml", text.encode()


def summary(facts: Facts) -> Output:
    return f"/{SUMMARY}", (json.dumps(facts, sort_keys=True) + "\n").encode()
