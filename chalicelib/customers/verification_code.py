"""Verification codes: derived from the ask's id and the house's key, so that none is ever stored or journaled."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from chalicelib.customers.model import VerificationCode, VerificationRequested
from chalicelib.customers.store import VerificationCodeRow, row_to_verification_code, verification_code_key
from chalicelib.kit import auth, db


def derive_code(ask_id: str) -> str:
    """Six digits, the same whenever it is asked; a rotated key makes others, and the customer asks again."""
    digest = hashlib.sha256(auth.short_token("identity-code", ask_id).encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def is_correct_code(ask_id: str, code: str) -> bool:
    return hmac.compare_digest(derive_code(ask_id), code)


def find_code_to_send(told: VerificationRequested, now: datetime) -> tuple[str, str] | None:
    """(phone or e-mail, code) for whoever sends it; None when a newer ask replaced this one, or it is too late."""
    key = verification_code_key(told.customer_id, told.identity)
    row = db.get(VerificationCodeRow, key.pk, key.sk)
    ask: VerificationCode | None = row_to_verification_code(row) if row is not None else None
    if ask is None or ask.id != told.ask_id or not ask.is_open(now):
        return None
    return ask.value, derive_code(ask.id)
