"""The files of a site, each rendered by one function from the manifest, for a build and for a change alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from storefront.listing import Facts, Listing, escape_path_segment, image_path, product_path
from storefront.manifest import SUMMARY, Card, Category, Manifest
from storefront.pages import Pages, template
from storefront.placeholder_image import draw_placeholder_image
from storefront.words import LANGUAGES

Output = tuple[str, bytes]  # the file's path in the site, and what is in it
NEIGHBOR_COUNT = 4


def home_page(pages: Pages, categories: Sequence[Category]) -> Output:
    return f"{pages.prefix}/index.html", pages.home(categories)


def category_page(pages: Pages, category: Category, categories: Sequence[Category]) -> Output:
    return category_file(pages, category.path), pages.category(category, categories)


def category_file(pages: Pages, path: str) -> str:
    return f"{pages.prefix}{path}index.html"


def product_pages(
    pages: Pages, cards: Sequence[Card], listing_of: Callable[[str], Listing], wanted: set[str] | None = None
) -> Iterator[Output]:
    """Those of one category, or of the wanted among them. Each shows the cards of the four that follow it."""
    for place, card in enumerate(cards):
        if wanted is None or card.sku in wanted:
            near = [cards[other].html for other in next_positions(place, len(cards))]
            yield product_file(pages, card.sku), pages.product(listing_of(card.sku), near)


def product_file(pages: Pages, sku: str) -> str:
    """One file per page: creating a folder costs more than creating a file."""
    return f"{pages.prefix}/p/{escape_path_segment(sku)}.html"


def next_positions(place: int, count: int, step: int = 1) -> list[int]:
    """The places of the next four in a category, wrapping around at the end; with -1 of the four before."""
    return [(place + step * far) % count for far in range(1, min(NEIGHBOR_COUNT, count - 1) + 1)]


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


def summary(made: Facts) -> Output:
    return f"/{SUMMARY}", (json.dumps(made, sort_keys=True) + "\n").encode()
