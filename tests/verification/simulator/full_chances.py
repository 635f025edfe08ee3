"""What may happen to a shop on the full path, and what a history says that does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.verification.simulator.wire import BATCH_FAULTS, WRITE_FAULTS

SKEW = timedelta(minutes=5)
KINDS = {"BatchGetItem": BATCH_FAULTS, "TransactWriteItems": WRITE_FAULTS}


class Wrong(BaseException):
    """What the history showed: its story so far, and what is wrong at its end. No `except Exception` on the way from
    one deed inside another may keep it back."""


@dataclass
class Chances:
    fault: float = 0.28  # of each send
    behind: float = 0.7  # that a read which may lag does, by up to five seconds
    between: float = 0.12  # that another comes in before a transaction is sent
    again: float = 0.15  # that news come twice
    carrier: float = 0.1  # that a carrier does not take something
    news: float = 0.6  # that some news arrive between two steps
    unheard: float = 0.08  # that an answer is lost on its way to who asked
