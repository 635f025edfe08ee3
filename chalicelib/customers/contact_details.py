"""Contact details of customers with normalized phone numbers and e-mail addresses."""

from __future__ import annotations

from chalicelib.customers.model import Contact
from chalicelib.kit.email_addresses import INVALID_EMAIL, normalize_email
from chalicelib.kit.errors import Invalid
from chalicelib.kit.phone_numbers import INVALID_PHONE, is_plausible_phone, normalize_phone


def parse_contact(name: str = "", phone: str = "", email: str = "", country: str | None = None) -> Contact:
    """Return the normalized contact. Raises Invalid for an invalid phone number or e-mail address.

    A phone number without country code is read as one of `country`, or else of the shop's country.
    """
    normal_phone, normal_email = normalize_phone(phone, country), normalize_email(email)
    errors = []
    if phone.strip() and normal_phone is None:
        errors.append(("phone", INVALID_PHONE))
    if email.strip() and normal_email is None:
        errors.append(("email", INVALID_EMAIL))
    if errors:
        raise Invalid(*errors)
    return Contact(_collapse_spaces(name), normal_phone or "", normal_email or "")


def parse_imported_contact(name: str, phone: str, email: str, country: str | None = None) -> Contact:
    """Return the contact of an import row. A number or address that does not exist is kept as written.

    It is no identity then. Raises Invalid for a phone that has letters or fewer than six digits.
    """
    if phone.strip() and not is_plausible_phone(phone):
        raise Invalid(("phone", f"{phone.strip()} is not a phone number: it needs six digits or more and no letters"))
    normal_phone, normal_email = normalize_phone(phone, country), normalize_email(email)
    return Contact(
        _collapse_spaces(name), normal_phone or _collapse_spaces(phone), normal_email or _collapse_spaces(email)
    )


def list_identities(phone: str, email: str) -> list[tuple[str, str]]:
    """Return the valid identities as (kind, value) pairs, phone first. A value kept as written is not one."""
    identities = [
        ("phone", phone if normalize_phone(phone) == phone else None),
        ("email", email if normalize_email(email) == email else None),
    ]
    return [(kind, value) for kind, value in identities if value]


def _collapse_spaces(text: str) -> str:
    return " ".join(text.split())
