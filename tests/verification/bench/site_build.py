"""Measure how fast the static site is built and updated."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from storefront.build import build
from storefront.listing import Facts
from storefront.update_product import update_product
from storefront.words import LANGUAGES
from tests.storefront.build import a_product, rupiah, settings

PRODUCTS, CATEGORIES = 3_000, 30
MEMORY_FOLDER = Path("/dev/shm")  # a file system in memory


def product_pages_per_cpu_second(products: int = PRODUCTS, folder: Path = MEMORY_FOLDER) -> float:
    """Build a site and return the number of its product pages per second of CPU, that of the kernel included.

    The time includes all other files: lists, images, the desk and the sitemap. Each product has a page of about 8 KB in
    each of two languages.
    """
    with tempfile.TemporaryDirectory(dir=folder if folder.is_dir() else None) as scratch:
        began = time.process_time()
        build(sample_products(products), settings(), Path(scratch, "site"))
        used = time.process_time() - began
    return len(LANGUAGES) * products / used


def update_milliseconds(products: int = PRODUCTS, changes: int = 40, folder: Path = MEMORY_FOLDER) -> float:
    """Return the median milliseconds of CPU of a price change.

    In each language it changes the product's own page, the home page, its category page and four related pages.
    """
    goods, used = sample_products(products), []
    with tempfile.TemporaryDirectory(dir=folder if folder.is_dir() else None) as scratch:
        build(goods, settings(), Path(scratch, "site"))
        for number, product in enumerate(goods[:: products // changes]):
            began = time.process_time()
            assert update_product(product | {"price": rupiah(number + 1)}, settings(), Path(scratch, "site"))
            used.append(time.process_time() - began)
    return 1000 * statistics.median(used)


def sample_products(products: int) -> list[Facts]:
    return [
        a_product(f"SKU-{number:05}", name=f"Kopi Gayo {number} g", category=f"Rak {number % CATEGORIES}")
        for number in range(products)
    ]
