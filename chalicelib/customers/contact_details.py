"""How people write their phone numbers and e-mails, made one: 0812…, 62812… and +62 812… are the same number."""

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
    """Raises Invalid for what nobody can be reached by; `as_written` keeps it instead, for books of older systems."""
    reached_by_phone, reached_by_mail = normalize_phone(phone, country), normalize_email(email)
    if not keep_invalid:
        _check_parsed(phone, reached_by_phone, email, reached_by_mail)
    return Contact(
        " ".join(name.split()), reached_by_phone or " ".join(phone.split()), reached_by_mail or " ".join(email.split())
    )


def list_identities(phone: str, email: str) -> list[tuple[str, str]]:
    """Only what is valid identifies anybody; a number kept as written does not."""
    found = [
        ("phone", phone if normalize_phone(phone) == phone else None),
        ("email", email if normalize_email(email) == email else None),
    ]
    return [(kind, value) for kind, value in found if value]


def normalize_phone(phone: str, country: str | None = None) -> str | None:
    """None for what is no valid number anywhere."""
    return _normalize_phone(phone, country or config.country())


@lru_cache(maxsize=16)  # one order asks three times for the same number
def _normalize_phone(phone: str, country: str) -> str | None:
    if not phone.strip():
        return None
    for text in dict.fromkeys([phone, "+" + phone.strip().lstrip("+")]):  # 62812… without its plus
        number = _parse_phone(text, country)
        if number is not None and phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def normalize_email(email: str) -> str | None:
    """Lower case throughout: no mail provider in use tells Sari from sari."""
    text = email.strip().lower()
    return text if len(text) <= 254 and EMAIL_PATTERN.fullmatch(text) else None


def _parse_phone(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _check_parsed(phone: str, reached_by_phone: str | None, email: str, reached_by_mail: str | None) -> None:
    wrong = []
    if phone.strip() and reached_by_phone is None:
        wrong.append(("phone", "is no valid number; write it with its country code, as +62 812…"))
    if email.strip() and reached_by_mail is None:
        wrong.append(("email", "is no valid address"))
    if wrong:
        raise Invalid(*wrong)
