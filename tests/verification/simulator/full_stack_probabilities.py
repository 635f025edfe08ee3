"""The probabilities of a full history, and the exception that ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.verification.simulator.botocore_stub import BATCH_FAULTS, WRITE_FAULTS

MAX_CLOCK_SKEW = timedelta(minutes=5)
SWEEP_AFTER = timedelta(minutes=15) + 2 * MAX_CLOCK_SKEW  # until both passes of the sweep have examined an entry
FAULTS_BY_OPERATION = {"BatchGetItem": BATCH_FAULTS, "TransactWriteItems": WRITE_FAULTS}


class Violation(BaseException):
    """A violated invariant, with the trace so far.

    A BaseException, so that no `except Exception` between nested actions handles it.
    """


@dataclass
class Probabilities:
    fault: float = 0.28  # of each send
    stale_read: float = 0.7  # that an eventually consistent read lags, by up to five seconds
    interleave: float = 0.12  # that another action runs before a transaction is sent
    redeliver: float = 0.15  # that an event is delivered again
    carrier_failure: float = 0.1  # that a carrier fails
    deliver_events: float = 0.6  # that events are delivered between two steps
    lose_messages: float = 0.4  # of each history: that some of its stream records and messages are lost for good
    lost_message: float = 0.1  # of each of these
    lost_response: float = 0.08  # that a response does not reach the client
