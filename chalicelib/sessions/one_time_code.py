"""Digits of sign-in codes, derived from the code's id and the secret key, so they are never stored."""

from __future__ import annotations

import hashlib
import hmac

from chalicelib.kit import auth


def derive_code(code_id: str) -> str:
    """Return six digits, always the same for one id. After a key rotation a new code is requested."""
    digest = hashlib.sha256(auth.short_token("sign-in-code", code_id).encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def is_correct_code(code_id: str, code: str) -> bool:
    return hmac.compare_digest(derive_code(code_id).encode(), code.encode())
