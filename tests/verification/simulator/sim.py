"""A seeded history of a small shop on the engine in memory.

`python -m tests.verification.simulator.sim SEED STEPS` tells its story.

The use cases are the shop's own. Chance decides who does what, whose clock is wrong, which send is lost, who comes in
between another's reading and writing, and in which order news arrive; the seed decides chance.
"""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, NoReturn

import tests.environment  # noqa: F401 - before the first import of the shop
from chalicelib.kit import clock, db, ids
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.kit.packages import TABLES
from chalicelib.kit.requests import AlreadyAnswered
from chalicelib.notify import carriers, transports
from chalicelib.places import find as places
from chalicelib.pricing import find as pricing
from infra.invariants.check import judge
from infra.invariants.world import World
from tests.fulfillment.build import NOON
from tests.verification.simulator import touched
from tests.verification.simulator.chances import BOOKS, PROCESSES, SKEW, Chances, Process, Wrong
from tests.verification.simulator.memory import READ_FAULTS, SEND_FAULTS, Memory
from tests.verification.simulator.news import News

Deed = Callable[["Sim"], str]
MOST_ROUNDS = 300  # to become quiet
AT_READING = (*["resent"] * 7, *READ_FAULTS)  # most are mended by sending again


class Step(NamedTuple):
    """One line of a story. Most stories are never told, so it is put into words only when somebody reads it."""

    number: int  # nothing for what came in between
    at: datetime
    deed: Deed
    outcome: str
    resent: int

    def __str__(self) -> str:
        mark = f"{self.number:5}" if self.number else "    ↳"
        again = f" ({self.resent} sent again)" if self.resent else ""
        return f"{mark} {str(self.at)[8:19]} {self.deed.__name__.replace('_', ' ')}: {self.outcome}{again}"


