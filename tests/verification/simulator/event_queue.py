"""The queue of committed events that wait for their handlers; they may be delivered twice and out of order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import journal
from chalicelib.kit.journal import EntryRow
from tests.verification.simulator.probabilities import HANDLERS
from tests.verification.simulator.store import Item

DELIVERY_MARK = " receives "  # in a trace, between a handler and its event


@dataclass
class EventQueue:
    """`pending` holds (handler, message) pairs. Handlers in `muted` get no messages.

    `is_lost` decides for each message whether it is lost for good; `lost` counts these.
    """

    pending: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    position: int = 0
    muted: Sequence[str] = ()
    is_lost: Callable[[], bool] = lambda: False
    lost: int = 0

    def enqueue(self, stream: Sequence[Item]) -> bool:
        """Add the events committed since the last call. Return whether any message is pending."""
        for item in stream[self.position :]:
            message = journal.row_to_message(item.to_row(EntryRow))
            for handler, (kinds, _) in HANDLERS.items():
                if message["kind"] not in kinds or handler in self.muted:
                    continue
                if self.is_lost():
                    self.lost += 1
                else:
                    self.pending.append((handler, message))
        self.position = len(stream)
        return bool(self.pending)

    def deliver(self, index: int, is_acknowledged: Callable[[], bool]) -> str:
        """Deliver one message and return a line for the trace.

        The message stays in the queue unless `is_acknowledged`, which is called when the handler has returned.
        """
        handler, message = self.pending[index]
        description = f"{handler}{DELIVERY_MARK}{message['kind']} of {message['subject'][-6:]}"
        HANDLERS[handler][1](message)
        if is_acknowledged() and (handler, message) in self.pending:  # an interleaved action may have removed it
            self.pending.remove((handler, message))
        return description
