"""The texts of all languages have the same files, keys and placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit.texts import CONTENT_FOLDER, LANGUAGES, texts

NAMES = sorted(file.stem for file in (CONTENT_FOLDER / LANGUAGES[0]).glob("*.toml"))
PLACEHOLDER = re.compile(r"\{\{ (\w+) \}\}|\{% if (\w+) %\}|(?<!\{)\{(\w+)\}")


def test_every_language_has_the_same_files() -> None:
    assert {folder.name for folder in CONTENT_FOLDER.iterdir() if folder.is_dir()} == set(LANGUAGES)
    for language in LANGUAGES:
        assert sorted(file.stem for file in (CONTENT_FOLDER / language).iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_language_has_the_same_keys_and_placeholders(name: str) -> None:
    first, *others = (dict(placeholders(texts(language, name))) for language in LANGUAGES)

    assert first
    for other in others:
        assert other == first


def placeholders(value: Any, path: str = "") -> Iterator[tuple[str, set[str]]]:
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from placeholders(item, f"{path}.{name}")
    else:
        yield path, {name for match in PLACEHOLDER.findall(value) for name in match if name}


def test_placeholders_of_pages_and_of_messages_are_recognized() -> None:
    files = [name for name in NAMES for _, names in placeholders(texts("id", name)) if names]

    assert {"script", "desk", "messages"} <= set(files)


def test_an_unknown_language_gets_the_texts_of_the_first() -> None:
    assert texts("fr", "claim") == texts(LANGUAGES[0], "claim")
