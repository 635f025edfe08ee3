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
from chalicelib.kit.idempotency import Replay
from chalicelib.kit.packages import TABLES
from chalicelib.notify import send_message, transports
from chalicelib.places import find as places
from chalicelib.pricing import find as pricing
from infra.invariants.check import check_snapshot
from infra.invariants.snapshot import Snapshot
from tests.fulfillment.build import NOON
from tests.verification.simulator import step_invariants
from tests.verification.simulator.event_queue import EventQueue
from tests.verification.simulator.memory_engine import READ_FAULTS, SEND_FAULTS, MemoryEngine
from tests.verification.simulator.probabilities import (
    MAX_CLOCK_SKEW,
    PROCESS_COUNT,
    REPORTING_HANDLERS,
    Probabilities,
    Process,
    Violation,
)

Action = Callable[["Sim"], str]
MAX_ROUNDS = 300  # to become quiet
WEIGHTED_READ_FAULTS = (*["resent"] * 7, *READ_FAULTS)  # most are mended by sending again


class Step(NamedTuple):
    """One line of a story. Most stories are never told, so it is put into words only when somebody reads it."""

    number: int  # nothing for what came in between
    at: datetime
    action: Action
    outcome: str
    resends: int

    def __str__(self) -> str:
        mark = f"{self.number:5}" if self.number else "    ↳"
        again = f" ({self.resends} sent again)" if self.resends else ""
        return f"{mark} {str(self.at)[8:19]} {self.action.__name__.replace('_', ' ')}: {self.outcome}{again}"


