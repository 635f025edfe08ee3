"""Countries by ISO 3166 code or by name."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.kit.texts import CONTENT_FOLDER

UNKNOWN_COUNTRY = "is no country; write its ISO code or its name, as in ID or Indonesia"


def find_country_code(text: str) -> str | None:
    """Return the ISO 3166 code of a country given as code or as English or Indonesian name, or None.

    Case, accents and punctuation do not matter."""
    code = text.strip().upper()
    return code if code in _load_names() else _codes_by_name().get(_simplify(text))


def _require_country_code(text: str) -> str:
    code = find_country_code(text)
    if code is None:
        raise PydanticCustomError("country", UNKNOWN_COUNTRY)
    return code


CountryCode = Annotated[str, Field(max_length=60), AfterValidator(_require_country_code)]  # a field of a request body


@cache
def _load_names() -> dict[str, list[str]]:
    names: dict[str, list[str]] = tomllib.loads((CONTENT_FOLDER / "countries.toml").read_text(encoding="utf-8"))
    return names


@cache
def _codes_by_name() -> dict[str, str]:
    return {_simplify(name): code for code, names in _load_names().items() for name in names}


def _simplify(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    return " ".join(re.findall(r"[a-z]+", "".join(sign for sign in letters if not unicodedata.combining(sign))))
