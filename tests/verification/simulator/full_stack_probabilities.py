"""What may happen to a shop on the full path, and what a history says that does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.verification.simulator.botocore_stub import BATCH_FAULTS, WRITE_FAULTS

MAX_CLOCK_SKEW = timedelta(minutes=5)
FAULTS_BY_OPERATION = {"BatchGetItem": BATCH_FAULTS, "TransactWriteItems": WRITE_FAULTS}


class Violation(BaseException):
    """What the history showed: its story so far, and what is wrong at its end. No `except Exception` on the way from
    one deed inside another may keep it back."""


@dataclass
class Probabilities:
    fault: float = 0.28  # of each send
    stale_read: float = 0.7  # that a read which may lag does, by up to five seconds
    interleave: float = 0.12  # that another comes in before a transaction is sent
    redeliver: float = 0.15  # that news come twice
    carrier_failure: float = 0.1  # that a carrier does not take something
    deliver_events: float = 0.6  # that some news arrive between two steps
    lost_response: float = 0.08  # that an answer is lost on its way to who asked
