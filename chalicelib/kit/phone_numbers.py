"""The one parser of phone numbers: 0812…, 62812… and +62 812… are the same E.164 number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.kit import config

# Digits and the marks between them. phonenumbers alone drops letters, so O for 0 would become another number.
WRITTEN_NUMBER = re.compile(r"\(?\s*[+＋]?[\d\s().\-/‐-―−]+")
INVISIBLE_MARKS = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2069\ufeff"))
MIN_DIGITS = 6
INVALID_PHONE = "is not a valid number; include the country code, as in +62 812…"


def normalize_phone(phone: str, country: str | None = None) -> str | None:
    """Return the number in E.164 format, or None if it is invalid.

    A number without country code is read as one of `country`, an ISO code, or else of the shop's country."""
    return _normalize_phone(phone.translate(INVISIBLE_MARKS).strip(), country or config.country())


def is_plausible_phone(phone: str) -> bool:
    """Return True for text that has the shape of a phone number, whether or not such a number exists."""
    text = phone.translate(INVISIBLE_MARKS).strip()
    return WRITTEN_NUMBER.fullmatch(text) is not None and sum(map(str.isdigit, text)) >= MIN_DIGITS


@lru_cache(maxsize=16)  # placing one order normalizes the same number three times
def _normalize_phone(phone: str, country: str) -> str | None:
    if not is_plausible_phone(phone):
        return None
    for text in dict.fromkeys([phone, "+" + phone.lstrip("+")]):  # 62812… lacks the plus sign
        number = _parse_phone(text, country)
        if number is not None and phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def _parse_phone(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _require_phone(phone: str) -> str:
    normal_phone = normalize_phone(phone)
    if phone.strip() and normal_phone is None:
        raise PydanticCustomError("phone", INVALID_PHONE)
    return normal_phone or ""


Phone = Annotated[str, Field(max_length=40), AfterValidator(_require_phone)]  # a field of a request body; may be empty
