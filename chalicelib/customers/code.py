"""Verification codes: derived from the ask's id and the house's key, so that none is ever stored or journaled."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from chalicelib.customers.model import Ask, VerificationAsked
from chalicelib.customers.store import AskRow, as_ask, ask_key
from chalicelib.kit import auth, db


def code_for(ask_id: str) -> str:
    """Six digits, the same whenever it is asked; a rotated key makes others, and the customer asks again."""
    digest = hashlib.sha256(auth.short_token("identity-code", ask_id).encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def matches(ask_id: str, code: str) -> bool:
    return hmac.compare_digest(code_for(ask_id), code)


def to_send(told: VerificationAsked, now: datetime) -> tuple[str, str] | None:
    """(phone or e-mail, code) for whoever sends it; None when a newer ask replaced this one, or it is too late."""
    key = ask_key(told.customer_id, told.identity)
    row = db.get(AskRow, key.pk, key.sk)
    ask: Ask | None = as_ask(row) if row is not None else None
    if ask is None or ask.id != told.ask_id or not ask.is_open(now):
        return None
    return ask.value, code_for(ask.id)