@dataclass
class Sim:
    seed: int
    probabilities: Probabilities = field(default_factory=Probabilities)

    def __post_init__(self) -> None:
        self.rng, self.ids, self.now = random.Random(self.seed), random.Random(f"ids of {self.seed}"), NOON
        self.process = Process(timedelta())
        self.processes = [Process(MAX_CLOCK_SKEW * self.rng.uniform(-1, 1)) for _ in range(PROCESS_COUNT)]
        self.memory = MemoryEngine()
        self.trace: list[Any] = []
        self.faults_off, self.is_nested, self.key_count = True, 0, 0
        self.event_queue = EventQueue()
        self.outbox: list[tuple[str, str, str]] = []
        self.answers: dict[str, Any] = {}
        self.orders: list[str] = []
        self.drafts: list[str] = []
        self.customers: list[str] = []  # customers that staff or a file brought
        self.transfers: list[tuple[str, str]] = []
        self.inbound: list[tuple[str, str]] = []
        self.steps = self.sends = self.faults = self.visible_faults = self.commits = self.faulted_commits = (
            self.resends
        ) = 0
        self.action: Action | None = None

    # -- the world around the shop ------------------------------------------------------------------------------------

    @contextmanager
    def shop(self) -> Iterator[Sim]:
        """The shop runs on this history's clock, chance and memory until it is left."""
        kept = clock.source, ids.randomness, db.engine, db.pause, send_message.render_and_send
        remembered = self.switch_process(self.process)
        clock.source, ids.randomness = lambda: self.now + self.process.skew, self.ids.randbytes
        db.engine, db.pause, send_message.render_and_send = self.memory, lambda attempt: None, self.send_to_carrier
        logger = logging.getLogger("satukanal")
        loud = logger.level
        logger.setLevel(logging.CRITICAL)
        self.memory.inject_fault = self.fault
        try:
            yield self
        finally:
            clock.source, ids.randomness, db.engine, db.pause, send_message.render_and_send = kept
            places.swap_cache(remembered[0])
            pricing.swap_cache(remembered[1])
            logger.setLevel(loud)
            self.memory.inject_fault = MemoryEngine().inject_fault  # they knew each other, and rings are freed late

    def switch_process(self, process: Process) -> tuple[Any, Any]:
        """From now on it is this process that acts; what the one before remembered."""
        self.process = process
        return places.swap_cache(process.places), pricing.swap_cache(process.pricing)

    def fault(self, send: str) -> str:
        """Called by the engine before each send. A fault that sending again mends the shop itself never feels."""
        if self.faults_off:
            return ""
        self.sends += 1
        chance, transact = self.rng, send == "transact"
        if transact and not self.is_nested and chance.random() < self.probabilities.interleave:
            self.interleave()
        self.commits += transact
        if chance.random() >= self.probabilities.fault:
            return ""
        self.faults += 1
        fault = chance.choice(SEND_FAULTS if transact else WEIGHTED_READ_FAULTS)
        if fault == "resent":
            self.resends += 1
            self.commits -= transact  # it is sent once more
        else:
            self.visible_faults += 1
            self.faulted_commits += transact
            self.log(f"{'':6}({send}: {fault})")
        return fault

    def interleave(self) -> None:
        from tests.verification.simulator import weighted_actions

        self.is_nested, resent = 1, self.resends
        same = self.action and self.rng.random() < 0.5
        try:
            self.step(self.rng.choices([self.action])[0] if same else weighted_actions.choose_action(self.rng))
        finally:
            self.is_nested, self.resends = 0, resent

    def send_to_carrier(self, attempt: Any) -> None:
        event, party = attempt.message.event_id, attempt.party
        if not self.faults_off and self.rng.random() < self.probabilities.carrier_failure:
            raise self.rng.choice([transports.NotSent, transports.OutcomeUnknown])()
        self.outbox.append((event, party, attempt.channel))

    @contextmanager
    def without_faults(self) -> Iterator[None]:
        """For looking around without being part of the history."""
        calm, self.faults_off = self.faults_off, True
        try:
            yield
        finally:
            self.faults_off = calm

    # -- what happens -------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> Sim:
        from tests.verification.simulator import weighted_actions

        self.memory.restore(weighted_actions.load_initial_tables())
        self.event_queue.muted = REPORTING_HANDLERS if self.rng.random() >= self.probabilities.run_reporting else ()
        self.faults_off = False
        while self.steps < steps:  # what others do in between counts as well
            self.step(weighted_actions.choose_action(self.rng))
        self.now += timedelta(hours=25) if self.rng.random() < self.probabilities.pass_a_day else timedelta()
        self.drain()
        self.check_all()
        return self

    def step(self, deed: Action) -> None:
        self.steps += 1
        number = 0 if self.is_nested else self.steps
        self.action = self.action if self.is_nested else deed
        self.now += timedelta(seconds=self.rng.uniform(0, 15))
        self.resends, at = 0, len(self.trace)
        self.trace.append("")
        before = self.process
        self.switch_process(self.rng.choice(self.processes))
        outcome = self.run_action(deed)
        self.switch_process(before)
        self.trace[at] = Step(number, self.now, deed, outcome, self.resends)
        self.check_step()

    def run_action(self, deed: Action) -> str:
        try:
            return deed(self)
        except Problem as no:
            return f"no, {no.code}"
        except Exception as bug:
            self.fail(f"a bug: {type(bug).__name__}: {bug}", bug)

    def call_with_retries(self, name: str, ask: Callable[[str], Any]) -> Any:
        """A client with an Idempotency-Key: it asks again when it got no answer, and at times when it had one; the
        answer must be the same for ever."""
        self.key_count += 1
        key = f"{name} {self.key_count}"
        for _ in range(4):
            try:
                answer = ask(key)
            except Replay as before:
                answer = before.answer
            except Unavailable:
                continue
            if self.answers.setdefault(key, answer) != answer:
                self.fail(f"{key} was answered twice, differently")
            if self.rng.random() < 0.85:
                break
        if key in self.answers:
            return self.answers[key]
        raise Unavailable()

    def deliver(self, place: int) -> str:
        return self.event_queue.deliver(
            place, lambda: self.faults_off or self.rng.random() >= self.probabilities.redeliver
        )

    def drain(self) -> None:
        """Faults stop; everything that waits must drain, and the clock must find nothing more to end."""
        from tests.verification.simulator import actions_operations

        self.faults_off, rests = True, False
        for _ in range(MAX_ROUNDS):
            if self.event_queue.enqueue(self.memory.stream):
                self.run_action(lambda sim: sim.deliver(0))
                rests = False
            elif rests:
                return
            else:
                self.run_action(actions_operations.run_scheduled_jobs)
                rests = True
        self.fail(f"O7: not quiet after {MAX_ROUNDS} rounds: {self.event_queue.pending[:3]}")

    # -- what must be true --------------------------------------------------------------------------------------------

    def check_step(self) -> None:
        if self.memory.written_keys:
            found = step_invariants.find_violations(
                self.memory.tables,
                self.memory.written_keys,
                clock.iso(self.now + MAX_CLOCK_SKEW),
                step_invariants.item_to_plain_row,
            )
            self.memory.written_keys.clear()
            if found:
                self.fail("\n".join(found))

    def check_all(self, quiet: bool = True) -> None:
        report = check_snapshot(self.build_snapshot(quiet))
        if not report.is_valid:
            self.fail(str(report))
        if len(self.outbox) != len(set(self.outbox)):
            self.fail("N2: somebody was sent the same message twice over one channel")
        known = {item["pk"]["S"] for item in self.memory.items("test-orders")}
        lost = [answer["id"] for answer in self.answers.values() if answer.get("number") and answer["id"] not in known]
        if lost:
            self.fail(f"O6: answered and lost: {lost}")

    def build_snapshot(self, quiet: bool) -> Snapshot:
        """No clock is more than five minutes ahead, so a hold that ends later than that must be there; and who became
        quiet has ended all that was due."""
        rows = {
            name: [step_invariants.item_to_plain_row(item) for item in self.memory.items(f"test-{name}")]
            for name in TABLES
        }
        heard, swept = ("~", clock.iso(self.now)) if quiet else ("", "")
        return Snapshot(rows, clock.iso(self.now + MAX_CLOCK_SKEW), heard, swept)

    def log(self, words: str) -> None:
        self.trace.append(words)

    def fail(self, words: str, cause: Exception | None = None) -> NoReturn:
        raise Violation(f"seed {self.seed}\n{self.trace_text}\n{words}") from cause

    @property
    def trace_text(self) -> str:
        return "\n".join(map(str, self.trace))


def run_history(seed: int, steps: int, chances: Probabilities | None = None) -> Sim:
    sim = Sim(seed, chances or Probabilities())
    with sim.shop():
        return sim.run(steps)


def main(seed: int, steps: int) -> int:
    try:
        sim = run_history(seed, steps)
    except Violation as wrong:
        print(wrong)
        return 1
    print(sim.trace_text)
    facts = {"steps": steps, "sends": sim.sends, "faults": sim.faults, "felt by the shop": sim.visible_faults}
    facts |= {
        "commits": sim.commits,
        "of them met a fault": sim.faulted_commits,
        "journal entries": len(sim.memory.stream),
    }
    print(f"seed {seed}:", ", ".join(f"{count} {what}" for what, count in facts.items()), "and everything held")
    return 0


if __name__ == "__main__":
    from tests.verification.simulator import sim as itself  # actors know this module by its name

    asked = [*sys.argv[1:], *["1", "100"][len(sys.argv) - 1 :]]
    if not all(word.isdecimal() for word in asked):
        sys.exit("SEED and STEPS are whole numbers: `make sim SEED=374 STEPS=100`.")
    sys.exit(itself.main(*map(int, asked)))
