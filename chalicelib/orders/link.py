"""The link to an order or draft, and its replacement when it has expired, was lost, or reached the wrong person."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock, config, db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.orders import store
from chalicelib.orders.find import load_order
from chalicelib.orders.model import LinkRenewed, link_expires_at


def build_order_link(order_id: str, token: str, language: str = "") -> str:
    """Return the address of the page of an order or draft in this language, Indonesian by default."""
    prefix = "/en" if language == "en" else ""
    return f"{config.base_url()}{prefix}/pesanan/?id={order_id}&token={token}"


@db.retry_on_conflict
def renew(principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None = None) -> dict[str, Any]:
    """Invalidate the order's earlier links and return {"order_id", "until"}. The new link is sent to the customer only,
    by an event handler."""
    idempotency.check_repeat(idempotency_key)
    order = load_order(principal, order_id)
    now = clock.now()
    token_version, until = order.token_version + 1, link_expires_at(now)
    entry, head = store.append_event(order, LinkRenewed(order.id, token_version), actor=principal.actor, at=now)
    answer = {"order_id": order.id, "until": clock.iso(until)}
    change = store.change_order(order, head=head, token_version=token_version, link_until=until)
    db.commit([idempotency.record_answer(idempotency_key, answer), change, entry])
    return answer
