"""The one parser of e-mail addresses."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

EMAIL_PATTERN = re.compile(r"[^\s@\"<>,;:\\()\[\]]{1,64}@[^\s@.,;:\"<>\\()\[\]]+(\.[^\s@.,;:\"<>\\()\[\]]+)+")
INVALID_EMAIL = "is not a valid address"


def normalize_email(email: str) -> str | None:
    """Return the address in lower case, or None if it is invalid. No common mail provider distinguishes case."""
    text = email.strip().lower()
    return text if len(text) <= 254 and EMAIL_PATTERN.fullmatch(text) else None


def _require_email(email: str) -> str:
    normal_email = normalize_email(email)
    if email.strip() and normal_email is None:
        raise PydanticCustomError("email", INVALID_EMAIL)
    return normal_email or ""


Email = Annotated[str, Field(max_length=254), AfterValidator(_require_email)]  # a field of a request body; may be empty
