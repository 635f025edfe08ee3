"""Text as people type it into a search field: without regard to case, accents and the kind of quotation marks. Pure."""

from __future__ import annotations

import re
import unicodedata

PREFIX_LENGTH = 3  # letters of a word under which an index lists it
QUOTES = str.maketrans("", "", "'’‘`´ʼ′\"“”„«»")


def fold(text: str) -> str:
    """Return the text in lower case, without accents and quotation marks: `D’Café` and `d'cafe` are both `dcafe`."""
    decomposed = unicodedata.normalize("NFKD", text).translate(QUOTES)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def split_words(text: str) -> list[str]:
    """Return the words of the text, folded, without punctuation: `Café "A-1"` has `cafe`, `a` and `1`."""
    return re.findall(r"[^\W_]+", fold(text))


def list_words(text: str) -> list[str]:
    """Return the distinct words of the text, folded, in order."""
    return list(dict.fromkeys(split_words(text)))


def has_prefixes(words: list[str], wanted: list[str]) -> bool:
    """Return whether every wanted word is the beginning of one of the words."""
    return all(any(word.startswith(part) for word in words) for part in wanted)


def choose_prefix(wanted: list[str]) -> str:
    """Return the index prefix of the longest word, which matches the fewest texts."""
    return max(wanted, key=len)[:PREFIX_LENGTH]
