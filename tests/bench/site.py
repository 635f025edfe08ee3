"""How fast the static shop is made."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from storefront.build import LANGUAGES, build
from tests.storefront.build import a_product, settings

PRODUCTS, CATEGORIES = 3_000, 30


def product_pages_a_cpu_second(products: int = PRODUCTS) -> float:
    """Everything that a build makes is in its time: homes, categories, pictures, the desk, the map for machines."""
    shelf = [
        a_product(f"SKU-{number:05}", name=f"Kopi Gayo {number} g", category=f"Rak {number % CATEGORIES}")
        for number in range(products)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        began = time.process_time()
        build(shelf, settings(), Path(scratch, "site"))
        used = time.process_time() - began
    return len(LANGUAGES) * products / used
