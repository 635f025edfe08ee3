"""A seeded history on the full path: `python -m tests.verification.simulator.full SEED STEPS` tells its story.

From a door's HTTP event through Chalice, PynamoDB and botocore to tables in memory, and from the journal's
stream through the functions as Lambda would call them. Chance decides who does what, whose clock is wrong, what happens
to each send, how far behind an index is and in which order news arrive; the seed decides chance.
"""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import tests.environment  # noqa: F401 - before the first import of the shop
from chalicelib.kit import clock, db, ids
from chalicelib.kit.errors import Problem
from chalicelib.kit.packages import TABLES
from chalicelib.notify import carriers, transports
from infra.invariants.check import judge
from infra.invariants.world import World
from tests.conftest import forget
from tests.fulfillment.build import NOON
from tests.verification.simulator import touched
from tests.verification.simulator.full_chances import KINDS, SKEW, Chances, Wrong
from tests.verification.simulator.full_client import Doors, No
from tests.verification.simulator.full_news import Post
from tests.verification.simulator.store import LONGEST_LAG, Store
from tests.verification.simulator.touched import to_facts
from tests.verification.simulator.wire import FAULTS, Wire, answering

MOST_ROUNDS = 400  # to become quiet

Deed = Callable[["Full"], str]


@dataclass
class Full:
    seed: int
    chances: Chances = field(default_factory=Chances)

    def __post_init__(self) -> None:
        self.chance, self.now, self.skew = random.Random(self.seed), NOON, timedelta()
        self.calm, self.inside = True, False
        self.faults = self.sends = self.looked = self.kept = 0
        self.deed: Deed | None = None
        self.story: list[str] = []
        self.orders: dict[str, str] = {}  # id → the shopper's token
        self.loads: list[tuple[str, str]] = []
        self.told: list[tuple[str, str, str]] = []
        self.store = Store(lambda: (self.now - NOON).total_seconds())
        self.wire = Wire(self.store)
        self.wire.fault, self.wire.lag = self.fault, self.lag
        unheard = lambda: 0.0 if self.calm else self.chances.unheard  # noqa: E731
        self.doors = Doors(self.chance, self.wrong, unheard, self.says, self.version_of)
        self.post = Post(
            self.chance,
            again=lambda: 0.0 if self.calm else self.chances.again,
            refuses=lambda: not self.calm and self.chance.random() < self.chances.carrier,
            call=self.called,
        )

    # -- the world around the shop ------------------------------------------------------------------------------------

    @contextmanager
    def shop(self) -> Iterator[Full]:
        """The shop runs on this history's clock, chance, tables and carriers until it is left."""
        kept = clock.source, ids.randomness, db.pause, carriers.hand_over
        randomness = random.Random(f"ids of {self.seed}")
        clock.source, ids.randomness = lambda: self.now + self.skew, randomness.randbytes
        db.pause, carriers.hand_over, self.hand_over = lambda attempt: None, self.carry, carriers.hand_over
        forget()
        transports.use_clients(self.post.carriers())
        logging.disable(logging.CRITICAL)
        try:
            with answering(self.wire, self.sleep):
                yield self
        finally:
            clock.source, ids.randomness, db.pause, carriers.hand_over = kept
            logging.disable(logging.NOTSET)
            forget()

    def sleep(self, seconds: float) -> None:
        """What botocore waits between two sends."""
        self.now += timedelta(seconds=seconds)

    def fault(self, operation: str) -> str:
        """What happens to this send."""
        if self.calm:
            return ""
        if operation == "TransactWriteItems" and not self.inside and self.chance.random() < self.chances.between:
            self.in_between()
        self.sends += 1
        if self.chance.random() >= self.chances.fault:
            return ""
        self.faults += 1
        fault = self.chance.choice(KINDS.get(operation, FAULTS))
        self.says(f"{'':6}({operation}: {fault})")
        if fault == "slow":
            self.now += timedelta(seconds=self.chance.uniform(0.5, 2.9))
        return fault

    def lag(self) -> float:
        behind = not self.calm and self.chance.random() < self.chances.behind
        return self.chance.uniform(0, LONGEST_LAG) if behind else 0.0

    def in_between(self) -> None:
        """Every other time somebody with the same in mind."""
        from tests.verification.simulator import full_actors

        self.inside, skew = True, self.skew
        same = self.deed is not None and self.chance.random() < 0.5
        try:
            self.step([(1, self.deed)] if same and self.deed else full_actors.ACTORS)
        finally:
            self.inside, self.skew = False, skew

    def carry(self, attempt: Any) -> None:
        """N2: the same message goes to a carrier once, whatever becomes of it there."""
        self.told.append((attempt.message.event_id, attempt.party, attempt.channel))
        self.hand_over(attempt)

    # -- what happens -------------------------------------------------------------------------------------------------

    def live(self, steps: int) -> Full:
        from tests.verification.simulator import full_actors, full_house

        self.calm = False
        for number in range(1, steps + 1):
            self.step(full_actors.ACTORS, number)
            if self.chance.random() < self.chances.news:
                self.step([(1, full_house.news_arrive)])
        self.become_quiet()
        self.look()
        return self

    def step(self, actors: Sequence[tuple[int, Deed]], number: int = 0) -> None:
        weights, deeds = zip(*actors)
        deed = self.chance.choices(deeds, weights)[0]
        self.deed = self.deed if self.inside else deed
        self.skew = SKEW * self.chance.uniform(-1, 1)
        self.now += timedelta(seconds=self.chance.uniform(0, 20))
        at = len(self.story)
        self.says("")
        outcome = self.tried(deed)
        mark = f"{number:5}" if number else "    ↳"
        self.story[at] = f"{mark} {self.now:%d %H:%M:%S} {deed.__name__.replace('_', ' ')}: {outcome}"
        self.look_at_what_was_touched()

    def tried(self, deed: Deed) -> str:
        try:
            return deed(self)
        except No as no:
            return f"no, {no}"
        except Exception as bug:
            return str(self.wrong(f"a bug: {type(bug).__name__}: {bug}", bug))

    def called(self, function: Callable[[], Any]) -> str:
        """A function that Lambda calls: why it refused, in a word."""
        try:
            function()
        except Problem as problem:
            return str(problem.facts.get("refusal", problem.code))
        return ""

    def become_quiet(self) -> None:
        """Faults stop; everything that waits must drain, and the clock must find nothing more to end."""
        self.calm, self.skew, rests = True, timedelta(), False
        for _ in range(MOST_ROUNDS):
            self.post.comes_in(self.store.stream)
            if self.post.quiet and rests:
                return
            rests = self.post.quiet
            self.take_everything()
        self.wrong(f"O7: not quiet after {MOST_ROUNDS} rounds: {self.post.messages[:3]}")

    def take_everything(self) -> None:
        for handler in self.post.streams:
            self.tried(lambda sim, handler=handler: sim.post.deliver_all(handler))
        for _ in range(len(self.post.messages)):
            self.tried(lambda sim: sim.post.deliver_message(0).words)
        self.tried(lambda sim: sim.post.minute(lambda: sim.now).words)

    # -- what must be true --------------------------------------------------------------------------------------------

    def look_at_what_was_touched(self) -> None:
        found = touched.wrong(self.store.tables, self.store.touched, clock.iso(self.now + SKEW), to_facts)
        self.store.touched.clear()
        if found:
            self.wrong("\n".join(found))

    def look(self) -> None:
        report = judge(self.world())
        if not report.holds:
            self.wrong(str(report))
        if len(self.told) != len(set(self.told)):
            self.wrong("N2: a carrier was given the same message twice")
        for order, token in self.orders.items():
            try:
                self.doors.get(f"/api/orders/{order}", "" if token else "owner-ratna", token=token)
            except No as no:
                self.wrong(f"O6: {order} was answered, and now its door says {no}")

    def world(self) -> World:
        """No clock is more than five minutes ahead, so a hold that ends later than that must be there; and all that was
        due has ended by now."""
        rows = {name: [to_facts(item) for item in self.store.items(f"test-{name}")] for name in TABLES}
        return World(rows, clock.iso(self.now + SKEW), "~", clock.iso(self.now))

    def rows(self, room: str, pk: str) -> list[dict[str, Any]]:
        """A look at the tables themselves, which is no part of the history."""
        return [to_facts(item) for item in self.store.tables[f"test-{room}"].rows.get(pk, {}).values()]

    def version_of(self, staff: str) -> int:
        """Of his tokens: whoever gives him a new one reads it afresh."""
        return int(next((row["token_version"] for row in self.rows("places", "staff") if row["sk"] == staff), 1))

    def says(self, words: str) -> None:
        self.story.append(words)

    def wrong(self, words: str, cause: Exception | None = None) -> Any:
        raise Wrong(f"seed {self.seed}\n" + "\n".join(self.story) + f"\n{words}") from cause


def live(seed: int, steps: int, chances: Chances | None = None) -> Full:
    from tests.verification.simulator import full_actors

    history = Full(seed, chances or Chances())
    history.store.put_back(full_actors.opened())
    with history.shop():
        return history.live(steps)


def main(seed: int, steps: int) -> int:
    try:
        history = live(seed, steps)
    except Wrong as wrong:
        print(wrong)
        return 1
    print("\n".join(history.story))
    facts = {"steps": steps, "requests": history.doors.asked, "sends": history.sends, "faults": history.faults}
    facts |= {"journal entries": len(history.store.stream)}
    print(f"seed {seed}:", ", ".join(f"{count} {what}" for what, count in facts.items()), "and everything held")
    return 0


if __name__ == "__main__":
    from tests.verification.simulator import full as itself  # actors know this module by its name

    sys.exit(itself.main(*(int(word) for word in [*sys.argv[1:], *["1", "40"][len(sys.argv) - 1 :]])))
