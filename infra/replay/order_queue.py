"""The line in which a history's orders wait for who places them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from infra.replay.history import HistoricalOrder


class OrderQueue:
    """In order of their dates. Of one customer's orders only one is being placed at a time: when he ordered again he
    had his answer, so what is left of his credit goes to the first."""

    def __init__(self, placings: Sequence[HistoricalOrder]) -> None:
        self.waiting, self.customers_in_progress = list(placings), set[str]()
        self.changed = threading.Condition()

    def take(self) -> HistoricalOrder | None:
        """None at the end. Whoever takes one says when it is `done`."""
        with self.changed:
            self.changed.wait_for(lambda: not self.waiting or self._next_ready() is not None)
            turn = self._next_ready()
            if turn is not None:
                self.waiting.remove(turn)
                self.customers_in_progress |= {turn.customer_id} - {""}
            return turn

    def done(self, placing: HistoricalOrder) -> None:
        with self.changed:
            self.customers_in_progress.discard(placing.customer_id)
            self.changed.notify_all()

    def _next_ready(self) -> HistoricalOrder | None:
        return next((each for each in self.waiting if each.customer_id not in self.customers_in_progress), None)
