"""What was committed and is on its way to those who listen: it may come twice, and ahead of its turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import journal
from chalicelib.kit.journal import EntryRow
from tests.verification.simulator.probabilities import HANDLERS
from tests.verification.simulator.store import Item


@dataclass
class EventQueue:
    """`waiting` are (listener, what it will be told)."""

    pending: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    position: int = 0
    muted: Sequence[str] = ()

    def enqueue(self, stream: Sequence[Item]) -> bool:
        """Everything committed since; whether anything waits."""
        for item in stream[self.position :]:
            told = journal.row_to_message(item.to_row(EntryRow))
            for listener, (kinds, _) in HANDLERS.items():
                if told["kind"] in kinds and listener not in self.muted:
                    self.pending.append((listener, told))
        self.position = len(stream)
        return bool(self.pending)

    def deliver(self, place: int, is_acknowledged: Callable[[], bool]) -> str:
        """One message; it stays until it was taken, and `taken` is asked once its listener is done."""
        listener, told = self.pending[place]
        words = f"{listener} hears {told['kind']} of {told['subject'][-6:]}"
        HANDLERS[listener][1](told)
        if is_acknowledged() and (listener, told) in self.pending:  # who came in between may have taken it
            self.pending.remove((listener, told))
        return words
