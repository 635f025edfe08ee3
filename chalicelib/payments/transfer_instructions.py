"""What the payer has to do next, in facts; pages and messages put it into words."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock, config
from chalicelib.payments.model import Payment, PaymentStatus


def build_next_action(payment: Payment) -> dict[str, Any] | None:
    """None when nothing is asked of the payer now. The reference is what lets a statement line find its order."""
    if payment.method != "transfer" or payment.status not in (PaymentStatus.AWAITING_PROOF, PaymentStatus.REJECTED):
        return None
    said: dict[str, Any] = {"kind": "instructions", **bank_account()}
    said |= {"amount": payment.amount.to_json(), "reference": payment.reference}
    return said | {"expires_at": clock.iso(payment.expires_at) if payment.expires_at else None}


def bank_account() -> dict[str, str]:
    return {
        "bank": config.setting("BANK_NAME", "Bank Contoh"),
        "account": config.setting("BANK_ACCOUNT", "000-000-0000"),
        "holder": config.setting("BANK_HOLDER", "Satukanal"),
    }
