"""The line in which a history's orders wait for who places them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from infra.replay.history import Placing


class Line:
    """In order of their dates. Of one customer's orders only one is being placed at a time: when he ordered again he
    had his answer, so what is left of his credit goes to the first."""

    def __init__(self, placings: Sequence[Placing]) -> None:
        self.waiting, self.asking = list(placings), set[str]()
        self.changed = threading.Condition()

    def take(self) -> Placing | None:
        """None at the end. Whoever takes one says when it is `done`."""
        with self.changed:
            self.changed.wait_for(lambda: not self.waiting or self._turn() is not None)
            turn = self._turn()
            if turn is not None:
                self.waiting.remove(turn)
                self.asking |= {turn.customer} - {""}
            return turn

    def done(self, placing: Placing) -> None:
        with self.changed:
            self.asking.discard(placing.customer)
            self.changed.notify_all()

    def _turn(self) -> Placing | None:
        return next((each for each in self.waiting if each.customer not in self.asking), None)
