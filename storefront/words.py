"""The shop's texts in one language, with what differs by language beside them."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from chalicelib.kit.texts import texts

LANGUAGES = {"id": "", "en": "/en"}  # and where the pages of each begin
FILES = ("shop", "script", "desk")
Words = SimpleNamespace


@cache
def load_words(language: str) -> dict[str, Any]:
    words: dict[str, Any] = {"language": language, "prefix": LANGUAGES[language]}
    for name in FILES:
        words |= texts(language, name)
    return words


@cache
def load_words_namespace(language: str) -> Words:
    """The same as objects: templates and listings read attributes, which Jinja finds faster than keys."""
    found: Words = to_namespace(load_words(language))
    return found


def to_namespace(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{name: to_namespace(each) for name, each in value.items()})
    return [to_namespace(each) for each in value] if isinstance(value, list) else value
