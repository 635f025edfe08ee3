"""Render the shop's pages in one language. Fragments that all pages share, most of a page, are rendered once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from chalicelib.catalog.search import build_search_text
from chalicelib.kit import templates
from storefront.listing import Facts, Listing, build_listing
from storefront.manifest import Category
from storefront.words import LANGUAGES, load_words_namespace

HERE = Path(__file__).parent
# Macros of templates/shop/shared.html.
SHARED_FRAGMENTS = (
    *("begin", "links", "top", "foot", "end", "delivery_and_payment", "locations", "stepper"),
    "order_without_scripts",
)


class Pages:
    """Renders pages with the texts of one language, the shop's settings and the path of the assets."""

    def __init__(self, language: str, settings: Facts, assets: str) -> None:
        self.language, self.words, self.settings = language, load_words_namespace(language), settings
        other = next(code for code in LANGUAGES if code != language)
        self.prefix, self.other_prefix = LANGUAGES[language], LANGUAGES[other]
        named = SimpleNamespace(**{"phone": ""} | settings["shop"])
        shop = SimpleNamespace(**settings | {"shop": named, "assets": assets})
        self.context = {"words": self.words, "shop": shop, "prefix": self.prefix}
        self.context |= {"other_language": other, "other_prefix": self.other_prefix}
        shared = template("shop/shared.html").make_module(self.context)
        self.context["shared"] = SimpleNamespace(**{name: getattr(shared, name)() for name in SHARED_FRAGMENTS})
        self._card: Any = getattr(template("shop/card.html").make_module(self.context), "card")  # noqa: B009

    def listing(self, product: Facts) -> Listing:
        return build_listing(product, self.settings, self.words)

    def card(self, listing: Listing) -> str:
        return str(self._card(listing))

    def home(self, categories: Sequence[Category]) -> bytes:
        return self.list_page("/", categories=categories, category=None)

    def category(self, category: Category, categories: Sequence[Category]) -> bytes:
        return self.list_page(category.path, categories=categories, category=category)

    def product(self, listing: Listing, related: Sequence[Markup]) -> bytes:
        return self.page("product", listing.path, item=listing, related=related)

    def urls(self, path: str) -> Facts:
        base = self.settings["base_url"]
        return {"path": path, "url": base + self.prefix + path, "other_url": base + self.other_prefix + path}

    def page(self, name: str, path: str, **facts: Any) -> bytes:
        return template(f"shop/{name}.html").render(self.context | self.urls(path) | facts).encode()

    def list_page(self, path: str, **facts: Any) -> bytes:
        """Render a list page. It is encoded in parts, because one non-ASCII character slows encoding a long text."""
        parts = template("shop/home.html").generate(self.context | self.urls(path) | facts)
        return b"".join([part.encode() for part in parts])


@cache
def template(name: str) -> Template:
    return environment().get_template(name)


@cache
def environment() -> Environment:
    loader = FileSystemLoader([HERE / "templates", templates.FOLDER])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["search_text"] = build_search_text
    return environment
