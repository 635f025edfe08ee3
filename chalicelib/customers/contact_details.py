"""Normalization of phone numbers and e-mail addresses.

0812…, 62812… and +62 812… are normalized to the same E.164 number.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from chalicelib.customers.model import Contact
from chalicelib.kit import config
from chalicelib.kit.errors import Invalid

EMAIL_PATTERN = re.compile(r"[^\s@\"<>,;:\\()\[\]]{1,64}@[^\s@.,;:\"<>\\()\[\]]+(\.[^\s@.,;:\"<>\\()\[\]]+)+")


def parse_contact(
    name: str = "", phone: str = "", email: str = "", country: str | None = None, keep_invalid: bool = False
) -> Contact:
    """Return the normalized contact. Raises Invalid for an invalid phone number or e-mail address.

    With `keep_invalid` an invalid value is kept as written instead, for imports from other systems."""
    normal_phone, normal_email = normalize_phone(phone, country), normalize_email(email)
    if not keep_invalid:
        _check_parsed(phone, normal_phone, email, normal_email)
    return Contact(
        " ".join(name.split()), normal_phone or " ".join(phone.split()), normal_email or " ".join(email.split())
    )


def list_identities(phone: str, email: str) -> list[tuple[str, str]]:
    """Return the valid identities as (kind, value) pairs, phone first. A value kept as written is not one."""
    identities = [
        ("phone", phone if normalize_phone(phone) == phone else None),
        ("email", email if normalize_email(email) == email else None),
    ]
    return [(kind, value) for kind, value in identities if value]


def normalize_phone(phone: str, country: str | None = None) -> str | None:
    """Return the number in E.164 format, or None if it is invalid. `country` applies to national numbers."""
    return _normalize_phone(phone, country or config.country())


@lru_cache(maxsize=16)  # placing one order normalizes the same number three times
def _normalize_phone(phone: str, country: str) -> str | None:
    if not phone.strip():
        return None
    for text in dict.fromkeys([phone, "+" + phone.strip().lstrip("+")]):  # 62812… lacks the plus sign
        number = _parse_phone(text, country)
        if number is not None and phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def normalize_email(email: str) -> str | None:
    """Return the address in lower case, or None if it is invalid. No common mail provider distinguishes case."""
    text = email.strip().lower()
    return text if len(text) <= 254 and EMAIL_PATTERN.fullmatch(text) else None


def _parse_phone(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _check_parsed(phone: str, normal_phone: str | None, email: str, normal_email: str | None) -> None:
    errors = []
    if phone.strip() and normal_phone is None:
        errors.append(("phone", "is not a valid number; include the country code, as in +62 812…"))
    if email.strip() and normal_email is None:
        errors.append(("email", "is not a valid address"))
    if errors:
        raise Invalid(*errors)
