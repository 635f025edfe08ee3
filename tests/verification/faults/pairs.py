"""Endpoints that move money with two faults in one request: the second at any send after the first, in any try.

Faults in two different requests need no pairs: after the first request with a fault and its retries, the tables are
equal to those without the fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.verification.endpoints.principals import AccessRow
from tests.verification.faults import payment_rows
from tests.verification.faults.endpoint_faults import ROWS, Baseline, find_failure, run_undisturbed, send_until_answered
from tests.verification.faults.faulty_engine import KINDS
from tests.verification.faults.replayable_shop import ReplayableShop

FaultAtSend = tuple[int, str]  # number of a send, and the kind of its fault

# Kinds with equal effects are left out: a 500 and a refused connection are like a reset, a transaction in progress is
# like a lost reply. A read changes nothing, so only its answer can be lost: at once, late, or with the process. Writing
# a picture twice has no effect, since its key is the hash of its content.
COMMIT_FAULTS = ("reply lost", "reset", "duplicate", "throttled", "conflict", "slow", "killed")
READ_FAULTS = ("reset", "slow", "killed")

MONEY_ROWS = [row for row in ROWS if row.name in (*payment_rows.MONEY_ROW_NAMES, *payment_rows.REQUEST_ROW_NAMES)]


@dataclass(frozen=True)
class Pair:
    """The result of one request with two faults; `failure` is empty if it is correct."""

    name: str
    first: FaultAtSend
    second: FaultAtSend
    failure: str

    @property
    def kind(self) -> str:
        return self.first[1]

    def __str__(self) -> str:
        (send, kind), (second_send, second_kind) = self.first, self.second
        return f"{self.name}, send {send + 1} {kind}, send {second_send + 1} {second_kind}: {self.failure}"


def verdicts(shop: ReplayableShop, row: AccessRow) -> Iterator[Pair]:
    undisturbed = run_undisturbed(shop, row)
    for first, second in list_pairs(shop, undisturbed):
        faults = {send: KINDS[kind] for send, kind in (first, second)}
        yield Pair(row.name, first, second, find_failure(shop, undisturbed, faults))


def list_pairs(shop: ReplayableShop, undisturbed: Baseline) -> Iterator[tuple[FaultAtSend, FaultAtSend]]:
    for first in list_faults(undisturbed.sends):
        send_until_answered(shop, undisturbed, {first[0]: KINDS[first[1]]})
        for second in list_faults(list(shop.engine.sent), after=first[0]):
            yield first, second


def list_faults(sends: list[str], after: int = -1) -> Iterator[FaultAtSend]:
    for number in range(after + 1, len(sends)):
        for kind in COMMIT_FAULTS if sends[number] == "transact" else READ_FAULTS:
            yield number, kind
