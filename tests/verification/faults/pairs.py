"""Doors that move money under two faults in one story: the second waits for any send of what the first leaves to be
done, so for the next try, the try after that, or the same one.

One story is one request with all its tries. Two requests need no pairs: after the first and a fault the tables are, row
by row, what they are after the first without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.verification.endpoints.principals import AccessRow
from tests.verification.faults import payment_rows
from tests.verification.faults.endpoint_faults import ROWS, Baseline, find_failure, run_undisturbed, send_until_answered
from tests.verification.faults.faulty_engine import KINDS
from tests.verification.faults.replayable_shop import ReplayableShop

FaultAtSend = tuple[int, str]  # number of a send, and the kind of fault that waits for it

# Of kinds that are the same to us one is enough here: a 500 and a refused connection are a reset, a send that is still
# in progress a lost reply. A read does nothing, so only its answer can be lost: at once, late, or with whoever asked.
# A picture put twice under the name of its content is there once.
COMMIT_FAULTS = ("reply lost", "reset", "duplicate", "throttled", "conflict", "slow", "killed")
READ_FAULTS = ("reset", "slow", "killed")

MONEY_ROWS = [row for row in ROWS if row.name in (*payment_rows.MONEY_ROW_NAMES, *payment_rows.REQUEST_ROW_NAMES)]


@dataclass(frozen=True)
class Pair:
    """`wrong` says nothing when all is well."""

    name: str
    first: FaultAtSend
    then: FaultAtSend
    failure: str

    @property
    def kind(self) -> str:
        return self.first[1]

    def __str__(self) -> str:
        (send, kind), (later, another) = self.first, self.then
        return f"{self.name}, send {send + 1} {kind}, send {later + 1} {another}: {self.failure}"


def verdicts(ground: ReplayableShop, row: AccessRow) -> Iterator[Pair]:
    undisturbed = run_undisturbed(ground, row)
    for first, then in list_pairs(ground, undisturbed):
        faults = {send: KINDS[kind] for send, kind in (first, then)}
        yield Pair(row.name, first, then, find_failure(ground, undisturbed, faults))


def list_pairs(ground: ReplayableShop, undisturbed: Baseline) -> Iterator[tuple[FaultAtSend, FaultAtSend]]:
    for first in list_faults(undisturbed.sends):
        send_until_answered(ground, undisturbed, {first[0]: KINDS[first[1]]})
        for then in list_faults(list(ground.engine.sent), after=first[0]):
            yield first, then


def list_faults(sends: list[str], after: int = -1) -> Iterator[FaultAtSend]:
    for number in range(after + 1, len(sends)):
        for kind in COMMIT_FAULTS if sends[number] == "transact" else READ_FAULTS:
            yield number, kind
