"""Update one product in a built site: only the files that depend on it are rendered again, from the manifest.

The product may have changed in any way: price, promotion, availability, name or category; it may also be new or
withdrawn.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from storefront import outputs
from storefront.build import build, write_file
from storefront.listing import Facts, Listing, image_path, is_published
from storefront.manifest import Manifest, open_manifest
from storefront.pages import Pages
from storefront.words import LANGUAGES

# The fields of a listing that each kind of output depends on. A product's own page depends on all of them.
CARD_FIELDS = {"name", "category", "category_path", "price_text", "was_text", "saving", "availability", "search_text"}
SORT_FIELDS = {"name", "category", "category_path"}
DEPENDENCIES = {
    "product page": {field.name for field in fields(Listing)},
    "lists": CARD_FIELDS,  # the home page, its category page and the pages of the four products before it
    "image": SORT_FIELDS,
    "sitemap": SORT_FIELDS,
}
FileChange = tuple[str, bytes | None]  # a file's path in the site and its new content, or None to delete it


def update_product(product: Facts, settings: Facts, out_dir: Path | str) -> bool:
    """Return True if the site now equals a full build, or False if it is unchanged and needs a full build."""
    out = Path(out_dir)
    with open_manifest(out, settings) as manifest:
        if manifest is None:
            return False
        for path, content in list(changed_outputs(manifest, product, settings)):
            replace_file(f"{out}{path}", content)
    return True


def changed_outputs(manifest: Manifest, product: Facts, settings: Facts) -> Iterator[FileChange]:
    """Store the product in the manifest and yield the files that change with it."""
    before, after = manifest.product(product["sku"]), product if is_published(product) else None
    site = json.loads(manifest.summary())
    manifest.replace_product(product["sku"], after)
    affected: set[str] = set()
    for language in LANGUAGES:
        pages = Pages(language, settings, site["assets"])
        old, new = pages.listing(before) if before else None, pages.listing(after) if after else None
        affected |= affected_outputs(old, new)
        yield from changed_pages(manifest, pages, old, new)
    if "image" in affected:
        yield outputs.placeholder_image(after) if after else (image_path(product["sku"]), None)
    if "sitemap" in affected:
        yield outputs.sitemap(manifest, settings)
    if (before is None) != (after is None):
        path, summary = outputs.summary(site | {"products": manifest.count()})
        manifest.save_site(settings, summary.decode())
        yield path, summary  # last, because a site whose summary differs from its manifest's needs a full build


def affected_outputs(old: Listing | None, new: Listing | None) -> set[str]:
    """Return the kinds of output, as in DEPENDENCIES, that differ between two listings of a product."""
    if old is None or new is None:
        return set() if old is new else set(DEPENDENCIES)  # the product is new or withdrawn
    different = {field.name for field in fields(Listing) if getattr(old, field.name) != getattr(new, field.name)}
    return {output for output, depends_on in DEPENDENCIES.items() if depends_on & different}


def changed_pages(manifest: Manifest, pages: Pages, old: Listing | None, new: Listing | None) -> Iterator[FileChange]:
    """Yield the changed pages of one language."""
    affected, listings = affected_outputs(old, new), [listing for listing in (old, new) if listing]
    paths, skus = {listing.category_path for listing in listings}, {listing.sku for listing in listings}
    names = manifest.category_names(pages.language)
    if "lists" in affected:
        skus |= preceding_products(manifest, pages, old)
        manifest.replace_card(pages.language, old, (new, pages.card(new)) if new else None)
        skus |= preceding_products(manifest, pages, new)
        yield from changed_lists(manifest, pages, paths, names)
    if "product page" in affected:
        for path in paths:
            cards = manifest.cards(pages.language, path)
            yield from outputs.product_pages(pages, cards, lambda sku: load_listing(manifest, pages, sku), skus)
    if old and not new:
        yield outputs.product_file(pages, old.sku), None


def changed_lists(
    manifest: Manifest, pages: Pages, paths: set[str], names_before: list[tuple[str, str]]
) -> Iterator[FileChange]:
    """Yield the home page and the category pages of `paths`.

    If the list of categories has changed, all category pages change, because each of them shows the list.
    """
    categories = manifest.categories(pages.language)
    names_changed = manifest.category_names(pages.language) != names_before
    yield outputs.home_page(pages, categories)
    for category in categories:
        if category.path in paths or names_changed:
            yield outputs.category_page(pages, category, categories)
    for path in paths - {category.path for category in categories}:
        yield outputs.category_file(pages, path), None


def preceding_products(manifest: Manifest, pages: Pages, listing: Listing | None) -> set[str]:
    """Return the SKUs of the four products whose pages show the listing's card."""
    if listing is None:
        return set()
    skus = [card.sku for card in manifest.cards(pages.language, listing.category_path)]
    return {skus[position] for position in outputs.next_positions(skus.index(listing.sku), len(skus), step=-1)}


def load_listing(manifest: Manifest, pages: Pages, sku: str) -> Listing:
    product = manifest.product(sku)
    assert product is not None, f"{sku} has a card but no facts"
    return pages.listing(product)


def replace_file(file: str, content: bytes | None) -> None:
    """Replace the file atomically, or delete it if `content` is None."""
    if content is None:
        Path(file).unlink(missing_ok=True)
        return
    os.makedirs(os.path.dirname(file), exist_ok=True)
    write_file(f"{file}.new", content)
    os.replace(f"{file}.new", file)


def main() -> None:
    from storefront import load  # imports AWS code, which `update_product` does without

    parser = argparse.ArgumentParser(
        prog="python -m storefront.update_product", description="Update one product in the built site."
    )
    parser.add_argument("sku")
    parser.add_argument("--out", type=Path, default=Path("build/site"))
    arguments = parser.parse_args()
    product, settings = load.load_product(arguments.sku), load.load_settings()
    if update_product(product or {"sku": arguments.sku, "active": False}, settings, arguments.out):
        print(f"{arguments.sku} in {arguments.out}")
    else:
        print(f"{build(load.load_products(), settings, arguments.out)['products']} products in {arguments.out}")


if __name__ == "__main__":
    main()
