"""Doors that move money under two faults in one story: the second waits for any send of what the first leaves to be
done, so for the next try, the try after that, or the same one.

One story is one request with all its tries. Two requests need no pairs: after the first and a fault the tables are, row
by row, what they are after the first without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.verification.endpoints.knock import Row
from tests.verification.faults import money
from tests.verification.faults.ground import Ground
from tests.verification.faults.line import KINDS
from tests.verification.faults.routes import ROWS, Clean, asked, clean, wrong

Meeting = tuple[int, str]  # number of a send, and the kind of fault that waits for it

# Of kinds that are the same to us one is enough here: a 500 and a refused connection are a reset, a send that is still
# in progress a lost reply. A read does nothing, so only its answer can be lost: at once, late, or with whoever asked.
# A picture put twice under the name of its content is there once.
OF_A_COMMIT = ("reply lost", "reset", "duplicate", "throttled", "conflict", "slow", "killed")
OF_A_READ = ("reset", "slow", "killed")

DOORS = [row for row in ROWS if row.name in (*money.DOORS, *money.ASKS)]


@dataclass(frozen=True)
class Pair:
    """`wrong` says nothing when all is well."""

    name: str
    first: Meeting
    then: Meeting
    wrong: str

    @property
    def kind(self) -> str:
        return self.first[1]

    def __str__(self) -> str:
        (send, kind), (later, another) = self.first, self.then
        return f"{self.name}, send {send + 1} {kind}, send {later + 1} {another}: {self.wrong}"


def verdicts(ground: Ground, row: Row) -> Iterator[Pair]:
    undisturbed = clean(ground, row)
    for first, then in stories(ground, undisturbed):
        faults = {send: KINDS[kind] for send, kind in (first, then)}
        yield Pair(row.name, first, then, wrong(ground, undisturbed, faults))


def stories(ground: Ground, undisturbed: Clean) -> Iterator[tuple[Meeting, Meeting]]:
    for first in meetings(undisturbed.sends):
        asked(ground, undisturbed, {first[0]: KINDS[first[1]]})
        for then in meetings(list(ground.line.sent), after=first[0]):
            yield first, then


def meetings(sends: list[str], after: int = -1) -> Iterator[Meeting]:
    for number in range(after + 1, len(sends)):
        for kind in OF_A_COMMIT if sends[number] == "transact" else OF_A_READ:
            yield number, kind
