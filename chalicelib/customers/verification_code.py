"""Digits of verification codes, derived from the code's id and the secret key, so they are never stored."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from chalicelib.customers.model import VerificationCode, VerificationRequested
from chalicelib.customers.store import VerificationCodeRow, row_to_verification_code, verification_code_key
from chalicelib.kit import auth, db


def derive_code(ask_id: str) -> str:
    """Return six digits, always the same for one id. After a key rotation the customer requests a new code."""
    digest = hashlib.sha256(auth.short_token("identity-code", ask_id).encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def is_correct_code(ask_id: str, code: str) -> bool:
    return hmac.compare_digest(derive_code(ask_id), code)


def find_code_to_send(event: VerificationRequested, now: datetime) -> tuple[str, str] | None:
    """Return (phone or e-mail, digits), or None if a newer request replaced this one or it has expired."""
    key = verification_code_key(event.customer_id, event.identity)
    row = db.get(VerificationCodeRow, key.pk, key.sk)
    code: VerificationCode | None = row_to_verification_code(row) if row is not None else None
    if code is None or code.id != event.ask_id or not code.is_open(now):
        return None
    return code.value, derive_code(code.id)
