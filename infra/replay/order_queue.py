"""The queue from which the replay's threads take orders."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from infra.replay.history import HistoricalOrder


class OrderQueue:
    """Orders by date; orders of the same customer are placed one after the other.

    Otherwise a customer's later order could use the remaining credit before the earlier one.
    """

    def __init__(self, orders: Sequence[HistoricalOrder]) -> None:
        self.waiting, self.customers_in_progress = list(orders), set[str]()
        self.changed = threading.Condition()

    def take(self) -> HistoricalOrder | None:
        """Wait for the next order, or None at the end. Call `done` after placing it."""
        with self.changed:
            self.changed.wait_for(lambda: not self.waiting or self._next_ready() is not None)
            order = self._next_ready()
            if order is not None:
                self.waiting.remove(order)
                self.customers_in_progress |= {order.customer_id} - {""}
            return order

    def done(self, order: HistoricalOrder) -> None:
        with self.changed:
            self.customers_in_progress.discard(order.customer_id)
            self.changed.notify_all()

    def _next_ready(self) -> HistoricalOrder | None:
        return next((order for order in self.waiting if order.customer_id not in self.customers_in_progress), None)
