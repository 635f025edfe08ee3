"""One product's change in a site that stands: its own page in each language, and its card wherever that is shown.

That is what happens all day: another price, a promotion, goods that ran out or came. What also moves it in the lists
(it is new, taken off, renamed, or in another category) is not done here: `change` answers False, and all is built.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path
from typing import Any

from markupsafe import escape

from storefront.build import MADE_BY_US, build, following, written
from storefront.listing import Facts, is_shown, page_file
from storefront.pages import LANGUAGES, Pages

JSON_LD = re.compile(rb'<script type="application/ld\+json">(.*?)</script>')
CARD = re.compile(rb'<article class="card" .*? data-path="([^"]+)".*?</article>\n', re.DOTALL)
ITS_PLACE = ("category", "name")  # lists are ordered by these, and groups are made of the first
Files = dict[str, bytes]  # as they lie there: a home may be megabytes, and need not be text to change a card in it


def change(product: Facts, settings: Facts, out_dir: Path | str) -> bool:
    """Whether that was all: then the files are those that a build would have made. Lists are read and written anew, so
    this is for one writer at a time."""
    if not is_shown(product):
        return False
    assets = json.loads(Path(out_dir, MADE_BY_US).read_text())["assets"]
    found = [changed(str(out_dir), Pages(language, settings, assets), product) for language in LANGUAGES]
    if not all(found):
        return False
    for files in found:
        for file, page in files.items():
            written(f"{file}.new", page)
            os.replace(f"{file}.new", file)  # who reads it meanwhile gets the old page or the new one
    return True


def changed(out: str, pages: Pages, product: Facts) -> Files:
    """Every file that shows it, as it is now; none when it stands elsewhere than it stood."""
    item, site = pages.listed(product), out + pages.prefix
    own, home, category = site + page_file(item), f"{site}/index.html", f"{site}{item['category_path']}index.html"
    if not os.path.exists(own) or place_of(json_ld(read(own))) != place_of(item["json_ld"]):
        return {}
    cards = {found[1].decode(): found[0] for found in CARD.finditer(read(category))}
    paths = list(cards)
    at, count = paths.index(item["path"]), len(paths)
    near = [cards[paths[other]] for other in following(at, count)]
    beside = [f"{site}{paths[other].rstrip('/')}.html" for other in following(at, count, step=-1)]
    shown = {file: with_card(read(file), item) for file in (home, category, *beside)}
    return shown | {own: with_others(pages.product(item, [item["card"]] * len(near)), item, near)}


def with_others(page: str, item: Facts, near: list[bytes]) -> bytes:
    """Its own card stood in for those of its neighbors, which are taken as they lie: no text read becomes markup."""
    parts = page.encode().split(item["card"].encode())
    return b"".join(part + card for part, card in zip(parts, [*near, b""]))


def place_of(told: Facts) -> list[Any]:
    return [told.get(name) for name in ITS_PLACE]


def json_ld(page: bytes) -> Facts:
    told = JSON_LD.search(page)
    found: Facts = json.loads(told[1]) if told else {}
    return found


def with_card(page: bytes, item: Facts) -> bytes:
    before, begin, rest = page.partition(f'<article class="card" data-sku="{escape(item["sku"])}"'.encode())
    return before + item["card"].encode() + rest.partition(b"</article>\n")[2] if begin else page


def read(file: str) -> bytes:
    return Path(file).read_bytes()


def main() -> None:
    from storefront import read as shop

    asked = argparse.ArgumentParser(prog="python -m storefront.change", description="Show one product as it is now.")
    asked.add_argument("sku")
    asked.add_argument("--out", type=Path, default=Path("build/site"))
    said = asked.parse_args()
    product, settings = shop.product(said.sku), shop.settings()
    if product and change(product, settings, said.out):
        print(f"{said.sku} in {said.out}")
    else:
        print(f"{build(shop.products(), settings, said.out)['products']} products in {said.out}")


if __name__ == "__main__":
    main()
