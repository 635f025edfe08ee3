"""Every order in which actors may reach the tables: each stops before each of its sends, and one of them is let go on.

Depth first, by replay from the same tables. Two sends that touch no table in common, or only read, can change places
without anybody noticing, so of such orders one is enough (sleep sets); all others are run, and none is drawn by lot.
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
        """Whether it matters which of the two comes first."""
        return (self.writes or other.writes) and bool(self.tables & other.tables)


class TurnEngine(FaultyEngine):
    """An engine that asks before each send. All writes to `bare` tables lose their conditions: what a shop would do
    that only looks there before it writes."""

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
        super().transact([each._replace(condition=None) if self.is_unguarded(each) else each for each in writes], token)

    def is_unguarded(self, write: Write) -> bool:
        return write.row.Meta.table_name in self.unguarded_tables

    def wait(self, writes: bool, *rows: Any) -> None:
        controller = getcurrent().parent
        if controller is not None:
            controller.switch(Send(writes, frozenset(row.Meta.table_name for row in rows)))


@dataclass
class ChoicePoint:
    """A moment of a schedule: who may go on, with which send, and who has been let go from here before."""

    waiting: Mapping[int, Send]
    asleep: frozenset[int]  # letting one of them go now leads to what has been seen
    tried: list[int] = field(default_factory=list)

    @property
    def untried(self) -> list[int]:
        return [each for each in self.waiting if each not in self.asleep and each not in self.tried]

    def asleep_after(self, chosen: int) -> frozenset[int]:
        known = (self.asleep | set(self.tried)) - {chosen}
        return frozenset(each for each in known if not self.waiting[each].conflicts_with(self.waiting[chosen]))


def schedules(actors: Sequence[Actor], begin: Callable[[], None]) -> Iterator[list[Any]]:
    """What the actors brought home, once for each schedule; the tables stand then as it left them."""
    path: list[ChoicePoint] = []
    while True:
        begin()
        brought = _run(actors, path)
        if brought is not None:
            yield brought
        while path and not path[-1].untried:
            path.pop()
        if not path:
            return


def _run(actors: Sequence[Actor], path: list[ChoicePoint]) -> list[Any] | None:
    """Along the path, leaving its last fork by another way, and on to the end. None when it was seen before."""
    running = [greenlet(actor) for actor in actors]
    brought: list[Any] = [None] * len(actors)
    waiting: dict[int, Send] = {}

    def go_on(number: int) -> None:
        said = running[number].switch()
        waiting.pop(number, None)
        if running[number].dead:
            brought[number] = said
        else:
            waiting[number] = said

    for number in range(len(actors)):
        go_on(number)
    depth, asleep = 0, frozenset[int]()
    while waiting:
        if depth == len(path):
            path.append(ChoicePoint(dict(waiting), asleep))
        fork = path[depth]
        if depth == len(path) - 1:
            if not fork.untried:
                return None
            chosen = fork.untried[0]
            asleep = fork.asleep_after(chosen)
            fork.tried.append(chosen)
        else:
            chosen = fork.tried[-1]
            asleep = path[depth + 1].asleep
        go_on(chosen)
        depth += 1
    return brought
