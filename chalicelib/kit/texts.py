"""Texts for customers and staff in each language, read from content/<language>/*.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("id", "en")  # the first is the fallback for other languages
CONTENT_FOLDER = Path(__file__).parent.parent / "content"


@cache
def texts(language: str, name: str) -> dict[str, Any]:
    """Return the texts of `content/<language>/<name>.toml`, read once per process."""
    folder = language if language in LANGUAGES else LANGUAGES[0]
    return tomllib.loads((CONTENT_FOLDER / folder / f"{name}.toml").read_text())
