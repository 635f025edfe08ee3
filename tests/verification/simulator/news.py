"""What was committed and is on its way to those who listen: it may come twice, and ahead of its turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import journal
from chalicelib.kit.journal import Entry
from tests.verification.simulator.chances import LISTENERS
from tests.verification.simulator.store import Item


@dataclass
class News:
    """`waiting` are (listener, what it will be told)."""

    waiting: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    heard: int = 0
    deaf: Sequence[str] = ()

    def come(self, stream: Sequence[Item]) -> bool:
        """Everything committed since; whether anything waits."""
        for item in stream[self.heard :]:
            told = journal.entry_to_message(item.as_row(Entry))
            for listener, (kinds, _) in LISTENERS.items():
                if told["kind"] in kinds and listener not in self.deaf:
                    self.waiting.append((listener, told))
        self.heard = len(stream)
        return bool(self.waiting)

    def deliver(self, place: int, taken: Callable[[], bool]) -> str:
        """One message; it stays until it was taken, and `taken` is asked once its listener is done."""
        listener, told = self.waiting[place]
        words = f"{listener} hears {told['kind']} of {told['subject'][-6:]}"
        LISTENERS[listener][1](told)
        if taken() and (listener, told) in self.waiting:  # who came in between may have taken it
            self.waiting.remove((listener, told))
        return words
