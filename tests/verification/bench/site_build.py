"""How fast the static shop is made."""

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
MEMORY_FOLDER = Path("/dev/shm")  # a file system without a disk: what a disk adds is told beside it


def product_pages_per_cpu_second(products: int = PRODUCTS, folder: Path = MEMORY_FOLDER) -> float:
    """Everything that a build makes is in its time, and all that the kernel does for its files: homes, categories, a
    picture for each product, the desk, the map for machines. Each product has a page in each of two languages, about
    eight kilobytes with its JSON-LD and the cards of four neighbors; those pages are what is counted."""
    with tempfile.TemporaryDirectory(dir=folder if folder.is_dir() else None) as scratch:
        began = time.process_time()
        build(sample_products(products), settings(), Path(scratch, "site"))
        used = time.process_time() - began
    return len(LANGUAGES) * products / used


def update_milliseconds(products: int = PRODUCTS, changes: int = 40, folder: Path = MEMORY_FOLDER) -> float:
    """CPU, the median, of a price that changes in a site of so many products, in a process that made it: two pages of
    its own, its card on both homes, on its category in both languages, and beside four others in each."""
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
