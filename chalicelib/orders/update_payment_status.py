"""Updating an order's payment status after money was collected against its receivable."""

from __future__ import annotations

from chalicelib.kit import clock, db
from chalicelib.orders import store
from chalicelib.orders.find import load_order_unchecked
from chalicelib.orders.model import OrderSettled
from chalicelib.payments import lifecycle
from chalicelib.payments.store import load_payments


@db.retry_on_conflict
def update_payment_status(order_id: str, actor: str) -> bool:
    """Update the status from the order's current payments and return whether it changed.

    Events that arrive twice or out of order have the same result."""
    order = load_order_unchecked(order_id)
    status = lifecycle.derive_payment_status(order.total, load_payments(order.payment_ids))
    if status == order.payment_status:
        return False
    event = OrderSettled(order_id, status, order.payment_status)
    entry, head = store.append_event(order, event, actor=actor, at=clock.now())
    db.commit([store.change_order(order, head=head, payment_status=status), entry])
    return True
