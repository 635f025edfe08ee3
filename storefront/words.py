"""The texts of the shop and the desk in one language, from chalicelib/content."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from chalicelib.kit.texts import texts

LANGUAGES = {"id": "", "en": "/en"}  # language: the path prefix of its pages
FILES = ("shop", "script", "desk")
Words = SimpleNamespace


@cache
def load_words(language: str) -> dict[str, Any]:
    """Return the tables of all content files in one dict, with the language and its path prefix."""
    words: dict[str, Any] = {"language": language, "prefix": LANGUAGES[language]}
    for name in FILES:
        words |= texts(language, name)
    return words


@cache
def load_words_namespace(language: str) -> Words:
    """Return the same texts as objects, because Jinja reads attributes faster than keys."""
    namespace: Words = to_namespace(load_words(language))
    return namespace


def to_namespace(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{name: to_namespace(member) for name, member in value.items()})
    return [to_namespace(member) for member in value] if isinstance(value, list) else value
