"""Withdrawing the request of an order or draft: an answer that was lost, or a record that refuses it if it arrives."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import idempotency
from chalicelib.orders.check_order import check_order
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.context import load_context


def withdraw_request(command: PlaceOrder) -> dict[str, Any] | None:
    """Return the stored answer of the request, or None after recording that it is withdrawn.

    A record does not expire, so only what could be placed now is recorded: raises Replay and RequestWithdrawn for an
    earlier record, and the refusals of `load_context` and `check_order`.
    """
    context = load_context(command)
    idempotency.raise_if_repeated(command.idempotency_key, context.recorded_answer)
    check_order(command, context)
    return idempotency.withdraw(command.idempotency_key) if command.idempotency_key else None
