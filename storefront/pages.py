"""The shop's pages in one language, as text. What is the same on all of them is rendered once: most of a page."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from storefront.listing import Facts, listing

HERE = Path(__file__).parent
LANGUAGES = {"id": "", "en": "/en"}
SAME = ("begin", "links", "top", "foot", "end", "ways", "places")


class Pages:
    """Knows the words and the settings, and no product."""

    def __init__(self, language: str, settings: Facts, assets: str) -> None:
        self.words, self.settings = read_words(language), settings
        self.engine, self.prefix = environment("shop"), LANGUAGES[language]
        other = next(code for code in LANGUAGES if code != language)
        self.facts = {"words": self.words, "shop": settings | {"assets": assets}, "prefix": self.prefix}
        self.facts |= {"other_language": other, "other_prefix": LANGUAGES[other]}
        same = self.engine.get_template("same.html").make_module(self.facts)
        self.facts["same"] = {name: getattr(same, name)() for name in SAME}
        self._card = self.engine.get_template("parts.html").make_module(self.facts).card
        self._templates: dict[str, Any] = {}

    def listed(self, product: Facts) -> Facts:
        """A listing with its card, which home, category and neighbors show."""
        found = listing(product, self.settings, self.words)
        found["card"] = self._card(found)
        return found

    def page(self, template: str, path: str, **facts: Any) -> str:
        found = self._templates.get(template) or self.engine.get_template(f"{template}.html")
        self._templates[template] = found
        return str(found.render(self.facts, path=path, **facts))

    def product(self, item: Facts, near: list[Markup]) -> str:
        return self.page("product", item["path"], item=item, more=near)


class FactsFirst(Environment):
    """Facts are dicts. Jinja looks for an attribute of that name before, at the cost of an exception for each."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        try:
            return obj[attribute]
        except (TypeError, LookupError, AttributeError):
            return super().getattr(obj, attribute)


@cache
def environment(folder: str) -> Environment:
    loader = FileSystemLoader(HERE / "templates" / folder)
    return FactsFirst(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def read_words(language: str) -> Facts:
    words: Facts = {"language": language, "prefix": LANGUAGES[language]}
    for file in sorted((HERE / "content" / language).glob("*.toml")):
        words |= tomllib.loads(file.read_text())
    return words
