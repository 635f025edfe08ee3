"""A seeded history of a small shop on the in-memory engine.

`python -m tests.verification.simulator.sim SEED STEPS` prints its trace.

The use cases are those of the product. A random generator with the given seed chooses the actions, clock skews, lost
sends, interleaved actions and the order of events.
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
    SWEEP_AFTER,
    Probabilities,
    Process,
    Violation,
)

Action = Callable[["Sim"], str]
MAX_ROUNDS = 300  # until nothing is pending
WEIGHTED_READ_FAULTS = (*["resent"] * 7, *READ_FAULTS)  # most read faults are resolved by a resend


class Step(NamedTuple):
    """One line of a trace. It is formatted when the trace is printed, because most traces never are."""

    number: int  # 0 for an interleaved action
    at: datetime
    action: Action
    outcome: str
    resends: int

    def __str__(self) -> str:
        mark = f"{self.number:5}" if self.number else "    ↳"
        resends = f" ({self.resends} resent)" if self.resends else ""
        return f"{mark} {str(self.at)[8:19]} {self.action.__name__.replace('_', ' ')}: {self.outcome}{resends}"


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
        self.customers: list[str] = []  # created by staff or by an import
        self.transfers: list[tuple[str, str]] = []
        self.inbound: list[tuple[str, str]] = []
        self.steps = self.sends = self.faults = self.visible_faults = self.commits = self.faulted_commits = (
            self.resends
        ) = 0
        self.action: Action | None = None

    # -- the environment of the shop ----------------------------------------------------------------------------------

    @contextmanager
    def shop(self) -> Iterator[Sim]:
        """Run the application on this history's clock, random ids and in-memory engine within the context."""
        originals = clock.source, ids.randomness, db.engine, db.pause, send_message.render_and_send
        caches = self.switch_process(self.process)
        clock.source, ids.randomness = lambda: self.now + self.process.skew, self.ids.randbytes
        db.engine, db.pause, send_message.render_and_send = self.memory, lambda attempt: None, self.send_to_carrier
        logger = logging.getLogger("satukanal")
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        self.memory.inject_fault = self.fault
        try:
            yield self
        finally:
            clock.source, ids.randomness, db.engine, db.pause, send_message.render_and_send = originals
            places.swap_cache(caches[0])
            pricing.swap_cache(caches[1])
            logger.setLevel(level)
            self.memory.inject_fault = MemoryEngine().inject_fault  # breaks a reference cycle

    def switch_process(self, process: Process) -> tuple[Any, Any]:
        """Make the process the acting one. Return the caches of the previous process."""
        self.process = process
        return places.swap_cache(process.places), pricing.swap_cache(process.pricing)

    def fault(self, send: str) -> str:
        """Return the fault of a send, or an empty string. The engine calls this before each send.

        The application does not observe the fault `resent`.
        """
        if self.faults_off:
            return ""
        self.sends += 1
        rng, transact = self.rng, send == "transact"
        if transact and not self.is_nested and rng.random() < self.probabilities.interleave:
            self.interleave()
        self.commits += transact
        if rng.random() >= self.probabilities.fault:
            return ""
        self.faults += 1
        fault = rng.choice(SEND_FAULTS if transact else WEIGHTED_READ_FAULTS)
        if fault == "resent":
            self.resends += 1
            self.commits -= transact  # the resend counts as the commit
        else:
            self.visible_faults += 1
            self.faulted_commits += transact
            self.log(f"{'':6}({send}: {fault})")
        return fault

    def interleave(self) -> None:
        from tests.verification.simulator import weighted_actions

        self.is_nested, resends = 1, self.resends
        repeats_action = self.action and self.rng.random() < 0.5
        try:
            self.step(
                self.rng.choices([self.action])[0] if repeats_action else weighted_actions.choose_action(self.rng)
            )
        finally:
            self.is_nested, self.resends = 0, resends

    def send_to_carrier(self, attempt: Any) -> None:
        event, party = attempt.message.event_id, attempt.party
        if not self.faults_off and self.rng.random() < self.probabilities.carrier_failure:
            raise self.rng.choice([transports.NotSent, transports.OutcomeUnknown])()
        self.outbox.append((event, party, attempt.channel))

    @contextmanager
    def without_faults(self) -> Iterator[None]:
        """Read within the context without injected faults."""
        was_off, self.faults_off = self.faults_off, True
        try:
            yield
        finally:
            self.faults_off = was_off

    # -- steps --------------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> Sim:
        from tests.verification.simulator import weighted_actions

        self.memory.restore(weighted_actions.load_initial_tables())
        self.event_queue.muted = REPORTING_HANDLERS if self.rng.random() >= self.probabilities.run_reporting else ()
        if self.rng.random() < self.probabilities.lose_messages:
            self.event_queue.is_lost = self.is_message_lost
        self.faults_off = False
        while self.steps < steps:  # interleaved actions count as steps
            self.step(weighted_actions.choose_action(self.rng))
        self.now += timedelta(hours=25) if self.rng.random() < self.probabilities.pass_a_day else timedelta()
        self.event_queue.enqueue(self.memory.stream)
        self.now += SWEEP_AFTER if self.event_queue.lost else timedelta()
        self.drain()
        self.check_all()
        return self

    def is_message_lost(self) -> bool:
        return not self.faults_off and self.rng.random() < self.probabilities.lost_message

    def step(self, action: Action) -> None:
        self.steps += 1
        number = 0 if self.is_nested else self.steps
        self.action = self.action if self.is_nested else action
        self.now += timedelta(seconds=self.rng.uniform(0, 15))
        self.resends, line = 0, len(self.trace)
        self.trace.append("")
        previous_process = self.process
        self.switch_process(self.rng.choice(self.processes))
        outcome = self.run_action(action)
        self.switch_process(previous_process)
        self.trace[line] = Step(number, self.now, action, outcome, self.resends)
        self.check_step()

    def run_action(self, action: Action) -> str:
        try:
            return action(self)
        except Problem as refusal:
            return f"no, {refusal.code}"
        except Exception as bug:
            self.fail(f"a bug: {type(bug).__name__}: {bug}", bug)

    def call_with_retries(self, name: str, send: Callable[[str], Any]) -> Any:
        """Send a request with an Idempotency-Key until it is answered, and sometimes again after that.

        Fails the history when the answers differ. Raises Unavailable after four attempts without an answer.
        """
        self.key_count += 1
        key = f"{name} {self.key_count}"
        for _ in range(4):
            try:
                answer = send(key)
            except Replay as replay:
                answer = replay.answer
            except Unavailable:
                continue
            if self.answers.setdefault(key, answer) != answer:
                self.fail(f"{key} was answered twice, differently")
            if self.rng.random() < 0.85:
                break
        if key in self.answers:
            return self.answers[key]
        raise Unavailable()

    def deliver(self, index: int) -> str:
        return self.event_queue.deliver(
            index, lambda: self.faults_off or self.rng.random() >= self.probabilities.redeliver
        )

    def drain(self) -> None:
        """Without further faults, run handlers and scheduled jobs until nothing is pending. Fails after MAX_ROUNDS."""
        from tests.verification.simulator import actions_operations

        self.faults_off, was_idle = True, False
        for _ in range(MAX_ROUNDS):
            if self.event_queue.enqueue(self.memory.stream):
                self.run_action(lambda sim: sim.deliver(0))
                was_idle = False
            elif was_idle:
                return
            else:
                self.run_action(actions_operations.run_scheduled_jobs)
                was_idle = True
        self.fail(f"O7: not quiet after {MAX_ROUNDS} rounds: {self.event_queue.pending[:3]}")

    # -- checks -------------------------------------------------------------------------------------------------------

    def check_step(self) -> None:
        if self.memory.written_keys:
            violations = step_invariants.find_violations(
                self.memory.tables,
                self.memory.written_keys,
                clock.iso(self.now + MAX_CLOCK_SKEW),
                step_invariants.item_to_plain_row,
            )
            self.memory.written_keys.clear()
            if violations:
                self.fail("\n".join(violations))

    def check_all(self, quiet: bool = True) -> None:
        report = check_snapshot(self.build_snapshot(quiet))
        if not report.is_valid:
            self.fail(str(report))
        if len(self.outbox) != len(set(self.outbox)):
            self.fail("N2: the same message was sent twice over one channel")
        order_ids = {item["pk"]["S"] for item in self.memory.items("test-orders")}
        lost = [
            answer["id"] for answer in self.answers.values() if answer.get("number") and answer["id"] not in order_ids
        ]
        if lost:
            self.fail(f"O6: orders were answered but are not stored: {lost}")

    def build_snapshot(self, quiet: bool) -> Snapshot:
        """Return all rows for the invariants; `quiet` after `drain`, when everything due has ended.

        No clock is more than MAX_CLOCK_SKEW ahead, so holds that end later must exist.
        """
        rows = {
            name: [step_invariants.item_to_plain_row(item) for item in self.memory.items(f"test-{name}")]
            for name in TABLES
        }
        events_handled_before, timers_ran_before = ("~", clock.iso(self.now)) if quiet else ("", "")
        projections_run = not self.event_queue.muted
        now = clock.iso(self.now + MAX_CLOCK_SKEW)
        return Snapshot(rows, now, events_handled_before, timers_ran_before, projections_run)

    def log(self, line: str) -> None:
        self.trace.append(line)

    def fail(self, message: str, cause: Exception | None = None) -> NoReturn:
        raise Violation(f"seed {self.seed}\n{self.trace_text}\n{message}") from cause

    @property
    def trace_text(self) -> str:
        return "\n".join(map(str, self.trace))


def run_history(seed: int, steps: int, probabilities: Probabilities | None = None) -> Sim:
    sim = Sim(seed, probabilities or Probabilities())
    with sim.shop():
        return sim.run(steps)


def main(seed: int, steps: int) -> int:
    try:
        sim = run_history(seed, steps)
    except Violation as violation:
        print(violation)
        return 1
    print(sim.trace_text)
    counts = {
        "steps": steps,
        "sends": sim.sends,
        "faults": sim.faults,
        "visible to the application": sim.visible_faults,
    }
    counts |= {
        "commits": sim.commits,
        "of them with a fault": sim.faulted_commits,
        "journal entries": len(sim.memory.stream),
    }
    print(f"seed {seed}:", ", ".join(f"{count} {name}" for name, count in counts.items()), "and all invariants held")
    return 0


if __name__ == "__main__":
    from tests.verification.simulator import sim as itself  # actions import this module by its name

    arguments = [*sys.argv[1:], *["1", "100"][len(sys.argv) - 1 :]]
    if not all(word.isdecimal() for word in arguments):
        sys.exit("SEED and STEPS are whole numbers: `make sim SEED=374 STEPS=100`.")
    sys.exit(itself.main(*map(int, arguments)))
