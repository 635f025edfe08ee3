"""Instructions for paying by bank transfer as data; pages and messages turn them into text."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock, config
from chalicelib.payments.model import Payment, PaymentStatus


def build_next_action(payment: Payment) -> dict[str, Any] | None:
    """Return what the payer has to do next, or None.

    The reference identifies the order on the bank statement.
    """
    if payment.method != "transfer" or payment.status not in (PaymentStatus.AWAITING_PROOF, PaymentStatus.REJECTED):
        return None
    action: dict[str, Any] = {"kind": "instructions", **bank_account()}
    action |= {"amount": payment.amount.to_json(), "reference": payment.reference}
    return action | {"expires_at": clock.iso(payment.expires_at) if payment.expires_at else None}


def bank_account() -> dict[str, str]:
    return {
        "bank": config.setting("BANK_NAME", "Bank Contoh"),
        "account": config.setting("BANK_ACCOUNT", "000-000-0000"),
        "holder": config.setting("BANK_HOLDER", "Satukanal"),
    }
