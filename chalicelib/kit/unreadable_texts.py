"""Texts that people cannot read as they were meant: only blanks, or with characters that are not seen."""

from __future__ import annotations

import re

# Tabs and line breaks stay, and so do the joiners of emoji and of Arabic and Indic scripts (U+200C, U+200D).
INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f"  # control characters
    "\\xad\\u115f\\u1160\\u3164\\uffa0\\u200b\\u2060-\\u2064\\ufeff"  # of no width
    "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]"  # of direction
)
INVISIBLE_CHARACTERS = "contains invisible characters; type it again instead of pasting it"
ONLY_BLANKS = "is only blanks; write something or leave it empty"


def find_unreadable(text: str) -> str:
    """Return why the text cannot be read, or an empty string."""
    if INVISIBLE.search(text):
        return INVISIBLE_CHARACTERS
    return ONLY_BLANKS if text and not text.strip() else ""