@dataclass
class Sim:
    seed: int
    chances: Chances = field(default_factory=Chances)

    def __post_init__(self) -> None:
        self.chance, self.ids, self.now = random.Random(self.seed), random.Random(f"ids of {self.seed}"), NOON
        self.process = Process(timedelta())
        self.processes = [Process(SKEW * self.chance.uniform(-1, 1)) for _ in range(PROCESSES)]
        self.memory = Memory()
        self.story: list[Any] = []
        self.calm, self.inside, self.keys = True, 0, 0
        self.news = News()
        self.outbox: list[tuple[str, str, str]] = []
        self.answers: dict[str, Any] = {}
        self.orders: list[str] = []
        self.drafts: list[str] = []
        self.people: list[str] = []  # customers that staff or a file brought
        self.loads: list[tuple[str, str]] = []
        self.bought: list[tuple[str, str]] = []
        self.steps = self.sends = self.faults = self.felt = self.commits = self.torn = self.resent = 0
        self.deed: Deed | None = None

    # -- the world around the shop ------------------------------------------------------------------------------------

    @contextmanager
    def shop(self) -> Iterator[Sim]:
        """The shop runs on this history's clock, chance and memory until it is left."""
        kept = clock.source, ids.randomness, db.engine, db.pause, carriers.hand_over
        remembered = self.becomes(self.process)
        clock.source, ids.randomness = lambda: self.now + self.process.skew, self.ids.randbytes
        db.engine, db.pause, carriers.hand_over = self.memory, lambda attempt: None, self.carry
        logger = logging.getLogger("satukanal")
        loud = logger.level
        logger.setLevel(logging.CRITICAL)
        self.memory.faults = self.fault
        try:
            yield self
        finally:
            clock.source, ids.randomness, db.engine, db.pause, carriers.hand_over = kept
            places.restore(remembered[0])
            pricing.restore(remembered[1])
            logger.setLevel(loud)
            self.memory.faults = Memory().faults  # they knew each other, and rings are freed late

    def becomes(self, process: Process) -> tuple[Any, Any]:
        """From now on it is this process that acts; what the one before remembered."""
        self.process = process
        return places.restore(process.places), pricing.restore(process.pricing)

    def fault(self, send: str) -> str:
        """Called by the engine before each send. A fault that sending again mends the shop itself never feels."""
        if self.calm:
            return ""
        self.sends += 1
        chance, transact = self.chance, send == "transact"
        if transact and not self.inside and chance.random() < self.chances.between:
            self.in_between()
        self.commits += transact
        if chance.random() >= self.chances.fault:
            return ""
        self.faults += 1
        fault = chance.choice(SEND_FAULTS if transact else AT_READING)
        if fault == "resent":
            self.resent += 1
            self.commits -= transact  # it is sent once more
        else:
            self.felt += 1
            self.torn += transact
            self.says(f"{'':6}({send}: {fault})")
        return fault

    def in_between(self) -> None:
        from tests.verification.simulator import actors

        self.inside, resent = 1, self.resent
        same = self.deed and self.chance.random() < 0.5
        try:
            self.step(self.chance.choices([self.deed])[0] if same else actors.somebody(self.chance))
        finally:
            self.inside, self.resent = 0, resent

    def carry(self, attempt: Any) -> None:
        event, party = attempt.message.event_id, attempt.party
        if not self.calm and self.chance.random() < self.chances.carrier:
            raise self.chance.choice([transports.NotSent, transports.Unknown])()
        self.outbox.append((event, party, attempt.channel))

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """For looking around without being part of the history."""
        calm, self.calm = self.calm, True
        try:
            yield
        finally:
            self.calm = calm

    # -- what happens -------------------------------------------------------------------------------------------------

    def live(self, steps: int) -> Sim:
        from tests.verification.simulator import actors

        self.memory.put_back(actors.opened())
        self.news.deaf = BOOKS if self.chance.random() >= self.chances.books else ()
        self.calm = False
        while self.steps < steps:  # what others do in between counts as well
            self.step(actors.somebody(self.chance))
        self.now += timedelta(hours=25) if self.chance.random() < self.chances.night else timedelta()
        self.become_quiet()
        self.look()
        return self

    def step(self, deed: Deed) -> None:
        self.steps += 1
        number = 0 if self.inside else self.steps
        self.deed = self.deed if self.inside else deed
        self.now += timedelta(seconds=self.chance.uniform(0, 15))
        self.resent, at = 0, len(self.story)
        self.story.append("")
        before = self.process
        self.becomes(self.chance.choice(self.processes))
        outcome = self.tried(deed)
        self.becomes(before)
        self.story[at] = Step(number, self.now, deed, outcome, self.resent)
        self.look_at_what_was_touched()

    def tried(self, deed: Deed) -> str:
        try:
            return deed(self)
        except Problem as no:
            return f"no, {no.code}"
        except Exception as bug:
            self.wrong(f"a bug: {type(bug).__name__}: {bug}", bug)

    def asking(self, name: str, ask: Callable[[str], Any]) -> Any:
        """A client with an Idempotency-Key: it asks again when it got no answer, and at times when it had one; the
        answer must be the same for ever."""
        self.keys += 1
        key = f"{name} {self.keys}"
        for _ in range(4):
            try:
                answer = ask(key)
            except AlreadyAnswered as before:
                answer = before.answer
            except Unavailable:
                continue
            if self.answers.setdefault(key, answer) != answer:
                self.wrong(f"{key} was answered twice, differently")
            if self.chance.random() < 0.85:
                break
        if key in self.answers:
            return self.answers[key]
        raise Unavailable()

    def deliver(self, place: int) -> str:
        return self.news.deliver(place, lambda: self.calm or self.chance.random() >= self.chances.again)

    def become_quiet(self) -> None:
        """Faults stop; everything that waits must drain, and the clock must find nothing more to end."""
        from tests.verification.simulator import deeds_house

        self.calm, rests = True, False
        for _ in range(MOST_ROUNDS):
            if self.news.come(self.memory.stream):
                self.tried(lambda sim: sim.deliver(0))
                rests = False
            elif rests:
                return
            else:
                self.tried(deeds_house.the_minute)
                rests = True
        self.wrong(f"O7: not quiet after {MOST_ROUNDS} rounds: {self.news.waiting[:3]}")

    # -- what must be true --------------------------------------------------------------------------------------------

    def look_at_what_was_touched(self) -> None:
        if self.memory.touched:
            found = touched.wrong(self.memory.tables, self.memory.touched, clock.iso(self.now + SKEW), touched.to_facts)
            self.memory.touched.clear()
            if found:
                self.wrong("\n".join(found))

    def look(self, quiet: bool = True) -> None:
        report = judge(self.world(quiet))
        if not report.holds:
            self.wrong(str(report))
        if len(self.outbox) != len(set(self.outbox)):
            self.wrong("N2: somebody was sent the same message twice over one channel")
        known = {item["pk"]["S"] for item in self.memory.items("test-orders")}
        lost = [answer["id"] for answer in self.answers.values() if answer.get("number") and answer["id"] not in known]
        if lost:
            self.wrong(f"O6: answered and lost: {lost}")

    def world(self, quiet: bool) -> World:
        """No clock is more than five minutes ahead, so a hold that ends later than that must be there; and who became
        quiet has ended all that was due."""
        rows = {name: [touched.to_facts(item) for item in self.memory.items(f"test-{name}")] for name in TABLES}
        heard, swept = ("~", clock.iso(self.now)) if quiet else ("", "")
        return World(rows, clock.iso(self.now + SKEW), heard, swept)

    def says(self, words: str) -> None:
        self.story.append(words)

    def wrong(self, words: str, cause: Exception | None = None) -> NoReturn:
        raise Wrong(f"seed {self.seed}\n{self.told}\n{words}") from cause

    @property
    def told(self) -> str:
        return "\n".join(map(str, self.story))


def run(seed: int, steps: int, chances: Chances | None = None) -> Sim:
    sim = Sim(seed, chances or Chances())
    with sim.shop():
        return sim.live(steps)


def main(seed: int, steps: int) -> int:
    try:
        sim = run(seed, steps)
    except Wrong as wrong:
        print(wrong)
        return 1
    print(sim.told)
    facts = {"steps": steps, "sends": sim.sends, "faults": sim.faults, "felt by the shop": sim.felt}
    facts |= {"commits": sim.commits, "of them met a fault": sim.torn, "journal entries": len(sim.memory.stream)}
    print(f"seed {seed}:", ", ".join(f"{count} {what}" for what, count in facts.items()), "and everything held")
    return 0


if __name__ == "__main__":
    from tests.verification.simulator import sim as itself  # actors know this module by its name

    asked = [*sys.argv[1:], *["1", "100"][len(sys.argv) - 1 :]]
    if not all(word.isdecimal() for word in asked):
        sys.exit("SEED and STEPS are whole numbers: `make sim SEED=374 STEPS=100`.")
    sys.exit(itself.main(*map(int, asked)))
