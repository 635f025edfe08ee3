"""Run actors in every order of their sends to the tables: each actor stops before each send until it is continued.

The search is depth-first and replays every schedule from the same tables. Two sends without a common table, or that
both only read, commute, so one of their orders is enough (sleep sets); all other orders are run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent, greenlet

from chalicelib.kit.db import Key, Page, QueryOptions, Write
from tests.verification.faults.faulty_engine import FaultyEngine

Actor = Callable[[], Any]


@dataclass(frozen=True)
class Send:
    writes: bool
    tables: frozenset[str]

    def conflicts_with(self, other: Send) -> bool:
        """Return True if the order of the two sends can make a difference."""
        return (self.writes or other.writes) and bool(self.tables & other.tables)


class TurnEngine(FaultyEngine):
    """An engine that stops before each send until the schedule continues it.

    Writes to `unguarded_tables` lose their conditions, as in a shop that reads before it writes and checks nothing.
    """

    unguarded_tables: frozenset[str] = frozenset()

    def get(self, key: Key, consistent: bool) -> Any:
        self.wait(False, key.row)
        return super().get(key, consistent)

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        self.wait(False, *(key.row for key in keys))
        return super().batch(keys)

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        self.wait(False, row)
        return super().query(row, pk, options)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self.wait(True, *(write.row for write in writes))
        unguarded = [write._replace(condition=None) if self.is_unguarded(write) else write for write in writes]
        super().transact(unguarded, token)

    def is_unguarded(self, write: Write) -> bool:
        return write.row.Meta.table_name in self.unguarded_tables

    def wait(self, writes: bool, *rows: Any) -> None:
        controller = getcurrent().parent
        if controller is not None:
            controller.switch(Send(writes, frozenset(row.Meta.table_name for row in rows)))


@dataclass
class ChoicePoint:
    """A point of a schedule: the sends that actors wait for, and the actors that were continued from here before."""

    waiting: Mapping[int, Send]
    asleep: frozenset[int]  # continuing one of these leads to a schedule that is equal to an earlier one
    tried: list[int] = field(default_factory=list)

    @property
    def untried(self) -> list[int]:
        return [actor for actor in self.waiting if actor not in self.asleep and actor not in self.tried]

    def asleep_after(self, chosen: int) -> frozenset[int]:
        explored = (self.asleep | set(self.tried)) - {chosen}
        send = self.waiting[chosen]
        return frozenset(actor for actor in explored if not self.waiting[actor].conflicts_with(send))


def schedules(actors: Sequence[Actor], begin: Callable[[], None]) -> Iterator[list[Any]]:
    """Yield the actors' results after each schedule, when the tables are as it has left them."""
    path: list[ChoicePoint] = []
    while True:
        begin()
        results = _run(actors, path)
        if results is not None:
            yield results
        while path and not path[-1].untried:
            path.pop()
        if not path:
            return


def _run(actors: Sequence[Actor], path: list[ChoicePoint]) -> list[Any] | None:
    """Replay the path, take an untried choice at its last point, and run to the end; None if that leads nowhere new."""
    running = [greenlet(actor) for actor in actors]
    results: list[Any] = [None] * len(actors)
    waiting: dict[int, Send] = {}

    def resume(number: int) -> None:
        value = running[number].switch()  # the actor's next send, or its result at its end
        waiting.pop(number, None)
        if running[number].dead:
            results[number] = value
        else:
            waiting[number] = value

    for number in range(len(actors)):
        resume(number)
    depth, asleep = 0, frozenset[int]()
    while waiting:
        if depth == len(path):
            path.append(ChoicePoint(dict(waiting), asleep))
        point = path[depth]
        if depth == len(path) - 1:
            if not point.untried:
                return None
            chosen = point.untried[0]
            asleep = point.asleep_after(chosen)
            point.tried.append(chosen)
        else:
            chosen = point.tried[-1]
            asleep = path[depth + 1].asleep
        resume(chosen)
        depth += 1
    return results
