"""Matching products with the words of a search, in Indonesian and English."""

from __future__ import annotations

import tomllib
from functools import cache

from chalicelib.catalog.model import Product
from chalicelib.kit.search_text import has_prefixes, split_words
from chalicelib.kit.texts import CONTENT_FOLDER

SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(meaning) for meaning in tomllib.loads(CONTENT_FOLDER.joinpath("search.toml").read_text())["synonyms"]
)


def fold_words(text: str) -> str:
    """Return the words of a text in lower case, without accents, quotes and punctuation: `Café "A-1"` is `cafe a 1`."""
    return " ".join(split_words(text))


def has_name_words(product: Product, q: str) -> bool:
    """True if every word of `q` begins a word of the product's name or codes, or a synonym: the rule of the shop."""
    text = build_search_text(product.name, product.sku, product.barcode)
    return has_prefixes(text.split(), split_words(q))


def has_all_words(product: Product, q: str) -> bool:
    """True if every word of `q`, or a synonym of it, occurs in the product's texts or codes.

    A text without any words, such as a lone symbol, matches nothing; an empty one matches every product.
    """
    text = fold_words(" ".join((product.name, product.description, product.category, product.barcode, product.sku)))
    words = frozenset(text.split())
    wanted = split_words(q)
    return (bool(wanted) or not q) and all(word in text or words & synonyms_of(word) for word in wanted)


def synonyms_of(word: str) -> frozenset[str]:
    """Return the words with the same meaning. They match whole words only, otherwise `hp` would match `shp`."""
    return frozenset().union(*(meaning for meaning in SYNONYMS if word in meaning))


@cache
def build_search_text(*texts: str) -> str:
    """Return the folded words of some texts, each once, with the synonyms of the words and terms among them."""
    text = fold_words(" ".join(texts))
    padded = f" {text} "
    meanings = [meaning for meaning in SYNONYMS if any(f" {term} " in padded for term in meaning)]
    words = [*text.split(), *(word for meaning in meanings for term in sorted(meaning) for word in term.split())]
    return " ".join(dict.fromkeys(words))
