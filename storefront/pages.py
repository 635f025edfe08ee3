"""The shop's pages in one language. What is the same on all of them is rendered once: most of a page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from chalicelib.kit import templates
from storefront.listing import Facts, Listing, build_listing
from storefront.manifest import Category
from storefront.words import LANGUAGES, words_of

HERE = Path(__file__).parent
SAME = ("begin", "links", "top", "foot", "end", "ways", "places", "stepper")


class Pages:
    """Knows the words and the settings, and no product."""

    def __init__(self, language: str, settings: Facts, assets: str) -> None:
        self.language, self.words, self.settings = language, words_of(language), settings
        other = next(code for code in LANGUAGES if code != language)
        self.prefix, self.other_prefix = LANGUAGES[language], LANGUAGES[other]
        shop = SimpleNamespace(**settings | {"shop": SimpleNamespace(**settings["shop"]), "assets": assets})
        self.facts = {"words": self.words, "shop": shop, "prefix": self.prefix}
        self.facts |= {"other_language": other, "other_prefix": self.other_prefix}
        same = template("shop/same.html").make_module(self.facts)
        self.facts["same"] = SimpleNamespace(**{name: getattr(same, name)() for name in SAME})
        self._card: Any = getattr(template("shop/card.html").make_module(self.facts), "card")  # noqa: B009

    def listing(self, product: Facts) -> Listing:
        return build_listing(product, self.settings, self.words)

    def card(self, listing: Listing) -> str:
        return str(self._card(listing))

    def home(self, categories: Sequence[Category]) -> bytes:
        return self.lists("/", categories=categories, category=None)

    def category(self, category: Category, categories: Sequence[Category]) -> bytes:
        return self.lists(category.path, categories=categories, category=category)

    def product(self, listing: Listing, near: Sequence[Markup]) -> bytes:
        return self.page("product", listing.path, item=listing, near=near)

    def addresses(self, path: str) -> Facts:
        base = self.settings["base_url"]
        return {"path": path, "url": base + self.prefix + path, "other_url": base + self.other_prefix + path}

    def page(self, name: str, path: str, **facts: Any) -> bytes:
        return template(f"shop/{name}.html").render(self.facts | self.addresses(path) | facts).encode()

    def lists(self, path: str, **facts: Any) -> bytes:
        """Encoded part by part: one letter outside ASCII in a page of megabytes would slow all of it."""
        parts = template("shop/home.html").generate(self.facts | self.addresses(path) | facts)
        return b"".join([part.encode() for part in parts])


@cache
def template(name: str) -> Template:
    return environment().get_template(name)


@cache
def environment() -> Environment:
    loader = FileSystemLoader([HERE / "templates", templates.FOLDER])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
